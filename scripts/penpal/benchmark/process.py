"""Running one side as a process of its own, with its time and its peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

from penpal.settings import ROOT, UserError


@dataclass(frozen=True)
class Finished:
    """What a process printed, its wall and processor seconds, the most memory it held (bytes)."""

    output: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_process(title: str, command: list[str], environment: dict[str, str]) -> Finished:
    """Runs a command from the project root; a failure is a UserError with its last lines.

    Peak memory is the kernel's maximum resident size of the process (wait4).
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    if process.returncode:
        told = "\n".join((texts[0] + texts[1]).strip().splitlines()[-15:])
        raise UserError(f"{title} failed (exit code {process.returncode}):\n{told}")
    return Finished(texts[0], seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
