"""Running the steps of the pipeline, each in a process of its own, with its output in a log."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from penpal.pipeline.warm import die_with_parent
from penpal.settings import EXIT_CANNOT_RUN, ROOT

SECONDS_TO_STOP = 10


@dataclass(frozen=True)
class Step:
    """`warm` names the process that is ready for the step (see warm.py): dbt, checks or none.

    Exit code 1 of a gate holds letters back, and the run goes on, to end with 1. A step that writes
    letters says by `when_held` which arguments it then has; a replay leaves it out.
    """

    name: str
    title: str
    arguments: tuple[str, ...]
    warm: str | None = None
    is_gate: bool = False
    when_held: tuple[str, ...] = ()

    @property
    def is_dbt(self) -> bool:
        return self.warm == "dbt"


def _start(command: list[str], log: Path, lock: int, **streams: int) -> subprocess.Popen[str]:
    """Start a process that adds to the log, holds the lock and dies with the pipeline."""
    path = os.pathsep.join(filter(None, (str(ROOT / "scripts"), os.environ.get("PYTHONPATH"))))
    environment = {"PYTHONUNBUFFERED": "1", "DBT_USE_COLORS": "false", "PYTHONPATH": path}
    with log.open("a", encoding="utf-8") as output:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            stdin=streams.get("stdin", subprocess.DEVNULL),
            stdout=streams.get("stdout", output),
            stderr=output,
            text=True,
            env=os.environ | environment,
            pass_fds=(lock,),
            preexec_fn=die_with_parent,  # noqa: PLW1509 (the pipeline has one thread)
        )


def _ended(process: subprocess.Popen[str], request: str | None = None) -> int:
    """Wait for a process, or for its answer to a request; returns the exit code.

    An interrupted step is stopped, and waited for, before the interruption goes on.
    """
    try:
        if request is not None:
            with contextlib.suppress(BrokenPipeError):
                print(request, file=process.stdin, flush=True)
            if answer := process.stdout.readline():
                return int(answer)
            return process.wait() or EXIT_CANNOT_RUN  # it ended without the run's exit code
        return process.wait()
    except BaseException:
        process.terminate()
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


class Steps:
    """Runs steps one after another, from the project root; a context that ends its processes.

    What dbt and the checks need is made ready at once, in two processes: parsing the project and
    importing Great Expectations take longer than most steps, and each is done once.
    """

    def __init__(self, folder: Path, lock: int):
        self.folder, self.lock = folder, lock
        self.warm: dict[str, subprocess.Popen[str]] = {}

    def make_ready(self, steps: list[Step], options: dict[str, list[str]]) -> None:
        """Start what the steps need; `options` are those of each such process."""
        for step in steps:
            if step.warm and step.warm not in self.warm:
                # What goes wrong before the first run stands in the log of that run.
                self.warm[step.warm] = _start(
                    ["-m", "penpal.pipeline.warm", step.warm, *options.get(step.warm, [])],
                    self.log(step),
                    self.lock,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )

    def log(self, step: Step) -> Path:
        return self.folder / f"{step.name}.log"

    def run(self, step: Step) -> int:
        """Run a step; returns its exit code."""
        if step.warm:
            job = json.dumps({"arguments": step.arguments, "output": str(self.log(step))})
            return _ended(self.warm[step.warm], job)
        return _ended(_start(list(step.arguments), self.log(step), self.lock))

    def __enter__(self) -> Steps:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.warm.values():
            process.kill()
            with contextlib.suppress(BrokenPipeError), process:
                pass  # leaving it closes the pipes and waits
