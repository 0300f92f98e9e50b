"""Templates as letters: each rendered for each persona, in each of its languages."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
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
    name: str,
    shop: Shop,
    folder: Path = EMAILS,
    readers: Mapping[str, dict[str, Any]] | None = None,
) -> Iterator[Mail]:
    """The letters of a template, for `readers` (rows of email_queue by name) or the personas.

    Raises UserError for a name without a template, and for a template that breaks its rules.
    """
    if name not in templates(folder):
        raise UserError(f"There is no template {name} in {folder}: {', '.join(templates(folder))}.")
    transactional = transactional_campaigns()
    renderer = Renderer(shop, Signer(SECRET), transactional, folder)
    readers = personas() if readers is None else readers
    for language in languages(name, shop, folder):
        for reader, row in readers.items():
            asked = {"template": name, "campaign": name, "language": language}
            label = f"{name}.{language}, {reader}"
            try:
                letter = renderer.render(row | asked)
            except Refused as error:
                yield Mail(label, refused=f"{error.reason}: {error.detail}", is_ours=True)
                continue
            if letter["language"] != language:
                break  # it is not written in this language: its readers get the shop's own
            mail = from_outbox(letter, transactional, row["context"])
            yield replace(mail, name=label)
