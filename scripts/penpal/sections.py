"""Headed tables of an answer: one form for the terminal and for a page (penpal.pages)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from penpal import terminal
from penpal.identity.text import SHOWN, section, table


@dataclass(frozen=True)
class Section:
    """A table with a head; `empty` stands where it has no rows; `picture` is SVG above it;
    `about` heads the sections that follow each other with the same one."""

    title: str
    columns: tuple[str, ...]
    cells: list[tuple[Any, ...]] = field(default_factory=list)
    empty: str = "none"
    picture: str = ""
    about: str = ""


def word(value: Any) -> str:
    """A value as text; what is not known as a dash, times to the minute."""
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {word(told)}" for name, told in value.items())
    if isinstance(value, list):
        return ", ".join(map(word, value))
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else f"{value:%Y-%m-%d}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def as_text(first: list[str], sections: list[Section], shown: int | None = SHOWN) -> str:
    """Lines, then each section with at most so many rows; control characters made visible."""
    lines = list(first)
    for part in sections:
        lines += section_lines(part, shown)
    return "\n".join(map(terminal.shown, lines))


def section_lines(part: Section, shown: int | None) -> list[str]:
    if not part.cells:
        return ["", f"{part.title}: {part.empty}"]
    lines = table([part.columns, *([word(value) for value in row] for row in part.cells)])
    head, *body = lines
    listed = section(part.title, body, shown)
    return [*listed[:2], f"  {head}", *listed[2:]]
