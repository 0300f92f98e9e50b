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


def _acquire(file: IO[str], path: Path) -> None:
    give_up = time.monotonic() + SECONDS_FOR_ORPHANS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _holder(file)
            if _is_alive(holder) or time.monotonic() > give_up:
                raise UserError(
                    f"Another run ({holder.get('run', 'unknown')}, process"
                    f" {holder.get('process', '?')} on {holder.get('host', '?')}, since"
                    f" {holder.get('since', '?')} UTC) holds {path}: wait until it is done.",
                    EXIT_LOCKED,
                ) from None
        time.sleep(0.1)


@contextlib.contextmanager
def hold_lock(path: Path, run: str, since: str) -> Iterator[int]:
    """Hold the lock; yields its file descriptor.

    Steps inherit the descriptor, so that the lock is held as long as any of them lives: a second
    run never meets an orphan that still writes to the warehouse.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file, path)
        file.seek(0)
        file.truncate()
        me = {"run": run, "process": os.getpid(), "host": socket.gethostname(), "since": since}
        file.write(json.dumps(me))
        file.flush()
        yield file.fileno()
