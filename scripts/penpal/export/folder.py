"""The folder where letters are handed over: each file whole or not at all, no letter twice.

`manifest.log` says which letters each file holds: one line of JSON for each, the last counts.
A file is first written to `.pending/`, then entered in the manifest, then moved to its place. So
after a kill a pending file that the manifest knows is moved, and any other is written anew. Whoever
sends takes a file away: a letter of the manifest whose file is gone was taken, and is not written
again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from penpal.files import sync
from penpal.settings import EXIT_LOCKED, UserError

MANIFEST = "manifest.log"
PENDING = ".pending"
AGAIN = ".again"  # ends the name of a pending file that replaces one
WRITERS = 16
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")


def file_name(message_ids: Sequence[str], suffix: str) -> str:
    """Named after the letters it holds, and nothing else."""
    if len(message_ids) == 1 and _SAFE.fullmatch(message_ids[0]):
        return f"{message_ids[0]}.{suffix}"
    digest = hashlib.sha256("\n".join(message_ids).encode()).hexdigest()
    return f"{digest[:32]}.{suffix}"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _entry(name: str, message_ids: list[str], content: bytes) -> dict:
    """A line of the manifest."""
    digest = hashlib.sha256(content).hexdigest()
    return {"file": name, "letters": message_ids, "sha256": digest}


class Folder:
    """A folder of handed-over letters of one format; open it with `opened`."""

    def __init__(self, path: Path, form: str):
        self.path = path
        self.files: dict[str, list[str]] = {}
        self.file_of: dict[str, str] = {}
        self._read(form)
        self._recover()

    def _read(self, form: str) -> None:
        manifest = self.path / MANIFEST
        lines = manifest.read_bytes().split(b"\n") if manifest.exists() else []
        if lines and lines[-1]:  # killed while it was written: the line says nothing
            lines.pop()
            kept = b"".join(line + b"\n" for line in lines)
            os.truncate(manifest, len(kept))
        try:
            entries = [json.loads(line) for line in lines if line]
            for entry in entries[1:]:
                self._enter(entry["file"], entry["letters"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{manifest} cannot be read: name another folder.") from error
        if not entries:
            strangers = [p.name for p in self.path.iterdir() if not p.name.startswith(".")]
            if set(strangers) - {MANIFEST}:
                raise UserError(f"{self.path} holds other files: name an empty folder.")
            self._append([{"format": form}])
            return
        if entries[0].get("format") != form:
            raise UserError(
                f"{self.path} holds letters as {entries[0].get('format')}: name another folder."
            )

    def _enter(self, name: str, message_ids: list[str]) -> None:
        for message_id in self.files.get(name, ()):
            self.file_of.pop(message_id, None)
        self.files[name] = message_ids
        for message_id in message_ids:
            self.file_of[message_id] = name

    def _recover(self) -> None:
        pending = self.path / PENDING
        pending.mkdir(exist_ok=True)
        for path in sorted(pending.iterdir()):
            final = self.path / path.name.removesuffix(AGAIN)
            # What was to replace a file that is gone by now comes too late.
            is_late = path.name.endswith(AGAIN) and not final.exists()
            if self.files.get(final.name) and not is_late:
                os.replace(path, final)
            else:
                path.unlink()

    def _append(self, entries: list[dict]) -> None:
        with (self.path / MANIFEST).open("ab") as file:
            file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
            file.flush()
            os.fsync(file.fileno())

    def knows(self, message_id: str) -> bool:
        """Whether the letter was handed over here before, taken by now or not."""
        return message_id in self.file_of

    def waiting(self, name: str) -> bool:
        """Whether a file is still there to be taken."""
        return (self.path / name).exists()

    def add(self, files: dict[str, tuple[list[str], bytes]]) -> None:
        """Hand over files: name -> (message ids, content); all are entered in one step."""
        pending = self.path / PENDING
        # A disk that is asked for several files at once writes them in one go.
        with ThreadPoolExecutor(WRITERS) as pool:
            contents = [content for _, content in files.values()]
            list(pool.map(_write, [pending / name for name in files], contents))
        sync(pending)
        self._append([_entry(name, ids, content) for name, (ids, content) in files.items()])
        for name, (ids, _) in files.items():
            self._enter(name, ids)
            os.replace(pending / name, self.path / name)
        sync(self.path)

    def _replace(self, name: str, message_ids: list[str], content: bytes) -> None:
        """Write a file anew that is still there."""
        written = self.path / PENDING / f"{name}{AGAIN}"
        _write(written, content)
        sync(written.parent)
        self._append([_entry(name, message_ids, content)])
        self._enter(name, message_ids)
        if self.waiting(name):
            os.replace(written, self.path / name)
        else:
            written.unlink()  # a sender took it meanwhile
        sync(self.path)

    def withdraw(self, name: str, message_ids: list[str], rest: tuple[list[str], bytes]) -> None:
        """Take letters back out of a file that is still there; `rest` is what stays in it.

        Letters that are taken back stay known: what was revoked once is not handed over again.
        """
        if not self.waiting(name):
            return
        if rest[0]:
            self._replace(name, *rest)
        else:
            (self.path / name).unlink(missing_ok=True)
            self._append([{"file": name, "letters": []}])
            self._enter(name, [])
        aside = f"withdrawn/{name}"  # a name that no file has
        message_ids = [*self.files.get(aside, []), *message_ids]
        self._append([{"file": aside, "letters": message_ids}])
        self._enter(aside, message_ids)


@contextmanager
def opened(path: Path, form: str) -> Iterator[Folder]:
    """The folder, made where it is missing (readable by its owner only), for one run at a time."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (path / ".lock").open("w")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another program is handing letters over to {path}: wait until it is done."
            raise UserError(message, EXIT_LOCKED) from error
        yield Folder(path, form)
