"""CSS values as far as the lint needs them: colours, lengths, and which shorthand sets what."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import tinycss2
import tinycss2.color4

RGB = tuple[float, float, float]
RGBA = tuple[float, float, float, float]
FONT_SIZES = {
    **{"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24},
    **{"xx-large": 32, "xxx-large": 48},
}
FONT_ATTRIBUTE = {"1": 10, "2": 13, "3": 16, "4": 18, "5": 24, "6": 32, "7": 48}
_PIXELS = {"px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 9.6 / 2.54}
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*", re.IGNORECASE)
_WORDS = ("inherit", "initial", "unset", "revert", "transparent", "currentcolor", "auto", "normal")
BOLDER = {"bold", "bolder"}

_BRACKET = re.compile(r"[(\[{]|([)\]}])")
DEEPEST = 60  # brackets inside each other; reading more would exhaust Python's stack

Declarations = tuple[tuple[str, Any, bool], ...]  # (property, value, important)


def shallow(css: str) -> str:
    """The styles, or nothing where their brackets are nested without end."""
    depth = 0
    for match in _BRACKET.finditer(css):
        depth = max(depth - 1, 0) if match[1] else depth + 1
        if depth > DEEPEST:
            return ""
    return css


@lru_cache(maxsize=20_000)
def colour(text: str) -> RGBA | None:
    """A colour in sRGB, each part 0..1; None for what is none (or needs another colour space)."""
    try:
        parsed = tinycss2.color4.parse_color(text)
        if parsed is None or isinstance(parsed, str):
            return None
        red, green, blue, *_ = parsed.to("srgb").coordinates
        return (red or 0.0, green or 0.0, blue or 0.0, float(parsed.alpha))
    except (NotImplementedError, ValueError, TypeError):
        return None


def over(front: RGBA, back: RGB) -> RGB:
    """A colour that lets the one behind it shine through."""
    alpha = front[3]
    return tuple(f * alpha + b * (1 - alpha) for f, b in zip(front[:3], back, strict=True))


def luminance(rgb: RGB) -> float:
    """Relative luminance, 0 (black) to 1 (white): WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@lru_cache(maxsize=50_000)
def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio, 1 (the same) to 21 (black on white): WCAG 2.2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def hexadecimal(rgb: RGB) -> str:
    return "#" + "".join(f"{round(max(0, min(1, part)) * 255):02x}" for part in rgb)


def pixels_of_attribute(text: str | None) -> float | None:
    """'96' or '96px' in an attribute; None for percentages and words."""
    match = _NUMBER.fullmatch(text or "")
    return float(match[1]) if match else None


def _length(token: Any) -> Any:
    """('px', 14.0), ('em', 1.2), ('rem' …), ('%', 50.0), ('x', 1.5) or a word; else None."""
    if token.type == "dimension":
        unit = token.lower_unit
        return ("px", token.value * _PIXELS[unit]) if unit in _PIXELS else (unit, token.value)
    if token.type == "percentage":
        return ("%", token.value)
    if token.type == "number":
        return ("x", token.value)
    return token.lower_value if token.type == "ident" else None


def _sides(values: list[Any]) -> tuple[Any, Any]:
    """Top and bottom of a shorthand of one to four lengths."""
    return values[0], values[2] if len(values) > 2 else values[0]


def _expand(  # noqa: PLR0911 (a line for each property)
    name: str, tokens: list[Any]
) -> list[tuple[str, Any]]:
    """A declaration as the longhands that the lint reads."""
    solid = [t for t in tokens if t.type not in ("whitespace", "comment")]
    if not solid:
        return []
    words = [t.lower_value for t in solid if t.type == "ident"]
    text = tinycss2.serialize(solid).strip()
    if name == "color":
        return [("color", text)]
    if name in ("background", "background-color"):
        return _background(name, solid, text)
    if name == "background-image":
        return [("background-image", text.lower() != "none")]
    if name == "font":
        return _font(solid)
    if name in ("display", "visibility", "mso-hide", "overflow"):
        return [(name, words[0])] if words else []
    if name in ("padding", "border-width"):
        top, bottom = _sides([_length(t) for t in solid])
        ends = ("padding-top", "padding-bottom") if name == "padding" else _BORDERS
        return list(zip(ends, (top, bottom), strict=True))
    if name in ("border", "border-top", "border-bottom"):
        widths = [_length(t) for t in solid if t.type in ("dimension", "number")]
        width = widths[0] if widths else ("px", 0 if "none" in words else 3)
        return [(end, width) for end in _BORDERS if end.startswith(name)]
    if name in _LENGTHS:
        return [(name, _length(solid[0]))]
    return []


_BORDERS = ("border-top-width", "border-bottom-width")
_LENGTHS = frozenset(
    [
        "font-size",
        "font-weight",
        "line-height",
        "opacity",
        "height",
        "min-height",
        "max-height",
        "width",
        "max-width",
        "padding-top",
        "padding-bottom",
        "border-top-width",
        "border-bottom-width",
        "text-indent",
    ]
)


def _background(name: str, solid: list[Any], text: str) -> list[tuple[str, Any]]:
    if name == "background-color" or len(solid) == 1:
        found = next((text for _ in (1,) if colour(text) or text.lower() in _WORDS), None)
        images = []
    else:
        found = next((s for t in solid if colour(s := tinycss2.serialize([t]))), None)
        images = []
    if name == "background":
        has_image = any(
            t.type == "url"
            or (
                t.type == "function"
                and ("gradient" in t.lower_name or t.lower_name in ("url", "image-set"))
            )
            for t in solid
        )
        images = [("background-image", has_image)]
        found = found or "transparent"
    return [("background-color", found), *images] if found else images


def _font(solid: list[Any]) -> list[tuple[str, Any]]:
    """font: bold 16px/1.5 Arial."""
    found: list[tuple[str, Any]] = [("font-weight", ("x", 400))]
    for place, token in enumerate(solid):
        if token.type == "ident" and token.lower_value in BOLDER:
            found.append(("font-weight", token.lower_value))
        elif token.type == "number" and token.value >= 100:
            found.append(("font-weight", ("x", token.value)))
        elif token.type in ("dimension", "percentage") or (
            token.type == "ident" and token.lower_value in FONT_SIZES
        ):
            found.append(("font-size", _length(token)))
            rest = solid[place + 1 : place + 3]
            if len(rest) == 2 and rest[0] == "/":
                found.append(("line-height", _length(rest[1])))
            break
    return found


def _declarations(parsed: list[Any]) -> Declarations:
    return tuple(
        (name, value, one.important)
        for one in parsed
        if one.type == "declaration"
        for name, value in _expand(one.lower_name, one.value)
    )


@lru_cache(maxsize=20_000)
def inline(text: str) -> Declarations:
    """What a style attribute sets."""
    return _declarations(tinycss2.parse_blocks_contents(shallow(text), skip_comments=True))


def block(content: list[Any]) -> Declarations:
    """What the block of a rule sets."""
    return _declarations(tinycss2.parse_blocks_contents(content, skip_comments=True))
