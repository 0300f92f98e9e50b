"""Templates as letters: each rendered for each persona, in each of its languages."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from penpal.letters.render import Refused, Renderer
from penpal.letters.shop import Shop
from penpal.letters.tokens import Signer
from penpal.lint.mail import Mail
from penpal.lint.reading import from_outbox
from penpal.settings import EMAILS, ROOT, UserError

SECRET = "signs links that are only looked at"
_TEMPLATE = re.compile(r"(\w+)(?:\.([a-z]{2,3}))?\.mjml(?:\.\w+)?")


def templates(folder: Path = EMAILS) -> dict[str, list[str | None]]:
    """The languages of each template; None is the one without a language in its name."""
    found: dict[str, list[str | None]] = {}
    for path in sorted(folder.glob("*.mjml*")):
        if match := _TEMPLATE.fullmatch(path.name):
            found.setdefault(match[1], []).append(match[2])
    return found


def personas() -> dict[str, dict[str, Any]]:
    """Readers to try letters on; loaded only where a template is asked for."""
    from penpal.letters.personas import personas as everybody  # noqa: PLC0415

    return everybody()


def transactional_campaigns() -> frozenset[str]:
    """Campaigns whose letters need no way to unsubscribe, as seeds/rules/campaigns.csv says."""
    with (ROOT / "seeds/rules/campaigns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return frozenset(row["campaign"] for row in rows if row["kind"] == "transactional")


def tried(
    name: str, personas: Mapping[str, dict[str, Any]], shop: Shop, folder: Path = EMAILS
) -> Iterator[Mail]:
    """The letters of a template; a letter that is refused is a UserError that says why."""
    languages = templates(folder).get(name)
    if languages is None:
        raise UserError(f"There is no template {name} in {folder}: {', '.join(templates(folder))}.")
    transactional = transactional_campaigns()
    renderer = Renderer(shop, Signer(SECRET), transactional, folder)
    for language in languages:
        for persona, row in personas.items():
            asked = {"template": name, "campaign": name}
            asked["language"] = language or shop.default_language
            label = f"{name}.{asked['language']}, {persona}"
            try:
                letter = renderer.render(row | asked)
            except Refused as error:
                raise UserError(f"{label} is refused: {error.reason}, {error.detail}.") from error
            mail = from_outbox(letter, transactional)
            yield Mail(**{**vars(mail), "name": label})
