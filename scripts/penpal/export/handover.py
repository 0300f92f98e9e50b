"""From the outbox to a folder: what is due, each letter once; what must not go out comes back."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penpal.export.folder import Folder, file_name
from penpal.export.message import UnsafeLetter, checked, headers_of
from penpal.export.providers import Format, encoded
from penpal.settings import UserError

AT_ONCE = 200  # files entered in the manifest in one step
NEEDED = (
    *("message_id", "email", "campaign", "subject", "html", "text", "headers"),
    *("send_after", "expires_at", "rendered_at"),
)
STATES = ("message_id", "state", "send_after", "expires_at")


@dataclass
class Counts:
    """What became of the letters of an outbox."""

    handed_over: int = 0
    files: int = 0
    earlier: int = 0
    not_yet: int = 0
    expired: int = 0
    revoked: int = 0
    withdrawn: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    refused_ids: list[str] = field(default_factory=list)
    latest: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        names = ("handed_over", "files", "earlier", "not_yet", "expired", "revoked", "withdrawn")
        result: dict[str, Any] = {name: getattr(self, name) for name in names}
        return result | {"refused": dict(sorted(self.refused.items()))}


class Progress:
    """A line on a terminal, nothing elsewhere."""

    def __init__(self, total: int):
        self.total, self.done, self.began = total, 0, time.monotonic()
        self.shown = sys.stderr.isatty() and total > AT_ONCE

    def add(self, count: int) -> None:
        self.done += count
        if self.shown:
            rate = self.done / max(time.monotonic() - self.began, 0.001)
            end = "\n" if self.done >= self.total else ""
            text = f"\rhanding over {self.done:,}/{self.total:,}  {rate:,.0f}/s"
            print(text, end=end, file=sys.stderr, flush=True)


def outbox_files(outbox: Path) -> list[Path]:
    """Its files, in the order of their names; a UserError where there is no outbox."""
    if not outbox.is_dir():
        raise UserError(f"There is no outbox at {outbox}: render letters first.")
    return sorted(outbox.glob("*.parquet"))


def hand_over(outbox: Path, folder: Folder, form: Format, as_of: datetime) -> Counts:
    """Bring a folder up to what may go out at `as_of` (UTC); see the module."""
    counts = Counts()
    files = outbox_files(outbox)
    wanted: dict[Path, list[str]] = {}
    for path in files:
        new, back = _judge(path, folder, as_of, counts)
        for name, message_ids in sorted(back.items()):
            _take_back(path, folder, form, name, message_ids)
            counts.withdrawn += len(message_ids)
        if new:
            wanted[path] = new
    progress = Progress(sum(map(len, wanted.values())))
    for path, message_ids in wanted.items():
        _add(path, folder, form, message_ids, counts, progress)
    return counts


def _judge(
    path: Path, folder: Folder, as_of: datetime, counts: Counts
) -> tuple[list[str], dict[str, list[str]]]:
    """(letters to hand over now, letters to take back by the file they wait in)."""
    new: list[str] = []
    back: dict[str, list[str]] = defaultdict(list)
    for row in _rows(path, STATES):
        message_id, state = row["message_id"], row.get("state") or "due"
        if row["expires_at"] and (counts.latest is None or row["expires_at"] > counts.latest):
            counts.latest = row["expires_at"]
        is_over = row["expires_at"] is not None and row["expires_at"] <= as_of
        if state != "due" or is_over:
            counts.revoked += state != "due"
            counts.expired += state == "due"
            name = folder.file_of.get(message_id)
            if name and folder.waiting(name):
                back[name].append(message_id)
        elif folder.knows(message_id):
            counts.earlier += 1
        elif row["send_after"] is not None and row["send_after"] > as_of:
            counts.not_yet += 1
        else:
            new.append(message_id)
    return new, back


def _rows(path: Path, columns: tuple[str, ...] | None = None) -> Iterator[dict[str, Any]]:
    """Rows of an outbox file, in its order."""
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        if lacking := sorted(set(NEEDED) - set(names)):
            raise UserError(f"{path} is no outbox file: it has no column {', '.join(lacking)}.")
        chosen = [name for name in columns if name in names] if columns else None
        for batch in file.iter_batches(batch_size=250, columns=chosen):
            yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error


def _encoded(row: dict[str, Any], form: Format) -> bytes:
    """The letter in its format; raises UnsafeLetter."""
    try:
        headers = json.loads(row["headers"] or "")
    except ValueError as error:
        raise UnsafeLetter("its headers are no JSON") from error
    if not isinstance(headers, dict):
        raise UnsafeLetter("its headers are no JSON object")
    for name in ("html", "text", "message_id", "campaign"):
        if not isinstance(row[name], str) or not row[name].strip():
            raise UnsafeLetter(f"{name} is empty")
    checked("message_id", row["message_id"])
    if row["subject"] != headers.get("Subject"):
        raise UnsafeLetter("its subject is not that of its headers")
    return encoded(row | {"checked_headers": headers_of(row, headers)}, form)


def _take_back(path: Path, folder: Folder, form: Format, name: str, message_ids: list[str]) -> None:
    stay = [one for one in folder.files[name] if one not in set(message_ids)]
    found = {}
    if stay:
        rows = {row["message_id"]: row for row in _rows(path) if row["message_id"] in set(stay)}
        found = {one: _encoded(rows[one], form) for one in stay if one in rows}
    folder.withdraw(name, message_ids, (list(found), form.file(list(found.values()))))


def _add(  # noqa: PLR0917 (what is handed over, where to, and who counts)
    path: Path, folder: Folder, form: Format, message_ids: list[str], counts: Counts,
    progress: Progress,
) -> None:  # fmt: skip
    """Hand over the new letters of one outbox file."""
    new, files = set(message_ids), {}
    chunk: list[tuple[str, bytes]] = []

    def close() -> None:
        if chunk:
            ids = [one for one, _ in chunk]
            files[file_name(ids, form.suffix)] = (ids, form.file([c for _, c in chunk]))
            chunk.clear()

    def flush() -> None:
        if files:
            folder.add(files)
            letters = sum(len(ids) for ids, _ in files.values())
            counts.handed_over += letters
            counts.files += len(files)
            progress.add(letters)
            files.clear()

    size, room = 0, form.size - len(form.file([]))
    for row in _rows(path):
        if row["message_id"] not in new:
            continue
        new.discard(row["message_id"])  # should it stand there twice, it leaves once
        try:
            content = _encoded(row, form)
        except UnsafeLetter as error:
            counts.refused[str(error)] += 1
            counts.refused_ids.append(row["message_id"])
            progress.add(1)
            continue
        needed = len(content) + len(form.between)
        if len(chunk) == form.count or size + needed > room:
            close()
            size = 0
            if len(files) >= AT_ONCE or form.count > 1:
                flush()
        chunk.append((row["message_id"], content))
        size += needed
    close()
    flush()
