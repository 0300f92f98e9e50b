"""dbt, started once: each line of standard input is a run, in a fork of this process.

dbt takes longer to start than most tests' few models take to run. A line is JSON: arguments,
folder, environment, and the file for the output; what is printed for it is the exit code.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from dbt.cli.main import cli, dbtRunner

PROFILE = "warm: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}"


def warm_up() -> None:
    """Imports the adapter and builds what dbt builds at its first use; connects to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dbt_project.yml").write_text("{name: warm, version: 1.0.0, profile: warm}")
        Path(folder, "profiles.yml").write_text(PROFILE)
        options = [f"--{kind}-dir={folder}" for kind in ("project", "profiles")]
        options += [f"--target-path={folder}", f"--log-path={folder}", "--quiet"]
        done = dbtRunner().invoke(["parse", *options])
        if not done.success:
            raise RuntimeError("dbt does not start") from done.exception
    gc.freeze()  # or each fork would copy all objects, only to count their references


def run(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> NoReturn:
    """Ends the process with dbt's exit code."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    try:
        cli(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    # As Python ends, but that it would take all objects apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(**json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    warm_up()
    serve()
    gc.unfreeze()
