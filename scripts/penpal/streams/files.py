"""Batches on the disk: each file is there whole and for good before anything is committed."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from penpal.files import sync
from penpal.settings import UserError
from penpal.streams.batch import Batch, Part
from penpal.streams.source import Partition
from penpal.terminal import shown

HOST = re.sub(r"\W", "_", socket.gethostname())
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(Exception):
    """Nothing more can be written now; what was not written is still in the batch."""


@dataclass(frozen=True)
class Places:
    """Where files go: events to the folder of a raw table, the rest outside every table."""

    table: Path
    dead_letters: Path
    source: str
    packed: bool  # .jsonl.gz instead of .jsonl


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]


def file_name(source: str, where: Partition, part: Part, content: bytes) -> str:
    """The same for the same messages, whenever they are read; another for any others.

    Of a topic that was made anew, offsets begin again: the content tells them apart.
    """
    told = hashlib.blake2b(f"{where[0]} {where[1]} ".encode() + content, digest_size=4)
    offsets = f"{part.first:012}-{part.last:012}"
    return f"{source}.{_safe(where[0])}.{where[1]}.{offsets}.{told.hexdigest()}.jsonl"


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    sync(folder.parent)


def write_durably(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file so that it survives a loss of power, or is not seen at all.

    Under its name there is never a part of it: it grows under one that begins with a dot, which
    readers of a lake pass over. `private`: for its owner only. Raises DiskFull, UserError.
    """
    partial = path.with_name(f".{path.name}.{HOST}.{os.getpid()}.part")
    try:
        _make_folder(path.parent)
        if not path.exists():  # written before a kill: the name tells the content
            handle = os.open(
                partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666
            )
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(handle)
            os.replace(partial, path)
        sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if error.errno in NO_SPACE:
            raise DiskFull(shown(path.parent)) from error
        raise UserError(f"{shown(path)} cannot be written: {error.strerror}.") from error


def _files(places: Places, where: Partition, part: Part) -> Iterator[tuple[Path, bytes, bool]]:
    day = datetime.fromtimestamp(part.arrived, UTC).strftime("%Y-%m-%d")
    for folder, lines, private in (
        (places.dead_letters, part.dead, True),
        (places.table, part.lines, False),
    ):
        if not lines:
            continue
        content = b"".join(lines)
        path = folder / day / file_name(places.source, where, part, content)
        if places.packed and not private:
            path = path.with_name(f"{path.name}.gz")
            content = gzip.compress(content, compresslevel=3, mtime=0)
        yield path, content, private


def write_batch(places: Places, batch: Batch) -> tuple[int, int]:
    """Write all of a batch; how many files of events it made, and their bytes.

    Once it returns, the offsets may be committed; if it raises, some files may be there already,
    and writing the batch again makes the same ones.
    """
    files = size = 0
    for where, part in sorted(batch.parts.items()):
        for path, content, private in _files(places, where, part):
            write_durably(path, content, private)
            files += not private
            size += 0 if private else len(content)
    return files, size


def remove_leftovers(folder: Path) -> None:
    """Remove what programs of this machine that were killed had begun to write."""
    for path in folder.rglob(f".*.{HOST}.*.part"):
        process = path.name.split(".")[-2]
        if process.isdigit() and not Path("/proc", process).exists():
            path.unlink(missing_ok=True)
