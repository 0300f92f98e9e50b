"""Text of templates that remembers where each piece of it was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property

from jinja2.exceptions import SecurityError

from penpal.settings import UserError
from penpal.terminal import shown

SIZE_LIMIT = 256 * 1024  # characters of a template with all it includes
LONGEST_WORD = 60


def words(text: str) -> list[str]:
    """The words of a long list."""
    return text.split()


@dataclass(frozen=True)
class Place:
    """A line of a file below emails/, and the block of the letter that it is part of."""

    file: str
    line: int
    block: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"emails/{self.file}:{self.line}"


class TemplateRefused(UserError, SecurityError):
    """A template that breaks a rule: one line a fault, each with file, line, word and cure."""

    def __init__(self, *faults: str):
        super().__init__("\n".join(dict.fromkeys(faults)))
        self.faults = list(dict.fromkeys(faults))


def fault(place: Place | str, word: str, message: str) -> str:
    """One fault in words: emails/birthday.mjml.j2:12: {{ frist_name }}: …"""
    word = " ".join(word.split())
    word = word if len(word) <= LONGEST_WORD else word[:LONGEST_WORD] + "…"
    where = place if isinstance(place, Place) else f"emails/{place}"
    return f"{where}: {shown(f'{word}: ' if word else '')}{message}"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """' Did you mean first_name?', or '' where nothing is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=cutoff)
    return f" Did you mean {near[0]}?" if near else ""


class Source:
    """A text, and for each part of it the line it comes from."""

    def __init__(self, text: str, marks: list[tuple[int, Place]]):
        self.text, self._marks = text, marks
        self._starts = [start for start, _ in marks]

    @classmethod
    def of_file(cls, text: str, file: str, line: int = 1) -> Source:
        """The text of a file; every line is marked."""
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        marks = [(0, Place(file, line))]
        marks += [
            (match.end(), Place(file, line + number))
            for number, match in enumerate(re.finditer("\n", text), start=1)
        ]
        return cls(text, marks)

    @classmethod
    def written_at(cls, text: str, place: Place) -> Source:
        """A text that stands on one line of a file."""
        return cls(text, [(0, place)])

    def place(self, offset: int) -> Place:
        return self._marks[max(bisect_right(self._starts, offset) - 1, 0)][1]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_place(self, line: int | None) -> Place:
        """Where a line (from 1) of this text was written: at its first character but blanks."""
        offset = self._lines[min(line or 1, len(self._lines)) - 1]
        while offset < len(self.text) and self.text[offset].isspace():
            offset += 1
        return self.place(offset)

    def find(self, word: str) -> Place:
        """The first place of a word; the beginning where it is not found."""
        return self.place(max(self.text.find(word), 0))

    def cut(self, start: int, end: int) -> Source:
        first = bisect_right(self._starts, start)
        last = bisect_right(self._starts, end - 1) if end > start else first
        marks = [(0, self.place(start))]
        marks += [(offset - start, place) for offset, place in self._marks[first:last]]
        return Source(self.text[start:end], marks)

    @classmethod
    def joined(cls, parts: list[Source]) -> Source:
        marks, length = [], 0
        for part in parts:
            marks += [(length + offset, place) for offset, place in part._marks]
            length += len(part.text)
        return cls("".join(part.text for part in parts), marks or [(0, Place("", 1))])

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match], Source | str]) -> Source:
        """As re.sub(); what is put in as text counts as written where the match was."""
        parts, done = [], 0
        for match in pattern.finditer(self.text):
            new = replace(match)
            if isinstance(new, str):
                new = Source.written_at(new, self.place(match.start()))
            parts += [self.cut(done, match.start()), new]
            done = match.end()
        return Source.joined([*parts, self.cut(done, len(self.text))]) if parts else self

    def in_block(self, name: str) -> Source:
        """The same text, all of it part of this block."""
        return Source(self.text, [(at, replace(place, block=name)) for at, place in self._marks])

    def refuse(self, offset: int, word: str, message: str) -> TemplateRefused:
        return TemplateRefused(fault(self.place(offset), word, message))


def unclosed_block(source: Source, word: str) -> Place | None:
    """Where the innermost block of this name opens that nothing closes."""
    opened: list[int] = []
    for match in re.finditer(r"\{%[-+]?\s*(end)?(\w+)", source.text):
        if match[2] == word and not match[1]:
            opened.append(match.start())
        elif match[2] == word and opened:
            opened.pop()
    return source.place(opened[-1]) if opened else None
