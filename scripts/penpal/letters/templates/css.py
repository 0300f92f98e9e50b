"""Which styles a letter may have: nothing that loads, runs or moves out of its place."""

from __future__ import annotations

import re

from penpal.letters.templates.source import words

STYLE_LIMIT = 16 * 1024  # bytes: Gmail drops a style block that is larger

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULES = ("media", "supports", "goodbye", "gmail")  # mj-accordion says @goodbye { @gmail }
_AT_RULE = re.compile(r"@([\w-]+)")
_FUNCTION = re.compile(r"([\w-]+)\(")
_FUNCTIONS = frozenset(
    words(
        "rgb rgba hsl hsla calc min max clamp var linear-gradient radial-gradient "
        "repeating-linear-gradient repeating-radial-gradient not is where nth-child "
        "nth-of-type nth-last-child first-child lang rotate scale translate translatex "
        "translatey cubic-bezier"
    )
)
_PROPERTY = re.compile(
    r"(?:^|[;{\s])((?:behavior|-moz-binding|-ms-behavior|src)\s*:|position\s*:\s*(?:fixed|sticky))",
    re.IGNORECASE,
)


def first_fault(css: str) -> tuple[str, str] | None:  # noqa: PLR0911 (one line a rule)
    """(word, message) of the first thing that styles may not hold, or None."""
    if "\\" in css:
        return "\\", "styles may hold no backslash."
    plain = _COMMENT.sub(" ", css)
    if "/*" in plain or "*/" in plain:
        return "/*", "a comment in the styles is not closed."
    if "<" in plain or "&lt;" in plain.lower():
        return "<", "styles may hold no <."
    for match in _AT_RULE.finditer(plain):
        if match[1].lower() not in _AT_RULES:
            return match[0], "of such rules only @media and @supports belong in a letter."
    for match in _FUNCTION.finditer(plain):
        if match[1].lower() == "url":
            return match[0], "styles may load nothing: show a picture with <mj-image>."
        if match[1].lower() not in _FUNCTIONS:
            return match[0], "this function does not belong in the styles of a letter."
    if match := _PROPERTY.search(plain):
        return match[1], "this property does not belong in a letter."
    return None
