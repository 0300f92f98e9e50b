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


def templates(folder: Path = EMAILS) -> list[str]:
    """The names of all templates."""
    matches = (_TEMPLATE.fullmatch(path.name) for path in folder.glob("*.mjml*"))
    return sorted({match[1] for match in matches if match})


def languages(name: str, shop: Shop, folder: Path = EMAILS) -> list[str]:
    """Languages that a template may be written in: the shop's, those of its files, of locales."""
    matches = (_TEMPLATE.fullmatch(path.name) for path in folder.glob(f"{name}.*.mjml*"))
    of_files = {match[2] for match in matches if match and match[2]}
    of_locales = {path.stem for path in folder.glob("locales/*.toml")}
    return sorted({shop.default_language} | of_files | of_locales)


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
    if name not in templates(folder):
        raise UserError(f"There is no template {name} in {folder}: {', '.join(templates(folder))}.")
    transactional = transactional_campaigns()
    renderer = Renderer(shop, Signer(SECRET), transactional, folder)
    for language in languages(name, shop, folder):
        for persona, row in personas.items():
            asked = {"template": name, "campaign": name, "language": language}
            label = f"{name}.{language}, {persona}"
            try:
                letter = renderer.render(row | asked)
            except Refused as error:
                raise UserError(f"{label} is refused: {error.reason}, {error.detail}.") from error
            if letter["language"] != language:
                break  # it is not written in this language: its readers get the shop's own
            mail = from_outbox(letter, transactional, row["context"])
            yield Mail(**{**vars(mail), "name": label})
