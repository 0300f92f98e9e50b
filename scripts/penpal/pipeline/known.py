"""Failures that are no fault of data or rules, and which of them pass by themselves.

They are data: known_failures.toml, beside this file.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("known_failures.toml")


@dataclass(frozen=True)
class Known:
    """`says` is the sentence for people ('' adds none); exit_code None keeps the step's own."""

    name: str
    pattern: re.Pattern[str]
    transient: bool
    exit_code: int | None = None
    says: str = ""


@functools.cache
def known_failures() -> tuple[Known, ...]:
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["failure"]
    return tuple(Known(**row | {"pattern": re.compile(row["pattern"])}) for row in rows)


@functools.cache
def pauses() -> tuple[float, ...]:
    """Seconds before each further try of a step that failed for a transient reason."""
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["retries"]["seconds"])


def recognised(sentences: list[str]) -> Known | None:
    """What the sentences of a failure tell of, if it is known; the first in the file's order."""
    text = "\n".join(sentences)
    return next((known for known in known_failures() if known.pattern.search(text)), None)
