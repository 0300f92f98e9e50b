"""What may be printed: values, names and paths may hold escape sequences and line breaks."""

from __future__ import annotations

from pathlib import Path

LONGEST = 500  # characters: a value is there to be recognised


def shown(value: Path | str) -> str:
    """A value or a path as one line that moves no cursor and turns no text around.

    Control characters, marks of direction and other invisible ones become U+FFFD.
    """
    text = str(value)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
