"""The HTML of a letter, read once: elements with lines, blocks of text, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from penpal.lint.styles import DESKTOP, PHONE, Environment, Sheet, Style, computed

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
# Not "head": a letter without <body> may stand in it as a whole.
UNSEEN = frozenset(["style", "script", "title", "template", "noscript"])
DEEPEST = 400  # elements inside each other; styles are not followed beyond
# What pads a preheader: joiners, soft hyphens, combining grapheme joiner, zero-width and no-break.
PADDING = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3164\ufeff\uffa0\u00a0]+"
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Block:
    """Text that a reader sees as one piece: a paragraph, a cell, a heading."""

    text: str
    line: int
    element: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An <a> with its address and what a screen reader says of it (text, else alt)."""

    url: str
    text: str
    line: int
    node: Any
    has_image: bool


def plain(text: str) -> str:
    """Text without padding, blanks collapsed."""
    return " ".join(PADDING.sub(" ", text).split())


class Page:
    """A parsed letter. `lines` of elements are those of the HTML as it came."""

    def __init__(self, html: str):
        self.html = html
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
        # A parser that meets nothing gives None; a letter of nothing is an empty page.
        source = _NOT_XML.sub("\ufffd", html).encode("utf-8", "replace")
        root = etree.fromstring(source, parser) if html.strip() else None
        self.root = root if root is not None else etree.Element("html")
        _with_bodies(self.root)
        self.elements = [one for one in self.root.iter() if isinstance(one.tag, str)]

    @cached_property
    def depths(self) -> dict[Any, int]:
        depths: dict[Any, int] = {}
        for one in self.elements:
            depths[one] = depths.get(one.getparent(), 0) + 1
        return depths

    @cached_property
    def is_deep(self) -> bool:
        return max(self.depths.values(), default=0) > DEEPEST

    @cached_property
    def style_text(self) -> str:
        return "\n".join("".join(one.itertext()) for one in self.by_tag("style"))

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet.read(self.style_text)

    def by_tag(self, *tags: str) -> list[Any]:
        return [one for one in self.elements if one.tag in tags]

    def styles(self, environment: Environment) -> dict[Any, Style]:
        """Computed style of each element; empty where the page is too deep to follow."""
        if self.is_deep:
            return {}
        return self._styles(environment)

    def _styles(self, environment: Environment) -> dict[Any, Style]:
        kept = self.__dict__.setdefault("kept_styles", {})
        if environment not in kept:
            kept[environment] = computed(self.root, self.elements, self.matches, environment)
        return kept[environment]

    @cached_property
    def matches(self) -> dict[Any, list]:
        return self.sheet.matches(self.root)

    @cached_property
    def knows_dark(self) -> bool:
        """Whether the letter says anything of dark mode: its own styles, or color-scheme."""
        schemes = " ".join(
            one.get("content") or ""
            for one in self.by_tag("meta")
            if (one.get("name") or "").lower() in ("color-scheme", "supported-color-schemes")
        )
        return self.sheet.is_dark_aware or "dark" in schemes.lower()

    def hidden(self, element: Any) -> bool:
        """Whether the element is out of sight, on a desktop and on a phone alike."""
        desktop, phone = self.styles(DESKTOP).get(element), self.styles(PHONE).get(element)
        return bool(desktop and phone and desktop.unseen and phone.unseen)

    @cached_property
    def blocks(self) -> list[Block]:
        """All text in reading order. <br> becomes a line break inside its block."""
        return list(_blocks(self))

    @cached_property
    def text(self) -> str:
        """What a reader sees, a line a block."""
        return "\n".join(block.text for block in self.blocks if not block.hidden)

    @cached_property
    def preheader(self) -> str | None:
        """The hidden text before anything that is seen; None where there is none."""
        for block in self.blocks:
            text = plain(block.text)
            if not block.hidden and text:
                return None
            if block.hidden and text:
                return text
        return None

    @cached_property
    def links(self) -> list[Link]:
        found = []
        for node in self.by_tag("a", "area"):
            if node.get("href") is None:
                continue
            images = list(node.iter("img"))
            words = plain("".join(node.itertext())) or (node.get("aria-label") or "").strip()
            words = words or plain(" ".join(one.get("alt") or "" for one in images))
            words = words or (node.get("title") or node.get("alt") or "").strip()
            found.append(Link(node.get("href"), words, node.sourceline, node, bool(images)))
        return found


def _with_bodies(root: Any) -> None:
    """Put rows right inside a table into a <tbody>, as browsers do: selectors count on it."""
    for table in list(root.iter("table")):
        body = None
        for child in list(table):
            if child.tag != "tr":
                body = None if isinstance(child.tag, str) else body
                continue
            if body is None:
                body = etree.Element("tbody")
                child.addprevious(body)
            body.append(child)


def _blocks(page: Page) -> Iterator[Block]:
    """Walks the tree without recursion: (element, leaving?) pairs."""
    run: list[tuple[str, Any]] = []

    def flush() -> Iterator[Block]:
        seen = [(text, owner) for text, owner in run if text.strip()]
        if seen:
            # Hidden and seen text in one block are two.
            for hidden in (True, False):
                own = [(t, o) for t, o in run if page.hidden(o) is hidden]
                text = "\n".join(" ".join(part.split()) for part in _joined(own).split("\n"))
                if text.strip():
                    owner = next(o for t, o in own if t.strip())
                    yield Block(text.strip(), owner.sourceline or 1, owner.tag, hidden)
        run.clear()

    stack: list[tuple[Any, bool]] = [(page.root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            if node.tag in BLOCKS:
                yield from flush()
        elif isinstance(node.tag, str) and node.tag not in UNSEEN:
            if node.tag in BLOCKS:
                yield from flush()
            if node.tag == "br":
                run.append(("\n", node))
            if node.text and node.tag != "br":
                run.append((_one_line(node.text), node))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
            continue
        if node.tail and node is not page.root:
            run.append((_one_line(node.tail), node.getparent()))
    yield from flush()


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _joined(parts: list[tuple[str, Any]]) -> str:
    return "".join(text for text, _ in parts)
