"""The log of all runs for machines: <warehouse>.runs/runs.jsonl, a line of JSON an event.

Events are begun, step (one that ended, with its outcome), ended, skipped and hook; each has `at`
(UTC) and `run`. Lines are appended whole. marts.pipeline_runs is a view of this file.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from penpal.files import write_whole
from penpal.settings import UserError


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Journal:
    """`echo`: what is written is also printed, for whoever collects the output of programs."""

    def __init__(self, file: Path, echo: bool = False):
        self.file, self.echo = file, echo

    def write(self, event: str, run: str, **facts: Any) -> None:
        """Append an event; it is on the disk when this returns (UserError where it cannot be)."""
        line = json.dumps({"at": now(), "event": event, "run": run, **facts}, default=str)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                # A line that a full disk cut off must not swallow this one.
                lead = "" if self._ends_whole() else "\n"
                os.write(handle, (lead + line + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise UserError(f"{self.file} cannot be written: {error.strerror}.") from error
        if self.echo:
            print(line, flush=True)

    def _ends_whole(self) -> bool:
        with self.file.open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def forget_before(self, days: int) -> None:
        """Leave out events that are older; a line that cannot be read goes, too.

        Once a day at most, since it reads all of the file.
        """
        if not self.file.exists():
            return
        oldest = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
        with self.file.open(encoding="utf-8", errors="replace") as file:
            if _at(file.readline())[:10] >= oldest[:10]:
                return
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if _at(line) >= oldest]
        if len(kept) < len(lines):
            write_whole(self.file, "".join(kept))


def _at(line: str) -> str:
    try:
        return str(json.loads(line)["at"])
    except (ValueError, KeyError, TypeError):
        return ""
