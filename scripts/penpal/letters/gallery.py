"""Every letter as every persona reads it, in every language, with what the lint says of it."""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from penpal.letters import preview
from penpal.letters.personas import personas
from penpal.letters.render import Refused, Renderer
from penpal.letters.shop import Shop
from penpal.letters.tokens import Signer
from penpal.lint import Against
from penpal.lint import lint as lint_mail
from penpal.lint.reading import from_outbox

SIGNER = Signer("links of the gallery lead nowhere")
NOTICE = "shared/notice.mjml"  # the layout of letters that nobody needs to have asked for
FINDING = ("rule", "severity", "where", "what", "why", "cure")

Shown = dict[str, Any]


def gallery(shop: Shop, root: Path, letters: list[str], *, lint: bool) -> list[Shown]:
    """The letters of these names as the page takes them; a letter that is refused says why."""
    renderer = Renderer(shop, SIGNER, notices(root), root)
    for name in letters:  # a broken template stops with its own sentence, before any work
        for language in renderer.templates.languages(name):
            renderer.templates.get(name, language)
    work = partial(_letter, shop, root, lint)
    with ProcessPoolExecutor(min(len(letters), os.cpu_count() or 1)) as pool:
        return [one for some in pool.map(work, letters) for one in some]


def _letter(shop: Shop, root: Path, lint: bool, name: str) -> list[Shown]:
    """One letter in all its languages, as every persona reads it."""
    renderer = Renderer(shop, SIGNER, notices(root), root)
    return [
        {"letter": name, "reader": reader, "language": language, **_read(renderer, row, lint)}
        | {"sources": sources(root, name, language)}
        for language in renderer.templates.languages(name)
        for reader, row in personas(name, language).items()
    ]


def _read(renderer: Renderer, row: dict[str, Any], lint: bool) -> Shown:
    """What one reader gets."""
    try:
        letter = renderer.render(row)
    except Refused as error:
        nothing = dict.fromkeys(preview.SAYS, "")
        return nothing | {"refused": f"{error.reason}: {error.detail}", "findings": None}
    says = {name: letter[name] for name in preview.SAYS}
    return says | {"findings": _findings(renderer, letter) if lint else None}


def notices(root: Path) -> frozenset[str]:
    """The letters that stand on the layout of a notice."""
    return frozenset(
        name for name in names(root) if any(NOTICE in text for text in _texts(root, name))
    )


def _texts(root: Path, name: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(root.glob(f"{name}.*"))]


def names(root: Path) -> list[str]:
    """The letters of a folder."""
    return sorted({path.name.partition(".")[0] for path in root.glob("*.mjml.*")})


def _findings(renderer: Renderer, letter: dict[str, Any]) -> list[Shown]:
    found = lint_mail(from_outbox(letter, renderer.transactional), Against(renderer.shop))
    return [{name: str(getattr(one, name)) for name in FINDING} for one in found]


def sources(root: Path, name: str, language: str) -> list[str]:
    """The files a letter is made of, as they stand in the folder: its own, words, blocks."""
    own = sorted(path.name for path in root.glob(f"{name}.*"))
    words = f"locales/{language}.toml"
    found, todo = [*own, words] if (root / words).is_file() else own, list(own)
    while todo:
        text = (root / todo.pop()).read_text(encoding="utf-8")
        for path in re.findall(r'(?:path="|include ["\'])([\w./]+)["\']', text):
            if path not in found and (root / path).is_file():
                found.append(path)
                todo.append(path)
    return found


def write(path: Path, letters: list[Shown], shop: Shop, root: Path) -> None:
    """Write the gallery's page."""
    relative = os.path.relpath(root, path.parent)
    for letter in letters:
        letter["sources"] = [[one, f"{relative}/{one}"] for one in letter["sources"]]
    start = {"reader": "full", "language": shop.default_language}
    preview.save(path, preview.page(letters, shop, counted(letters), start))


def counted(letters: list[Shown]) -> str:
    """'14 letters, 10 readers, 3 languages · no errors, 22 warnings'."""
    kinds = ("letter", "reader", "language")
    sizes = [(kind, len({one[kind] for one in letters})) for kind in kinds]
    note = ", ".join(f"{size} {kind}{'s' if size != 1 else ''}" for kind, size in sizes)
    refused = sum("refused" in one for one in letters)
    if refused:
        note += f" · {refused} refused"
    if any(one.get("findings") is not None for one in letters):
        bad = count(letters, "error")
        note += f" · {bad or 'no'} error{'s' if bad != 1 else ''}"
        note += f", {count(letters, 'warning')} warnings"
    return note


def count(letters: list[Shown], severity: str) -> int:
    """Findings of one severity in all letters."""
    return sum(
        finding["severity"] == severity for one in letters for finding in one.get("findings") or ()
    )
