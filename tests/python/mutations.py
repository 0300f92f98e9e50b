"""Damage that files take on their way: each mutation turns the bytes of a CSV file into others."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

# What a mutation gives: the bytes, and the ending that the file now has.
File = tuple[bytes, str]
JUNK = (b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"\x1b[2J", b"''", b"\xef\xbb\xbf")


def parsed(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8", "replace").replace("\0", "")
    csv.field_size_limit(2**30)
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


def written(rows: list[list[str]], **style: object) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, **{"lineterminator": "\n", **style}).writerows(rows)
    return stream.getvalue().encode("utf-8", "replace")


def _place(content: bytes, chance: Random) -> int:
    return chance.randrange(len(content) + 1)


def flip_bytes(content: bytes, chance: Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def insert_junk(content: bytes, chance: Random) -> bytes:
    for _ in range(chance.randint(1, 5)):
        place = _place(content, chance)
        content = content[:place] + chance.choice(JUNK) + content[place:]
    return content


def cut_out(content: bytes, chance: Random) -> bytes:
    place = _place(content, chance)
    return content[:place] + content[place + chance.randint(1, 300) :]


def truncate(content: bytes, chance: Random) -> bytes:
    return content[: _place(content, chance)]


def drop_lines(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if chance.random() > 0.1)


def repeat_lines(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(line * chance.choice((1, 1, 1, 2)) for line in lines)


def shuffle_lines(content: bytes, chance: Random) -> bytes:
    first, *lines = content.splitlines(keepends=True) or [b""]
    chance.shuffle(lines)
    return b"".join([first, *lines])


def second_header(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    lines.insert(chance.randrange(len(lines) + 1), lines[0])
    return b"".join(lines)


def no_header(content: bytes, chance: Random) -> bytes:
    return b"".join(content.splitlines(keepends=True)[1:])


def move_columns(content: bytes, chance: Random) -> bytes:
    """From some row on the columns stand in another order, at times under a header that says so."""
    rows = parsed(content)
    order = list(range(max(map(len, rows), default=0)))
    chance.shuffle(order)
    start = chance.choice((0, chance.randrange(len(rows) + 1)))
    moved = [[row[n] for n in order if n < len(row)] for row in rows[start:]]
    return written(rows[:start] + moved)


def shift_values(content: bytes, chance: Random) -> bytes:
    """In some rows a field is missing, or one is there twice."""
    rows = parsed(content)
    for row in rows[1:]:
        if chance.random() < 0.1:
            place = chance.randrange(len(row))
            row[place : place + 1] = [] if chance.random() < 0.5 else [row[place]] * 2
    return written(rows)


def drop_column(content: bytes, chance: Random) -> bytes:
    rows = parsed(content)
    place = chance.randrange(max(map(len, rows), default=1) or 1)
    return written([row[:place] + row[place + 1 :] for row in rows])


def double_column(content: bytes, chance: Random) -> bytes:
    rows = parsed(content)
    place = chance.randrange(max(map(len, rows), default=1) or 1)
    return written([[*row, *row[place : place + 1]] for row in rows])


def long_field(content: bytes, chance: Random) -> bytes:
    rows = parsed(content)
    if len(rows) > 1:
        row = chance.choice(rows[1:])
        row[chance.randrange(len(row))] = chance.choice('x"[\n') * chance.choice((9_000, 200_000))
    return written(rows)


def other_style(content: bytes, chance: Random) -> bytes:
    return written(
        parsed(content),
        delimiter=chance.choice(",;\t|"),
        quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)),
        lineterminator=chance.choice(("\n", "\r\n", "\r")),
    )


def mixed_line_ends(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines()
    return b"".join(line + chance.choice((b"\n", b"\r\n", b"\r", b"\n\n")) for line in lines)


def other_encoding(content: bytes, chance: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    encodings = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "utf-7")
    return text.encode(chance.choice((*encodings, "shift_jis", "utf-32")), "replace")


def half_encoding(content: bytes, chance: Random) -> bytes:
    place = _place(content, chance)
    rest = content[place:].decode("utf-8", "replace")
    return content[:place] + rest.encode(chance.choice(("cp1252", "utf-16-le")), "replace")


def twice_encoded(content: bytes, chance: Random) -> bytes:
    return content.decode("latin-1").encode()


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(flip_bytes, insert_junk, cut_out, truncate, drop_lines, repeat_lines, shuffle_lines),
    *(second_header, no_header, move_columns, shift_values, drop_column, double_column),
    *(long_field, other_style, mixed_line_ends, other_encoding, half_encoding, twice_encoded),
)


def _objects(content: bytes) -> list[dict[str, str]]:
    header, *rows = parsed(content) or [[]]
    return [dict(zip(header, row, strict=False)) for row in rows]


def as_json_lines(content: bytes, chance: Random) -> File:
    lines = [json.dumps(one, ensure_ascii=chance.random() < 0.5) for one in _objects(content)]
    return "\n".join(lines).encode("utf-8", "replace"), ".jsonl"


def as_json_array(content: bytes, chance: Random) -> File:
    return json.dumps(_objects(content), indent=chance.choice((None, 2))).encode(), ".json"


def as_parquet(content: bytes, chance: Random) -> File:
    objects = _objects(content)
    names = list(dict.fromkeys(name for one in objects for name in one)) or ["nothing"]
    columns = {name: pa.array([one.get(name) for one in objects], pa.string()) for name in names}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression=chance.choice(("zstd", "none")))
    return stream.getvalue(), ".parquet"


def as_gzip(content: bytes, chance: Random) -> File:
    return gzip.compress(content, mtime=0), ".csv.gz"


def as_csv(content: bytes, chance: Random) -> File:
    return content, chance.choice((".csv", ".csv", ".CSV", ".tsv"))


FORMS = (as_csv, as_csv, as_csv, as_json_lines, as_json_array, as_parquet, as_gzip)
AFTER = (flip_bytes, insert_junk, cut_out, truncate)


def mutated(content: bytes, chance: Random) -> tuple[File, list[str]]:
    """A damaged copy, and what was done to it."""
    done = []
    for mutation in chance.sample(MUTATIONS, chance.choice((0, 1, 1, 1, 2, 3))):
        content = mutation(content, chance)
        done.append(mutation.__name__)
    form = chance.choice(FORMS)
    content, ending = form(content, chance)
    done.append(form.__name__)
    if form is not as_csv and chance.random() < 0.5:
        mutation = chance.choice(AFTER)
        content = mutation(content, chance)
        done.append(mutation.__name__)
    return (content, ending), done
