"""Commands of the user's that are told how a run ended; nothing that they do changes the run.

PENPAL_ON_SUCCESS and PENPAL_ON_FAILURE are commands for the shell. They get the run record as JSON
on standard input, and PENPAL_RUN, PENPAL_RUN_STATUS and PENPAL_RUN_RECORD (its file) in the
environment.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

SECONDS = 60
GOOD = ("done", "stopped")


def call_hook(record: dict[str, Any], file: Path) -> dict[str, Any] | None:
    """Run the command for such an end; returns what became of it, None where there is none."""
    name = "PENPAL_ON_SUCCESS" if record["status"] in GOOD else "PENPAL_ON_FAILURE"
    command = os.environ.get(name)
    if not command:
        return None
    told = {"PENPAL_RUN": record["run"], "PENPAL_RUN_STATUS": record["status"]}
    try:
        done = subprocess.run(
            command,
            shell=True,
            check=False,
            input=json.dumps(record, default=str),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            env=os.environ | told | {"PENPAL_RUN_RECORD": str(file)},
        )
    except subprocess.TimeoutExpired:
        return {"hook": name, "exit_code": None, "says": f"took more than {SECONDS} s"}
    except OSError as error:
        return {"hook": name, "exit_code": None, "says": str(error)}
    says = (done.stdout + done.stderr).strip().splitlines()
    return {"hook": name, "exit_code": done.returncode, "says": says[-1] if says else ""}
