"""One run at a time: a lock that the operating system releases when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from penpal.settings import EXIT_LOCKED, UserError

SECONDS_FOR_ORPHANS = 10  # a killed run's last step needs a moment to die, too


class RunInProgress(UserError):
    """Another run holds the lock."""

    def __init__(self, message: str):
        super().__init__(message, EXIT_LOCKED)


def _is_alive(holder: dict[str, Any]) -> bool:
    if holder.get("host") != socket.gethostname() or not holder.get("process"):
        return True  # cannot tell
    try:
        os.kill(holder["process"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _holder(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        holder = json.loads(file.read())
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _in_progress(holder: dict[str, Any], path: Path) -> RunInProgress:
    look = f" Its logs: {holder['logs']}" if holder.get("logs") else ""
    return RunInProgress(
        f"Another run ({holder.get('run', 'unknown')}, process {holder.get('process', '?')} on"
        f" {holder.get('host', '?')}, since {holder.get('since', '?')} UTC) holds {path}: wait"
        f" until it is done.{look}"
    )


def _acquire(file: IO[str], path: Path, wait: float) -> None:
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _holder(file)
            patience = wait if _is_alive(holder) else max(wait, SECONDS_FOR_ORPHANS)
            if time.monotonic() - began >= patience:
                raise _in_progress(holder, path) from None
        time.sleep(0.1)


def holder_of(path: Path) -> str | None:
    """Who holds the lock, in a sentence; None where nobody does. Nothing is written."""
    try:
        with path.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(_in_progress(_holder(file), path))
    except OSError:
        return None
    return None


@contextlib.contextmanager
def hold_lock(
    path: Path, run: str, since: str, logs: Path | None = None, wait: float = 0
) -> Iterator[int]:
    """Hold the lock; yields its file descriptor. Waits for so many seconds, then RunInProgress.

    Steps inherit the descriptor, so that the lock is held as long as any of them lives: a second
    run never meets an orphan that still writes to the warehouse. `logs` is told to whoever waits.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}. A run writes beside its warehouse"
            " (PENPAL_WAREHOUSE): name a folder that it may write to."
        ) from error
    with opened as file:
        _acquire(file, path, wait)
        me: dict[str, Any] = {"run": run, "process": os.getpid(), "host": socket.gethostname()}
        me |= {"since": since, "logs": str(logs) if logs else None}
        try:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(me))
            file.flush()
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}.") from error
        yield file.fileno()
