"""What readers with weak eyes, screen readers and thumbs need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from penpal.lint import words
from penpal.lint.findings import Finding, found
from penpal.lint.page import BLOCKS, UNSEEN, Link, Page, plain
from penpal.lint.styles import DARK, DESKTOP, PHONE, PHONE_DARK, Environment, Style
from penpal.lint.values import contrast, hexadecimal, pixels_of_attribute

ENOUGH, ENOUGH_LARGE = 4.5, 3.0  # WCAG 2.2, 1.4.3
LARGE, LARGE_BOLD = 24, 18.66  # px
SMALL, TINY = 14, 10  # px
TAP = 44  # px
ALT_LONGEST = 150
_FILE = re.compile(r"[\w %-]+\.(?:png|jpe?g|gif|webp|svg|bmp)", re.IGNORECASE)
_POOR_ALT = frozenset(
    ["image", "img", "picture", "photo", "bild", "foto", "logo.png", "untitled", "banner", "spacer"]
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ROOM = 0.05  # px and ratios that only rounding makes


def accessibility(page: Page) -> Iterator[Finding]:
    """All of them."""
    yield from _tables(page)
    yield from _alternatives(page)
    yield from _headings(page)
    yield from _contrast(page)
    yield from _link_texts(page)
    yield from _tap_sizes(page)
    yield from _font_sizes(page)


def _tables(page: Page) -> Iterator[Finding]:
    for table in page.by_tag("table"):
        is_data = any(one.tag in ("th", "caption") for one in table.iter() if _own(one, table))
        if not is_data and (table.get("role") or "") not in ("presentation", "none"):
            what = f"role {table.get('role') or 'missing'}"
            yield found("table-role", what, line=table.sourceline, element="table")


def _own(element: Any, table: Any) -> bool:
    """Whether an element belongs to this table, not to one inside it."""
    nearest = next(element.iterancestors("table"), None)
    return nearest is table


def _alternatives(page: Page) -> Iterator[Finding]:
    for image in page.by_tag("img"):
        alt, source = image.get("alt"), (image.get("src") or "").rpartition("/")[2]
        line = image.sourceline
        if image.get("aria-hidden") == "true" or image.get("role") in ("presentation", "none"):
            continue
        if alt is None:
            yield found("alt-missing", source.split("?")[0], line=line, element="img")
        elif _FILE.fullmatch(alt.strip()) or alt.strip().lower() in _POOR_ALT:
            yield found("alt-poor", alt, line=line, element="img")
        elif len(alt) > ALT_LONGEST:
            yield found("alt-long", f"{len(alt)} characters: {alt}", line=line, element="img")


def _headings(page: Page) -> Iterator[Finding]:
    headings = [one for one in page.by_tag(*_HEADINGS) if not page.hidden(one)]
    spoken = []
    for one in headings:
        text = "".join(one.itertext()) + "".join(i.get("alt") or "" for i in one.iter("img"))
        if plain(text):
            spoken.append(one)
        else:
            yield found("heading-empty", f"<{one.tag}>", line=one.sourceline, element=one.tag)
    if not spoken and len(page.text) > 200:
        yield found("heading-missing", "no <h1>")
    level = 0
    for one in spoken:
        own = int(one.tag[1])
        if own > level + 1:
            what = f"<{one.tag}> after {f'<h{level}>' if level else 'nothing'}"
            yield found("heading-order", what, line=one.sourceline, element=one.tag)
        level = own
    firsts = [one for one in spoken if one.tag == "h1"]
    if len(firsts) > 1:
        yield found("heading-twice", f"{len(firsts)} <h1>", line=firsts[1].sourceline, element="h1")


def _texts(page: Page, environment: Environment) -> Iterator[tuple[Any, str, Style]]:
    """Elements with seen text of their own that somebody reads, and their style."""
    styles = page.styles(environment)
    spared: set[Any] = set()
    for element in page.elements:
        parent = element.getparent()
        if parent in spared or element.get("aria-hidden") == "true":
            spared.add(element)
            continue
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        style = styles.get(element)
        if style and not style.unseen and any(map(str.isalnum, text)) and element.tag not in UNSEEN:
            yield element, " ".join(text.split()), style


def _contrast(page: Page) -> Iterator[Finding]:
    places = [("contrast-light", DESKTOP), ("contrast-light", PHONE)]
    if page.knows_dark:
        places += [("contrast-dark", DARK), ("contrast-dark", PHONE_DARK)]
    elif page.elements:
        yield found("dark-mode-missing", "no prefers-color-scheme, no color-scheme")
    told = set()
    for rule, environment in places:
        for element, text, style in _texts(page, environment):
            if style.color is None or style.background is None:
                continue
            key = (rule, style.color, style.background, _is_large(style))
            ratio = contrast(style.color, style.background)
            if key not in told and ratio + _ROOM / 10 < _enough(style):
                told.add(key)
                colours = f"{hexadecimal(style.color)} on {hexadecimal(style.background)}"
                what = f"{ratio:.1f} where {_enough(style)} is needed: {colours}, {text[:60]!r}"
                yield found(rule, what, line=element.sourceline, element=element.tag)


def _is_large(style: Style) -> bool:
    return style.size >= LARGE or (style.bold and style.size >= LARGE_BOLD)


def _enough(style: Style) -> float:
    return ENOUGH_LARGE if _is_large(style) else ENOUGH


def _link_texts(page: Page) -> Iterator[Finding]:
    for link in page.links:
        if page.hidden(link.node):
            continue
        words_of = link.text.lower().strip(" .!:>»→\u203a…")
        if not link.text:
            yield found("link-text-empty", link.url.split("?")[0], line=link.line, element="a")
        elif words_of in words.VAGUE_LINKS:
            yield found("link-text-vague", link.text, line=link.line, element="a")
        elif re.match(r"https?://", link.text) and len(link.text) > 40:
            yield found("link-text-address", link.text.split("?")[0], line=link.line, element="a")


def _tap_sizes(page: Page) -> Iterator[Finding]:
    """Buttons and linked images; a link inside a sentence need not be a button (WCAG 2.5.8)."""
    styles = page.styles(PHONE)
    for link in page.links:
        style = styles.get(link.node)
        if style is None or style.unseen:
            continue
        height = _tap_height(link, style, styles)
        if height is not None and height + _ROOM < TAP:
            what = f"{height:.0f} px high: {link.text[:60]!r}"
            yield found("tap-small", what, line=link.line, element="a")


def _tap_height(link: Link, style: Style, styles: dict[Any, Style]) -> float | None:
    """Height of a link that is a box of its own; None for words, and for what cannot be told."""
    images = [one for one in link.node.iter("img") if not styles[one].unseen]
    inner = plain("".join(link.node.itertext()))
    if images and not inner:
        heights = [styles[one].height or pixels_of_attribute(one.get("height")) for one in images]
        known = [height for height in heights if height]
        return max(known) + style.padding if known else None
    is_box = style.display in ("inline-block", "block", "table-cell", "flex", "inline-flex")
    if not is_box and not style.padding:
        return None
    if any(one.tag in BLOCKS for one in link.node.iter() if one is not link.node):
        return None  # a card
    is_button = style.padding > 0 or style.has_background
    lines = max(styles[one].line for one in link.node.iter() if one in styles)
    return max(lines + style.padding, style.height) if is_button else None


def _font_sizes(page: Page) -> Iterator[Finding]:
    told = set()
    for element, text, style in _texts(page, PHONE):
        size = round(style.size, 1)
        if size in told or size + _ROOM >= SMALL:
            continue
        told.add(size)
        rule = "font-tiny" if size < TINY else "font-small"
        yield found(
            rule, f"{size:g} px: {text[:60]!r}", line=element.sourceline, element=element.tag
        )
