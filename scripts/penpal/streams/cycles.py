"""Running triggers as soon as a batch has landed: one run at a time, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from penpal.settings import EXIT_LOCKED, ROOT, UserError
from penpal.streams.metrics import say

AFTER_LOCKED = 10.0  # seconds until a run that met another is tried again …
AFTER_FAILURE = 60.0  # … and after one that failed
SECONDS_TO_STOP = 30
PROGRAM = (sys.executable, str(ROOT / "scripts" / "run_pipeline.py"), "triggers")


class Cycles:
    """Starts the command after each batch that landed; what lands meanwhile starts the next."""

    def __init__(self, log: Path, arguments: Sequence[str], program: Sequence[str] = PROGRAM):
        self.log, self.command = log, [*program, *arguments]
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False
        self.not_before = self.began = 0.0

    def landed(self) -> None:
        """There is something new in the lake."""
        self.wanted = True

    def step(self) -> None:
        """Look after the run that is under way, and start one where it is time; never waits."""
        if self.process and (code := self.process.poll()) is not None:
            self._ended(code)
        if self.wanted and not self.process and time.monotonic() >= self.not_before:
            self._start()

    def _start(self) -> None:
        self.wanted, self.began = False, time.monotonic()
        try:
            with self.log.open("wb") as output:
                self.process = subprocess.Popen(
                    self.command,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
        except OSError as error:
            raise UserError(f"{self.command[0]} cannot be started: {error.strerror}.") from error

    def _ended(self, code: int) -> None:
        seconds = time.monotonic() - self.began
        self.process = None
        if code == EXIT_LOCKED:
            self.wanted, self.not_before = True, time.monotonic() + AFTER_LOCKED
            say("triggers: another run holds the lock; tried again soon")
        elif code:
            self.wanted, self.not_before = True, time.monotonic() + AFTER_FAILURE
            say(f"WARNING triggers failed (exit code {code}), see {self.log}; tried again soon")
        else:
            say(f"triggers seconds={seconds:.1f}")

    def stop(self) -> None:
        """End the run that is under way, as the pipeline ends when it is told to."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
