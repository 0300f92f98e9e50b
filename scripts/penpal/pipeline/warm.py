"""A process that is ready: it has imported, or parsed, what several runs need, and forks for each.

    python -m penpal.pipeline.warm dbt [OPTION …]      parses the project with these options of dbt
    python -m penpal.pipeline.warm checks              imports Great Expectations

Each line of standard input is a run, as JSON: its arguments, and the file that its output is added
to; perhaps its folder and its environment. What is printed for it is its exit code; all else that
the process itself has to say goes to standard error. It ends with its input.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import NoReturn

PR_SET_PDEATHSIG = 1

Run = Callable[[list[str]], int | str | None]  # from arguments to an exit code


def die_with_parent() -> None:
    """On Linux, have the kernel kill this process when its parent is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _run(
    run: Run,
    arguments: list[str],
    output: str,
    folder: str | None = None,
    environment: dict[str, str] | None = None,
) -> NoReturn:
    """Ends the process with the run's exit code."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder or ".")
    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 1)
    os.dup2(1, 2)
    try:
        code = run(arguments)
    except SystemExit as ended:
        code = ended.code
    # As Python ends, but that it would take all objects apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def serve(prepare: Callable[[], Run]) -> None:
    """Until standard input ends. A run that is to be stopped gets the signal (SIGTERM) itself."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    run = prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process: the run is told
    gc.collect()
    gc.freeze()  # or each fork would copy all objects, only to count their references
    for line in sys.stdin:
        # A signal that comes between these lines waits until it is known whose it is.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            _run(run, **json.loads(line))
        signal.signal(signal.SIGTERM, lambda *_, child=child: os.kill(child, signal.SIGTERM))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _, status = os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        print(os.waitstatus_to_exitcode(status), file=replies)
    gc.unfreeze()


def _without_clock(options: list[str]) -> list[str]:
    if "--vars" not in options:
        return options
    place = options.index("--vars") + 1
    given = {name: value for name, value in json.loads(options[place]).items() if name != "as_of"}
    return [*options[:place], json.dumps(given), *options[place + 1 :]]


def dbt(options: list[str]) -> Run:
    """dbt, with the project in the working folder parsed; where that fails, dbt has said why.

    The clock is for runs only. Were it another var of parsing, each run would parse all anew,
    which takes longer than most of its steps.
    """
    dbt_runner = importlib.import_module("dbt.cli.main").dbtRunner
    parsed = dbt_runner().invoke(["--quiet", "parse", *_without_clock(options)])
    if not parsed.success:
        sys.exit(2)

    def run(arguments: list[str]) -> int:
        done = dbt_runner(manifest=parsed.result).invoke([*arguments, *options])
        return 0 if done.success else 2 if done.exception else 1

    return run


def checks(options: list[str]) -> Run:
    """A program that checks data: its file and its arguments."""
    for module in ("marts", "outcome", "raw"):
        importlib.import_module(f"penpal.checks.{module}")

    def run(arguments: list[str]) -> None:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")

    return run


if __name__ == "__main__":
    serve(partial({"dbt": dbt, "checks": checks}[sys.argv[1]], sys.argv[2:]))
