"""The rows of a raw table's text files, as Parquet that DuckDB reads without guessing.

Each text file is read once, and kept until it changes: what is kept depends on the file alone.
What became of each file is in a ledger.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import time
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penpal.lake import compact, drift, ledger, parquet, records, text
from penpal.lake.files import kind_of, lake_files, unfinished_files
from penpal.lake.ledger import LEDGER, SET_ASIDE, TAKEN, WAITING, Entry
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
        "types": ["text"] * len(parts.columns),
    }


class _StillWritten(Exception):
    """A file changes while it is read."""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(name: str, sha256: str) -> str:
    facts = f"{FORM.hexdigest()} {name} {sha256}"
    return hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _what_is_kept(path: Path, kind: str, name: str, stem: Path) -> dict[str, Any]:
    """Records, columns and parts of a file; read now unless a run that was killed has done so."""
    told = stem.with_name(f"{stem.name}.json")
    with contextlib.suppress(OSError, ValueError):
        return json.loads(told.read_text(encoding="utf-8"))
    told.parent.mkdir(parents=True, exist_ok=True)
    done = parquet.check(path, name, stem) if kind == "parquet" else _read(path, kind, name, stem)
    partial = told.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(done), encoding="utf-8")
    os.replace(partial, told)  # written last: what a killed run left is read again
    return done


def _entry(path: Path, name: str, cache: Path, before: Entry | None) -> Entry:
    """A file as it is now, read where its content is new. Raises UserError and _StillWritten."""
    kind, state = kind_of(path), path.stat()
    facts = {"size": state.st_size, "modified_ns": state.st_mtime_ns, "inode": state.st_ino}
    is_taken = before and before.state == TAKEN and before.path == str(path)
    if is_taken and before.is_as_it_was(state) and _is_kept(before, cache):
        return before
    try:
        sha256 = _digest(path)
        version = _version(name, sha256)
        if is_taken and before.version == version and _is_kept(before, cache):
            return replace(before, **facts)  # copied again, or touched: the same content
        done = _what_is_kept(path, kind, name, cache / version)
    except (OSError, UserError) as error:
        if _has_changed(path, state):
            raise _StillWritten from error
        if isinstance(error, OSError):
            raise text.unreadable(path, error) from error
        raise
    if _has_changed(path, state):
        raise _StillWritten
    is_read_by_duckdb = kind == "parquet" and not done["parts"]
    return Entry(
        name,
        str(path),
        TAKEN,
        **facts,
        sha256=sha256,
        version=version,
        kind="parquet" if is_read_by_duckdb else "text",
        **done,
    )


def _has_changed(path: Path, state: os.stat_result) -> bool:
    try:
        now = path.stat()
    except OSError:
        return True
    return (now.st_size, now.st_mtime_ns) != (state.st_size, state.st_mtime_ns)


def _is_kept(entry: Entry, cache: Path) -> bool:
    is_current = entry.sha256 and entry.version == _version(entry.file, entry.sha256)
    return bool(is_current) and all((cache / part).exists() for part in entry.parts)


def _unsettled(paths: list[Path], before: dict[Path, Entry], seconds: float) -> set[Path]:
    """New or changed files that are being written: looked at twice, some seconds apart."""
    fresh = {}
    for path in paths:
        state = path.stat()
        if path in before and before[path].is_as_it_was(state):
            continue
        if abs(time.time() - state.st_mtime) < seconds:
            fresh[path] = state
    if fresh:
        time.sleep(seconds)
    return {path for path, state in fresh.items() if _has_changed(path, state)}


def _remove_others(cache: Path, entries: Collection[Entry]) -> None:
    """What the lake no longer holds is not kept either: erased people are in it."""
    parts = {LEDGER, *(part for entry in entries for part in entry.parts)}
    for file in cache.glob("*.*"):
        if file.name not in parts:
            file.unlink(missing_ok=True)


def _check_columns(path: Path, given: Collection[str], known: Collection[str]) -> None:
    names = {column.strip().lower() for column in given}
    if known and names and not names.intersection(known):
        raise UserError(
            f"{shown(path)} names no column of the table: is its first line the header?"
        )


@dataclass(frozen=True)
class Rules:
    """What is asked of the files of a table.

    `columns` are those that it may have, by each name that they may have: a file with none of them
    has no header, and its first record must not be taken for one. `required`: those that each file
    must have if another has.
    `sets_aside`: a file that cannot be read does not stop the rest. A file that was changed so few
    seconds ago is looked at again before it is taken. Of more than `most_parts` small files that
    are kept one is made; 0 leaves them.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    required: Collection[str] = ()
    sets_aside: bool = False
    settle_seconds: float = 0
    most_parts: int = 0


class _Table:
    """The files of a raw table on their way into the ledger."""

    def __init__(self, folder: Path, cache: Path, rules: Rules):
        self.folder, self.cache, self.rules = folder, cache, rules
        self.before = ledger.load(cache)
        self.was = [replace(entry) for entry in self.before.values()]  # as the ledger has them
        self.entries: list[Entry] = []
        self.errors: list[str] = []
        self.notes: list[str] = []

    def take(self, paths: list[Path]) -> None:
        known = {Path(e.path): e for e in self.before.values() if e.state == TAKEN}
        names: set[str] = set()
        unsettled = _unsettled(paths, known, self.rules.settle_seconds)
        for path in paths:
            name = shown(path.relative_to(self.folder))
            before = self.before.get(name)
            try:
                if name in names:
                    raise UserError(f"{name} stands for two files in {shown(self.folder)}: rename.")
                names.add(name)
                if path in unsettled:
                    raise _StillWritten
                entry = _entry(path, name, self.cache, before)
                if self._has_columns(entry):
                    _check_columns(path, entry.columns, self.rules.columns)
                self.entries.append(entry)
            except _StillWritten:
                self._leave(path, name, before)
            except UserError as error:
                self._set_aside(path, name, str(error))

    def _leave(self, path: Path, name: str, before: Entry | None) -> None:
        """A file that is being written waits; nothing of it that was taken before gets lost."""
        if before is None or before.state != TAKEN:
            self.entries.append(Entry(name, str(path), WAITING, "it is being written"))
            self.notes.append(f"{shown(name)} is being written: left for the next run")
        elif before.kind == "text" and _is_kept(before, self.cache):
            self.entries.append(before)
            self.notes.append(f"{shown(name)} is being written anew: read as it was before")
        else:
            reason = f"{shown(path)} is being written anew: run again when that is done."
            self._set_aside(path, name, reason)

    def _set_aside(self, path: Path, name: str, reason: str) -> None:
        if self.rules.sets_aside:
            self.entries.append(Entry(name, str(path), SET_ASIDE, reason))
            self.notes.append(f"SET ASIDE, its rows are missing: {reason}")
        else:
            self.errors.append(reason)

    def compare(self) -> None:
        """Look at the columns of what was taken; JSON has columns only where a record has them."""
        taken = [e for e in self.entries if e.state == TAKEN and self._has_columns(e)]
        some = {name for entry in taken for name in drift.by_name(entry, self.rules.columns)}
        required = [name for name in self.rules.required if name in some]
        known = self.rules.columns
        last = None
        for entry in taken:
            if missing := drift.missing_columns(entry, required, known):
                self.entries.remove(entry)
                reason = f"{shown(Path(entry.path))} {missing}; other files have it."
                self._set_aside(Path(entry.path), entry.file, reason)
                continue
            was = self.before.get(entry.file)
            if last and (was is None or was.version != entry.version):
                entry.notes = drift.notes(entry, last, known)
                self.notes += entry.notes
            last = entry

    @staticmethod
    def _has_columns(entry: Entry) -> bool:
        return kind_of(Path(entry.path)) != "json" and bool(entry.columns)

    def put_together(self) -> None:
        """Few files are kept, and no row of a file that is gone."""
        compact.drop_gone(self.entries, self.was, self.cache)
        compact.compact(self.entries, self.cache, self.rules.most_parts)

    def tell_of_what_is_gone(self) -> None:
        now = {entry.file: entry for entry in self.entries}
        for name, was in self.before.items():
            if was.state != TAKEN:
                continue
            if name not in now:
                self.notes.append(f"{shown(name)} is gone, and its {was.records:,} records with it")
            elif now[name].state == TAKEN and now[name].sha256 != was.sha256:
                self.notes.append(f"{shown(name)} has changed: it is read anew")


def read_table(folder: Path, cache: Path, rules: Rules = Rules()) -> dict[str, Any]:
    """Make the files of a raw table readable, and write their ledger (files.parquet).

    Returns {text: Parquet files of what had to be read, parquet: those of the lake, folder,
    entries: the ledger, notes: what somebody should know}. Raises UserError, a line a bad file.
    """
    table = _Table(folder, cache, rules)
    table.take(lake_files(folder))
    table.compare()
    if errors := table.errors:
        more = [f"{len(errors) - MOST_ERRORS:,} more files."] if len(errors) > MOST_ERRORS else []
        raise UserError("\n".join(errors[:MOST_ERRORS] + more))
    table.tell_of_what_is_gone()
    for path in unfinished_files(folder):
        name = shown(path.relative_to(folder))
        table.entries.append(Entry(name, str(path), WAITING, "its name says that it is unfinished"))
        table.notes.append(f"{name} is unfinished, by its name: left for the next run")
    cache.mkdir(parents=True, exist_ok=True)
    table.put_together()
    ledger.save(cache, table.entries)
    _remove_others(cache, table.entries)
    taken = [entry for entry in table.entries if entry.state == TAKEN]
    return {
        "text": list(dict.fromkeys(str(cache / part) for e in taken for part in e.parts)),
        "parquet": [entry.path for entry in taken if entry.kind == "parquet"],
        "folder": str(folder),
        "entries": table.entries,
        "notes": table.notes,
    }
