"""Where a letter is clicked: its blocks from top to bottom, and each link's share of the clicks.

The blocks are those of the letter's template; the links and their places those of the letter as it
is rendered for a made-up reader, so that a link that nobody follows is seen too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2.exceptions import TemplateNotFound

from penpal.letters import shop
from penpal.letters.personas import personas
from penpal.letters.render import Refused, Renderer
from penpal.letters.tokens import Signer
from penpal.results.charts import safe, svg
from penpal.settings import EMAILS, UserError

_MARK = re.compile(r"&amp;pp_b=(\w+)\.(\d+)")
_BLOCK = re.compile(r'<mj-include\b[^>]*\bpath="shared/(\w+)\.mjml"')
SHEET, LINK, EMPTY = (
    250,
    24,
    22,
)  # width of the letter; height of a link, and of a block without one
LAYOUTS = {"letter", "notice"}


@dataclass
class Block:
    """A block of a letter and the places of its links."""

    name: str
    places: list[int] = field(default_factory=list)


def outline(template: str, root: Path = EMAILS) -> list[Block]:
    """The blocks of a letter in their order; [] where it is not one of ours."""
    try:
        renderer = Renderer(shop.load(), Signer("only to see the outline"), templates=root)
        letter = renderer.render(personas(template)["full"])
        source = (root / f"{template}.mjml.j2").read_text(encoding="utf-8")
    except (TemplateNotFound, Refused, UserError, OSError):
        return []
    found: dict[str, list[int]] = {}
    for block, place in _MARK.findall(letter["html"]):
        if int(place) not in found.setdefault(block, []):
            found[block].append(int(place))
    names = dict.fromkeys(name for name in _BLOCK.findall(source) if name not in LAYOUTS)
    blocks = [Block(name, found.pop(name, [])) for name in ("header", *names, "footer")]
    for name, places in found.items():  # links of the letter's own sections
        _insert(blocks, Block(name, places))
    return blocks


def _insert(blocks: list[Block], new: Block) -> None:
    """Puts a block before the first one whose links come later."""
    later = (n for n, block in enumerate(blocks) if block.places and block.places > new.places)
    blocks.insert(next(later, len(blocks)), new)


def with_clicks(blocks: Sequence[Block], clicked: dict[tuple[str, int], float]) -> list[Block]:
    """The blocks, with whatever else was clicked in letters of other readers."""
    merged = [Block(block.name, list(block.places)) for block in blocks]
    known = {block.name: block for block in merged}
    for name, place in sorted(clicked, key=lambda one: (one[1], one[0])):
        if name not in known:
            known[name] = Block(name, [place])
            _insert(merged, known[name])
        elif place not in known[name].places:
            known[name].places = sorted([*known[name].places, place])
    return merged


def drawn(title: str, blocks: Sequence[Block], clicked: dict[tuple[str, int], float]) -> str:
    """The letter as boxes, a bar for each link as dark as its share (0..1) of the clicks."""
    parts, y = [], 6
    for block in blocks:
        height = EMPTY if not block.places else 20 + LINK * len(block.places)
        parts.append(
            f'<rect class="sheet" x="4" y="{y}" width="{SHEET}" height="{height}" rx="4"/>'
            f'<text class="soft" x="14" y="{y + 16}">{safe(block.name.replace("_", " "))}</text>'
        )
        for number, place in enumerate(block.places):
            share = clicked.get((block.name, place), 0.0)
            parts.append(_link(y + 20 + LINK * number, place, share))
        y += height + 4
    said = "; ".join(
        f"{name} link {place} {share:.0%}" for (name, place), share in sorted(clicked.items())
    )
    return svg(title, y + 4, parts, f"share of clicks by block, {said}" if said else "no clicks")


def _link(y: float, place: int, share: float) -> str:
    width = SHEET - 20
    return (
        f'<rect x="14" y="{y}" width="{width}" height="{LINK - 6}" rx="3"'
        f' fill-opacity="{0.08 + 0.92 * share:.2f}"/>'
        f'<text class="soft" x="{SHEET + 16}" y="{y + 14}">{share:.0%} of clicks, link'
        f" {place}</text>"
    )
