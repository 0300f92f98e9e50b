"""The rows of a raw table's text files, as Parquet that DuckDB reads without guessing.

Each text file is read once, and kept until it changes: what is kept depends on the file alone.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penpal.lake import parquet, records, text
from penpal.lake.files import kind_of, lake_files
from penpal.lake.parquet import FAULT, FILE, LINE, OURS
from penpal.lake.records import Record
from penpal.settings import UserError
from penpal.terminal import shown

# Another reader reads every file again.
FORM = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.glob("*.py"))))
BATCH = 20_000  # records at a time …
BATCH_CHARACTERS = 2**26  # … or so much text
MOST_COLUMNS = 2_000
MOST_ERRORS = 20  # bad files of a table that are named


def _array(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array(map(text.readable, values), pa.string())


class _Parts:
    """Parquet files of one text file: a new one where a column appears that none had before."""

    def __init__(self, stem: Path, name: str):
        self.stem, self.name = stem, name
        self.paths: list[Path] = []
        self.columns: dict[str, None] = {}
        self.spellings: dict[str, str] = {}
        self.writer: pq.ParquetWriter | None = None
        self.rows: list[Record] = []
        self.size = self.count = 0

    def know(self, columns: list[str]) -> None:
        """Columns that are there even where no record is."""
        self.columns |= {self.column(name): None for name in columns if name.lower() not in OURS}

    def column(self, name: str) -> str:
        """The column of a name: `Email` and `email ` are one, spelled as it came first."""
        key = shown(text.readable(name).strip() or "unnamed")
        if len(self.spellings) > MOST_COLUMNS:
            raise UserError(f"{shown(self.name)} names more than {MOST_COLUMNS:,} columns.")
        return self.spellings.setdefault(key.lower(), key)

    def add(self, record: Record) -> None:
        self.rows.append(record)
        self.size += sum(map(len, filter(None, record.values)))
        if len(self.rows) >= BATCH or self.size >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        values = self._by_column()
        if self.writer is None or not values.keys() <= self.columns.keys():
            self.columns |= dict.fromkeys(values)
            self._next_part()
        nothing = [None] * len(self.rows)
        arrays = [
            pa.array([self.name] * len(self.rows), pa.string()),
            pa.array([row.line for row in self.rows], pa.int64()),
            pa.array([row.fault for row in self.rows], pa.string()),
        ]
        arrays += [_array(values.get(name, nothing)) for name in self.columns]
        self.writer.write_batch(pa.record_batch(arrays, schema=self.writer.schema))
        self.count += len(self.rows)
        self.rows, self.size = [], 0

    def _by_column(self) -> dict[str, Sequence[str | None]]:
        names = self.rows[0].names if self.rows else ()
        if all(row.names == names and len(row.values) == len(names) for row in self.rows):
            # Column by column, which is quickest; damaged rows and JSON go one by one.
            columns = zip(*(row.values for row in self.rows), strict=True)
            found = dict(zip(names, columns, strict=bool(self.rows)))
        else:
            rows = [
                dict(zip(map(self.column, row.names), row.values, strict=False))
                for row in self.rows
            ]
            every = dict.fromkeys(chain.from_iterable(rows))
            found = {name: [row.get(name) for row in rows] for name in every}
        columns = {self.column(name): values for name, values in found.items()}
        return {name: columns[name] for name in columns if name.lower() not in OURS}

    def _next_part(self) -> None:
        self.close()
        path = self.stem.with_name(f"{self.stem.name}.{len(self.paths)}.parquet")
        types = [(FILE, pa.string()), (LINE, pa.int64()), (FAULT, pa.string())]
        types += [(name, pa.string()) for name in self.columns]
        self.paths.append(path)
        self.writer = pq.ParquetWriter(path, pa.schema(types), compression="zstd")

    def close(self) -> None:
        if self.writer:
            self.writer.close()


def _records(path: Path, kind: str, encoding: str, parts: _Parts) -> Iterator[Record]:
    with text.open_text(path, encoding) as stream:
        if kind == "csv":
            yield from records.csv_records(stream, parts.know)
        else:
            yield from records.json_records(stream)


def _count(path: Path, encoding: str) -> int:
    """How many records Python's csv module finds as it is: they are counted in two ways."""
    with text.open_text(path, encoding) as stream:
        found = text.lines(stream)
        header, separator = records.first_line(found)
        rows = csv.reader(chain([header], found), delimiter=separator)
        return sum(1 for row in rows if row) - 1


def _read(path: Path, kind: str, name: str, stem: Path) -> dict[str, Any]:
    """Read one text file into parts beside `stem`; what there is to know of them."""
    parts = _Parts(stem, name)
    faults = 0
    try:
        encoding = text.find_encoding(path)
        for record in _records(path, kind, encoding, parts):
            faults += record.fault in (records.STRAY_QUOTE, records.TOO_LONG)
            parts.add(record)
        parts.flush()
        # Where quotation marks are astray, or in an array, lines and records are not the same.
        if not faults and kind == "csv":
            expected = _count(path, encoding)
            if expected != parts.count:
                raise UserError(
                    f"{shown(path)} has {expected:,} records by one count and {parts.count:,} by"
                    " another: look for stray quotation marks."
                )
    except records.NoColumns:
        raise UserError(f"{shown(path)} is empty: its first line names the columns.") from None
    except records.NotParsed as error:
        raise UserError(f"{shown(path)} stops being JSON in line {error.args[0]:,}.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise text.unreadable(path, error) from error
    finally:
        parts.close()
    return {
        "parts": [part.name for part in parts.paths],
        "records": parts.count,
        "columns": list(parts.columns),
    }


def _kept(path: Path, kind: str, name: str, cache: Path) -> tuple[str, dict[str, Any]]:
    """What is kept of a text file, read now if it has changed; and its key."""
    state = path.stat()
    facts = f"{FORM.hexdigest()} {name} {path} {state.st_size} {state.st_mtime_ns} {state.st_ino}"
    key = hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    told = cache / f"{key}.json"
    with contextlib.suppress(OSError, ValueError):
        return key, json.loads(told.read_text(encoding="utf-8"))
    cache.mkdir(parents=True, exist_ok=True)
    done = (
        parquet.check(path, name, cache / key)
        if kind == "parquet"
        else _read(path, kind, name, cache / key)
    )
    partial = told.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(done), encoding="utf-8")
    os.replace(partial, told)  # written last: what a killed run left is read again
    return key, done


def _remove_others(cache: Path, keys: set[str]) -> None:
    """What the lake no longer holds is not kept either: erased people are in it."""
    for file in cache.glob("*.*"):
        if file.name.split(".")[0] not in keys | {"files"}:
            file.unlink(missing_ok=True)


def _check_columns(path: Path, given: Collection[str], known: Collection[str]) -> None:
    names = {column.strip().lower() for column in given}
    if known and names and not names.intersection(known):
        raise UserError(
            f"{shown(path)} names no column of the table: is its first line the header?"
        )


def read_table(folder: Path, cache: Path, columns: Collection[str] = ()) -> dict[str, Any]:
    """Make the files of a raw table readable. `columns` are those that it may have: a file with
    none of them has no header, and its first record must not be taken for one.

    Returns {text: Parquet files of what had to be read, parquet: those of the lake, folder},
    and writes files.parquet: the records of each file. Raises UserError, a line a bad file.
    """
    found: dict[str, Any] = {"text": [], "parquet": [], "folder": str(folder)}
    names, counts, keys, errors = [], [], set(), []
    for path in lake_files(folder):
        try:
            kind, name = kind_of(path), shown(path.relative_to(folder))
            key, kept = _kept(path, kind, name, cache)
            if kind != "json":  # objects name their columns themselves, each its own
                _check_columns(path, kept["columns"], columns)
        except UserError as error:
            errors.append(str(error))
            continue
        keys.add(key)
        if kind == "parquet" and not kept["parts"]:
            found["parquet"].append(str(path))
        found["text"] += [str(cache / part) for part in kept["parts"]]
        names.append(name)
        counts.append(kept["records"])
    if errors:
        more = [f"{len(errors) - MOST_ERRORS:,} more files."] if len(errors) > MOST_ERRORS else []
        raise UserError("\n".join(errors[:MOST_ERRORS] + more))
    cache.mkdir(parents=True, exist_ok=True)
    _remove_others(cache, keys)
    files, partial = cache / "files.parquet", cache / f"files.{os.getpid()}"
    table = {"file": pa.array(names, pa.string()), "records": pa.array(counts, pa.int64())}
    pq.write_table(pa.table(table), partial)
    os.replace(partial, files)
    return found
