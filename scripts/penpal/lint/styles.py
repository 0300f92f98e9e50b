"""Computed styles of a letter: cascade, media queries, inheritance; light or dark, wide or narrow.

Only what the lint asks for: colours, size and weight of text, height of boxes, what is hidden.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cssselect2
import tinycss2

from penpal.lint.values import (
    BOLDER,
    FONT_ATTRIBUTE,
    FONT_SIZES,
    RGB,
    Declarations,
    block,
    colour,
    inline,
    over,
    pixels_of_attribute,
    shallow,
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a letter is read: width of the window in px, and the reader's colour scheme."""

    width: int
    dark: bool = False


DESKTOP, PHONE, DARK = Environment(800), Environment(375), Environment(800, dark=True)
PHONE_DARK = Environment(375, dark=True)

_HEADINGS = {"h1": 2, "h2": 1.5, "h3": 1.17, "h4": 1, "h5": 0.83, "h6": 0.67}
_SMALLER = {"small": 0.83, "sub": 0.83, "sup": 0.83, "big": 1.2}
_SMALLER |= dict.fromkeys(("code", "kbd", "samp", "tt", "pre"), 13 / 16)  # monospace
_BOLD = frozenset(("b", "strong", "th", *_HEADINGS))
_INLINE_BLOCKS = frozenset(("button", "img", "input", "select", "textarea"))
_PADDED = re.compile(r"\s*(?:only\s+)?(not\s+)?([a-z]+)?(.*)", re.DOTALL)
_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([^()]+?)\s*)?\)")
_RANGE = re.compile(r"\(\s*(?:width|device-width)\s*([<>]=?)\s*([\d.]+)(px|em|rem)\s*\)")


@dataclass(frozen=True, slots=True)
class Style:
    """What an element looks like; lengths in px. None: cannot be told (an image, a variable)."""

    color: RGB | None = (0.0, 0.0, 0.0)
    background: RGB | None = (1.0, 1.0, 1.0)
    size: float = 16
    bold: bool = False
    line_height: float | None = None  # None: normal
    line_factor: float | None = None  # a bare number is inherited as such
    hidden: bool = False
    display: str = "inline"
    padding: float = 0  # top and bottom together, with borders
    height: float = 0
    has_background: bool = False

    @property
    def unseen(self) -> bool:
        """Hidden, or too small to see; a size can be set anew by what stands inside."""
        return self.hidden or self.size <= 1

    @property
    def line(self) -> float:
        """The height of a line."""
        if self.line_factor is not None:
            return self.line_factor * self.size
        return self.line_height if self.line_height is not None else 1.2 * self.size


def media_applies(query: str, environment: Environment) -> bool:
    """Whether a list of media queries holds; what is not understood does not."""
    return any(_one_query(one, environment) for one in query.lower().split(","))


def _one_query(query: str, environment: Environment) -> bool:
    match = _PADDED.fullmatch(query)
    negated, kind, rest = bool(match[1]), match[2] or "all", match[3]
    if kind == "not":
        negated, kind = True, "all"
    holds = kind in ("all", "screen", "and") and _features(rest, environment)
    return holds is not negated


def _features(text: str, environment: Environment) -> bool:
    for sign, number, unit in _RANGE.findall(text):
        limit = float(number) * (1 if unit == "px" else 16)
        wide = environment.width
        if not {"<": wide < limit, "<=": wide <= limit, ">": wide > limit, ">=": wide >= limit}[
            sign
        ]:
            return False
    text = _RANGE.sub("", text)
    rest = _FEATURE.sub("", text).replace("and", "").strip()
    return not rest and all(_feature(n, v or None, environment) for n, v in _FEATURE.findall(text))


def _feature(name: str, value: str | None, environment: Environment) -> bool:
    if name == "prefers-color-scheme":
        return value == ("dark" if environment.dark else "light")
    if name == "orientation":
        return value == ("portrait" if environment.width < 600 else "landscape")
    match = re.fullmatch(r"(min|max)-(?:device-)?width", name)
    number = re.fullmatch(r"([\d.]+)\s*(px|em|rem)", value or "")
    if match and number:
        limit = float(number[1]) * (1 if number[2] == "px" else 16)
        if match[1] == "min":
            return environment.width >= limit
        return environment.width <= limit
    return False


@dataclass(frozen=True, slots=True)
class _Ruled:
    """The declarations of one rule, and the queries of the @media blocks it stands in."""

    media: tuple[str, ...]
    declarations: Declarations


class Sheet:
    """All style sheets of a letter."""

    def __init__(self, text: str):
        self.matcher = cssselect2.Matcher()
        self.is_dark_aware = False
        rules = tinycss2.parse_stylesheet(shallow(text), skip_comments=True, skip_whitespace=True)
        self._add(rules, ())

    @staticmethod
    @lru_cache(maxsize=64)
    def read(text: str) -> Sheet:
        """Parsed once for all letters that share it."""
        return Sheet(text)

    def _add(self, rules: list[Any], media: tuple[str, ...]) -> None:
        for rule in rules:
            if rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content:
                query = tinycss2.serialize(rule.prelude)
                if re.search(r"prefers-color-scheme\s*:\s*dark", query, re.IGNORECASE):
                    self.is_dark_aware = True
                inner = tinycss2.parse_rule_list(
                    rule.content, skip_comments=True, skip_whitespace=True
                )
                if len(media) < 8:
                    self._add(inner, (*media, query))
            elif rule.type == "qualified-rule":
                self._add_rule(rule, media)

    def _add_rule(self, rule: Any, media: tuple[str, ...]) -> None:
        declarations = block(rule.content)
        if not declarations:
            return
        ruled = _Ruled(media, declarations)
        with contextlib.suppress(cssselect2.SelectorError, RecursionError):
            for selector in cssselect2.compile_selector_list(rule.prelude):
                if selector.pseudo_element is None:
                    self.matcher.add_selector(selector, ruled)

    def matches(self, root: Any) -> dict[Any, list[_Ruled]]:
        """The rules of each element, weakest first."""
        found: dict[Any, list[_Ruled]] = {}
        for wrapper in cssselect2.ElementWrapper.from_html_root(root).iter_subtree():
            matched = self.matcher.match(wrapper)
            if matched:
                found[wrapper.etree_element] = [payload for *_, payload in matched]
        return found


@lru_cache(maxsize=20_000)
def _all_apply(media: tuple[str, ...], environment: Environment) -> bool:
    return all(media_applies(query, environment) for query in media)


def computed(
    root: Any, elements: list[Any], matches: dict[Any, list[_Ruled]], environment: Environment
) -> dict[Any, Style]:
    """The style of each element of a page."""
    start = Style()
    if environment.dark:
        start = replace(start, color=(1.0, 1.0, 1.0), background=(0.07, 0.07, 0.07))
    styles: dict[Any, Style] = {}
    for element in elements:
        parent = styles.get(element.getparent(), start)
        values = _cascade(element, matches.get(element, ()), environment)
        is_link = element.tag == "a" and element.get("href") is not None
        items = tuple(values.items())
        styles[element] = _style(element.tag, is_link, items, parent, environment.dark)
    return styles


def _cascade(element: Any, rules: Any, environment: Environment) -> dict[str, Any]:
    """Declared values: attributes, then rules, then the style attribute, then what is important."""
    values = _attributes(element)
    important: dict[str, Any] = {}
    sets = [r.declarations for r in rules if _all_apply(r.media, environment)]
    style = element.get("style")
    if style:
        sets.append(inline(style))
    for declarations in sets:
        for name, value, is_important in declarations:
            (important if is_important else values)[name] = value
    values.update(important)
    return values


def _attributes(element: Any) -> dict[str, Any]:
    """What HTML attributes set (`bgcolor`, <font color>, `hidden`)."""
    values: dict[str, Any] = {}
    for attribute, name in (("bgcolor", "background-color"), ("background", "background-image")):
        if element.get(attribute):
            values[name] = element.get(attribute)
    if element.get("hidden") is not None:
        values["display"] = "none"
    if element.tag == "font":
        if element.get("color"):
            values["color"] = element.get("color")
        if element.get("size") in FONT_ATTRIBUTE:
            values["font-size"] = ("px", FONT_ATTRIBUTE[element.get("size")])
    elif element.tag == "body" and element.get("text"):
        values["color"] = element.get("text")
    if element.get("height") and element.tag in ("img", "td", "table"):
        pixels = pixels_of_attribute(element.get("height"))
        if pixels is not None:
            values["height"] = ("px", pixels)
    return values


def _pixels(value: Any, size: float, of: float = 0) -> float | None:
    """A length in px; None for words and units that depend on the window."""
    if not isinstance(value, tuple):
        return None
    unit, number = value
    factor = {"px": 1, "em": size, "rem": 16, "%": of / 100, "ex": size / 2, "ch": size / 2}
    if unit == "x":
        return 0.0 if number == 0 else None
    return number * factor[unit] if unit in factor else None


@lru_cache(maxsize=100_000)
def _style(  # letters repeat themselves: most elements look like one seen before
    tag: str, is_link: bool, items: tuple, parent: Style, is_dark: bool
) -> Style:
    values = dict(items)
    size = _font_size(tag, values.get("font-size"), parent.size)
    background, has_background = _ground(values, parent)
    display = values.get("display") or _display(tag)
    line_height, line_factor = _line(values.get("line-height"), size, parent)
    ends = ("padding-top", "padding-bottom", "border-top-width", "border-bottom-width")
    padding = sum(_pixels(values.get(end), size) or 0 for end in ends)
    heights = (_pixels(values.get(name), size) or 0 for name in ("height", "min-height"))
    return Style(
        color=_colour(values.get("color"), parent, is_link, is_dark),
        background=background,
        size=size,
        bold=_bold(tag, values.get("font-weight"), parent.bold),
        line_height=line_height,
        line_factor=line_factor,
        hidden=parent.hidden or _hidden(values, display),
        display=display,
        padding=padding,
        height=max(heights),
        has_background=has_background,
    )


def _font_size(tag: str, value: Any, parent: float) -> float:
    if value == "inherit":
        return parent
    if isinstance(value, str) and value in FONT_SIZES:
        return FONT_SIZES[value]
    if value in ("smaller", "larger"):
        return parent * (0.83 if value == "smaller" else 1.2)
    own = parent * (_HEADINGS.get(tag) or _SMALLER.get(tag) or 1)
    pixels = _pixels(value, parent, parent)
    return own if pixels is None else max(pixels, 0)


def _colour(value: Any, parent: Style, is_link: bool, is_dark: bool) -> RGB | None:
    """Alpha of text is left out: what is nearly clear is found as hidden."""
    if value is not None and str(value).lower() not in ("inherit", "currentcolor", "unset"):
        found = colour(str(value))
        if found is None:
            return None
        if found[3] < 1:
            return over(found, parent.background) if parent.background else None
        return found[:3]
    if value is None and is_link:
        return (0.62, 0.62, 1.0) if is_dark else (0.0, 0.0, 0.933)
    return parent.color


def _ground(values: dict, parent: Style) -> tuple[RGB | None, bool]:
    """The colour behind an element, and whether it is the element's own."""
    text = values.get("background-color")
    found = colour(text) if isinstance(text, str) else None
    if found and found[3] > 0:
        if found[3] < 1:
            return (over(found, parent.background) if parent.background else None), True
        return found[:3], True
    if values.get("background-image"):
        return None, True
    is_unknown = isinstance(text, str) and "(" in text and found is None
    return (None if is_unknown else parent.background), False


def _display(tag: str) -> str:
    if tag in ("td", "th"):
        return "table-cell"
    return "inline-block" if tag in _INLINE_BLOCKS else "inline"


def _line(value: Any, size: float, parent: Style) -> tuple[float | None, float | None]:
    if value is None or value == "inherit":
        return parent.line_height, parent.line_factor
    if value == "normal":
        return None, None
    if isinstance(value, tuple) and value[0] == "x":
        return None, value[1]
    return _pixels(value, size, size), None


def _bold(tag: str, value: Any, parent: bool) -> bool:
    if value in BOLDER:
        return True
    if isinstance(value, tuple):
        return value[1] >= 700
    if value in ("normal", "lighter"):
        return False
    return parent or (value is None and tag in _BOLD)


def _hidden(values: dict, display: str) -> bool:
    """Out of sight by any of the ways in which preheaders are hidden."""
    if display == "none" or values.get("visibility") in ("hidden", "collapse"):
        return True
    if _is_small(values.get("opacity"), 0.05):
        return True
    shut = any(_is_small(values.get(name), 1) for name in ("max-height", "max-width", "height"))
    indent = values.get("text-indent")
    is_away = isinstance(indent, tuple) and indent[1] < -500
    return is_away or (shut and values.get("overflow") == "hidden")


def _is_small(value: Any, limit: float) -> bool:
    return isinstance(value, tuple) and value[1] <= limit and value[0] in ("px", "x", "%", "em")
