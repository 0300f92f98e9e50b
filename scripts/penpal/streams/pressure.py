"""Back-pressure: reasons to take nothing more from the stream for now."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from penpal.terminal import shown

EVERY = 5.0  # seconds between two looks at the disk


def files_in(table: Path) -> set[str]:
    """The files of a raw table that a reader of the lake sees, from the table's folder on."""
    found = set()
    for folder, folders, names in os.walk(table):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        inside = Path(folder).relative_to(table)
        found |= {shown(inside / name) for name in names if not name.startswith((".", "_"))}
    return found


def files_read(listed: Path) -> set[str]:
    """The files that the last run took (files.parquet of penpal.lake); none before the first."""
    try:
        rows = pq.read_table(listed).to_pylist()
    except (OSError, pa.ArrowException):
        return set()
    return {row["file"] for row in rows if row.get("state") != "waiting"}


@dataclass
class Pressure:
    """How far the lake may fill: files that no run has read, and space that is left."""

    table: Path
    listed: Path
    most_unread: int
    least_free: int  # bytes
    looked: float = field(default=-EVERY, init=False)
    found: str | None = field(default=None, init=False)
    full: bool = field(default=False, init=False)  # a write failed since the last look

    def reason(self) -> str | None:
        """Why nothing more may come in, as of the last few seconds; None: it may."""
        if time.monotonic() - self.looked >= EVERY:
            self.looked, self.found, self.full = time.monotonic(), self._look(), False
        return self.found

    def disk_full(self, reason: str) -> None:
        """A write has failed: wait until the next look."""
        self.looked, self.found, self.full = time.monotonic(), reason, True

    def _look(self) -> str | None:
        folder = next(path for path in (self.table, *self.table.parents) if path.exists())
        free = shutil.disk_usage(folder).free
        if free < self.least_free:
            return f"{free / 2**30:.1f} GB are free on the disk of the lake"
        files = files_in(self.table)
        if len(files) > self.most_unread:
            unread = len(files - files_read(self.listed))
            if unread > self.most_unread:
                return f"{unread:,} files of the lake wait for a run to read them"
        return None
