"""From lines to records: CSV as in RFC 4180, JSON lines, JSON arrays."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from penpal.lake.text import LONGEST, lines

SEPARATORS = ",;\t|"
SAID_SEPARATOR = re.compile(r'"?sep=([^"\w])"?', re.IGNORECASE)
LEAST_HEADER = 3  # columns from which on a second header is recognised
TOO_LONG = f"unreadable line: longer than {LONGEST:,} characters"
STRAY_QUOTE = "unreadable line: a quotation mark where none belongs"
MIDDLE_HEADER = "second header"
CUT_OFF = "unreadable line: the file ends within it"
NO_JSON = "unreadable line: no JSON object"
NAMED_TWICE = "unreadable line: a name twice in one object"

csv.field_size_limit(LONGEST)
as_json = json.JSONEncoder(ensure_ascii=False).encode


class Record(NamedTuple):
    """One record of a file: the line that it begins in, its columns, their values, its fault.

    Of names and values the shorter list says how many there are.
    """

    line: int
    names: Sequence[str] = ()
    values: Sequence[str | None] = ()
    fault: str | None = None


class NoColumns(Exception):
    """The file has no first line."""


class NotParsed(Exception):
    """The file stops being JSON; the argument is the line."""


class _Lines:
    """Lines that can be put back."""

    def __init__(self, source: Iterator[str]):
        self.source, self.again = source, deque[str]()
        self.number, self.taken = 0, list[str]()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.source)
        self.number += 1
        self.taken.append(line)
        return line

    def put_back_all_but_first(self) -> str:
        self.again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        return self.taken[0]


def separator_of(header: str) -> str:
    """The most frequent separator in the first line, outside quotation marks."""
    bare = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def first_line(found: Iterator[str]) -> tuple[str, str]:
    """The line that names the columns, and the separator: what Excel's `sep=;` before it says."""
    first = next((line for line in found if line.strip()), "")
    said = SAID_SEPARATOR.fullmatch(first.rstrip("\r\n"))
    if said:
        first = next((line for line in found if line.strip()), "")
    if not first:
        raise NoColumns
    return first, said[1] if said else separator_of(first)


def column_names(header: list[str]) -> list[str]:
    """The names of the columns, each once: a second `email` is `email (2)`."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for place, given in enumerate(header, 1):
        name = given.strip() or f"column {place}"
        seen[name.lower()] = count = seen.get(name.lower(), 0) + 1
        names.append(name if count == 1 else f"{name} ({count})")
    return names


def _one_line(line: str, separator: str) -> list[str]:
    """The fields of one line, whatever its quotation marks; none where it is too long."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return []


def _salvage(line: str, separator: str, width: int) -> list[str]:
    """What a line with a stray quotation mark says in each column, as well as can be told.

    Of somebody who refuses, the refusal can still be read there.
    """
    fields = _one_line(line, separator)
    if len(fields) != width:
        fields = [field.strip(' "') for field in line.rstrip("\r\n").split(separator)]
    return fields


def _names_columns(row: list[str], known: set[str]) -> bool:
    found = [value.strip().lower() for value in row]
    return (
        len(known) >= LEAST_HEADER
        and found[0] in known
        and len(known.intersection(found)) >= max(LEAST_HEADER, len(found) / 2)
    )


def csv_records(
    stream: io.TextIOWrapper, tell_columns: Callable[[list[str]], None]
) -> Iterator[Record]:
    """The records of a CSV file, the header not among them; a blank line is none.

    A record that cannot be read carries its fault, and what could be read of its first line; the
    next one begins with the next line, so that a stray quotation mark swallows nothing.
    """
    source = _Lines(lines(stream))
    first, separator = first_line(source)
    source.again.appendleft(first)
    source.number -= 1
    reader = csv.reader(source, delimiter=separator, strict=True)
    try:
        names = column_names(next(reader))
    except csv.Error:
        names = column_names(_one_line(first, separator))
    tell_columns(names)
    width, known = len(names), {name.lower() for name in names}
    while True:
        source.taken.clear()
        line = source.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        if row is None or len(source.taken[0]) >= LONGEST:
            first = source.put_back_all_but_first()
            fault = TOO_LONG if len(first) >= LONGEST else STRAY_QUOTE
            values = [] if fault == TOO_LONG else _salvage(first, separator, width)
            yield Record(line, names, values, fault)
        elif not row:
            continue
        elif len(row) == width and row[0].strip().lower() not in known:
            yield Record(line, names, row)
        elif _names_columns(row, known):
            yield Record(line, fault=MIDDLE_HEADER)
            names = column_names(row)
            width, known = len(names), {name.lower() for name in names}
        elif _swallows_lines(row, source.taken, width, separator):
            first = source.put_back_all_but_first()
            yield Record(line, names, _salvage(first, separator, width), STRAY_QUOTE)
        else:
            fault = _width_fault(row, width, source.taken[-1])
            yield Record(line, names, row, fault)


def _swallows_lines(row: list[str], taken: list[str], width: int, separator: str) -> bool:
    """Whether a record of several lines is of the wrong width, and one of its lines is not."""
    return len(row) != width > 1 and any(
        len(_one_line(line, separator)) == width for line in taken[1:]
    )


def _width_fault(row: list[str], width: int, last_line: str) -> str | None:
    """Spreadsheets leave out empty fields at the end of a row, or write some more."""
    if any(value.strip() for value in row[width:]):
        return f"unreadable line: {len(row)} fields under {width} columns"
    if len(row) < width and not last_line.endswith(("\n", "\r")):
        return CUT_OFF
    return None


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else as_json(value)


def _object(line: int, parsed: Any, source: str) -> Record:
    if not isinstance(parsed, dict):
        return Record(line, fault=NO_JSON)
    is_twofold = len({name.strip().lower() for name in parsed}) < len(parsed)
    if any(isinstance(value, float) for value in parsed.values()):
        # As written: 5.84123E+12 as a key has lost its digits, and has to show it.
        written = json.loads(source, parse_float=str)
        parsed = {
            key: written[key] if isinstance(value, float) else value
            for key, value in parsed.items()
        }
    values = [_text(value) for value in parsed.values()]
    return Record(line, tuple(parsed), values, NAMED_TWICE if is_twofold else None)


def json_records(stream: io.TextIOWrapper) -> Iterator[Record]:
    """The records of a JSON file: an object a line, an array of objects, or objects over lines."""
    source = lines(stream)
    before: list[str] = []
    for text in source:
        if text.strip() and (text.lstrip().startswith("[") or text.strip() == "{"):
            yield from _json_stream("".join([*before, text, *source]))
            return
        before.append(text)
        if text.strip():
            yield _json_line(len(before), text)
            break
    for line, text in enumerate(source, len(before) + 1):
        if text.strip():
            yield _json_line(line, text)


def _json_line(line: int, text: str) -> Record:
    if len(text) >= LONGEST:
        return Record(line, fault=TOO_LONG)
    try:
        return _object(line, json.loads(text), text)
    except (ValueError, RecursionError):
        return Record(line, fault=NO_JSON)


def _json_stream(text: str) -> Iterator[Record]:
    """Objects one after another, in an array or not; what follows a break cannot be read."""
    decoder = json.JSONDecoder()
    place, line = 0, 1
    while True:
        start = place
        while place < len(text) and text[place] in " \t\r\n[],":
            place += 1
        line += text.count("\n", start, place)
        if place == len(text):
            return
        try:
            parsed, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise NotParsed(line) from error
        yield _object(line, parsed, text[place:end])
        line += text.count("\n", place, end)
        place = end
