"""Running one step of the pipeline as a process of its own, with its output in a log."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from settings import ROOT

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    command: tuple[str, ...]
    is_dbt: bool = False


def _die_with_parent() -> None:
    """On Linux, have the kernel kill this process when the pipeline is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_step(step: Step, log: Path, lock: int) -> tuple[int, float]:
    """Run a step from the project root; returns exit code and seconds.

    An interrupted step is stopped, and waited for, before the interruption goes on.
    """
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            step.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "DBT_USE_COLORS": "false"},
            pass_fds=(lock,),
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (the pipeline has one thread)
        )
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise
    return code, time.monotonic() - started
