"""Many small files of kept rows become one: opening a file costs more than reading a small one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import duckdb

from penpal.lake.ledger import TAKEN, Entry
from penpal.lake.parquet import FILE, LINE, pattern

SMALL = 2**24  # bytes
MERGED = "merged-"


def _text_of(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.state == TAKEN and entry.parts]


def _merge(parts: list[Path], files: list[str], cache: Path) -> str:
    """Write the rows of `files` that are in the parts into one; returns its name."""
    facts = " ".join([*(part.name for part in parts), *files])
    digest = hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    merged = cache / f"{MERGED}{digest}.parquet"
    partial = merged.with_suffix(".partial")
    target = str(partial).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * from read_parquet($1, union_by_name = true, hive_partitioning = false)"
            f" where list_contains($2, {FILE}) order by {FILE}, {LINE})"
            f" to '{target}' (format parquet, compression zstd)",
            [[pattern(str(part)) for part in parts], files],
        )
    partial.replace(merged)
    return merged.name


def _users(entries: Iterable[Entry]) -> dict[str, set[str]]:
    """The files whose rows are in each merged part."""
    users: dict[str, set[str]] = {}
    for entry in _text_of(entries):
        for part in entry.parts:
            if part.startswith(MERGED):
                users.setdefault(part, set()).add(entry.file)
    return users


def drop_gone(entries: list[Entry], before: Iterable[Entry], cache: Path) -> None:
    """Write anew what was merged of files that are gone or changed: their rows go with them."""
    then = _users(before)
    for name, files in _users(entries).items():
        if then.get(name) != files:
            left = _merge([cache / name], sorted(files), cache)
            for entry in _text_of(entries):
                entry.parts = [left if part == name else part for part in entry.parts]


def compact(entries: list[Entry], cache: Path, most: int) -> None:
    """Merge small parts where there are more than `most` of them; 0 never does."""
    texts = _text_of(entries)
    parts = dict.fromkeys(chain.from_iterable(entry.parts for entry in texts))
    small = {part for part in parts if (cache / part).stat().st_size < SMALL}
    # A file whose parts are not all small keeps them: it stands in one place or the other.
    chosen = [entry for entry in texts if small.issuperset(entry.parts)]
    chosen_parts = dict.fromkeys(chain.from_iterable(entry.parts for entry in chosen))
    if not most or len(chosen_parts) <= most:
        return
    files = [entry.file for entry in chosen]
    merged = _merge([cache / part for part in chosen_parts], files, cache)
    for entry in chosen:
        entry.parts = [merged]
