"""The ledger of a raw table's files: what became of each, as files.parquet beside what is kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LEDGER = "files.parquet"
TAKEN, WAITING, SET_ASIDE = "taken", "waiting", "set aside"
TEXTS = pa.list_(pa.string())


@dataclass
class Entry:
    """One file. `version` stands for its content and the reader's code; no two files share one."""

    file: str  # from the table's folder on
    path: str
    state: str  # TAKEN, WAITING or SET_ASIDE
    reason: str | None = None  # why it is not taken
    size: int = 0
    modified_ns: int = 0
    inode: int = 0
    sha256: str | None = None
    version: str | None = None
    kind: str | None = None  # parquet or text, as DuckDB is to read it
    records: int = 0
    columns: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)  # one a column
    parts: list[str] = field(default_factory=list)  # names of the Parquet files that were made
    notes: list[str] = field(default_factory=list)  # how it differs from the file before

    def is_as_it_was(self, state: os.stat_result) -> bool:
        known = (self.size, self.modified_ns, self.inode)
        return known == (state.st_size, state.st_mtime_ns, state.st_ino)


SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("path", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("size", pa.int64()),
        ("modified_ns", pa.int64()),
        ("inode", pa.uint64()),
        ("sha256", pa.string()),
        ("version", pa.string()),
        ("kind", pa.string()),
        ("records", pa.int64()),
        ("columns", TEXTS),
        ("types", TEXTS),
        ("parts", TEXTS),
        ("notes", TEXTS),
    ]
)
assert SCHEMA.names == [one.name for one in fields(Entry)]


def load(cache: Path) -> dict[str, Entry]:
    """The ledger by file; empty where there is none, or one of an earlier form."""
    try:
        rows: list[dict[str, Any]] = pq.read_table(cache / LEDGER).to_pylist()
        return {row["file"]: Entry(**row) for row in rows}
    except (OSError, pa.ArrowException, TypeError):
        return {}


def save(cache: Path, entries: Iterable[Entry]) -> None:
    partial = cache / f"files.{os.getpid()}"
    rows = [asdict(entry) for entry in entries]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), partial)
    os.replace(partial, cache / LEDGER)
