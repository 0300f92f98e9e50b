"""Run the whole way: raw data, checks, models, letters, publication; then one screen of facts.

`full` is a night, `triggers` what happens between nights. A run holds a lock, so that one run at a
time writes to the warehouse; every step sees the same clock. Logs and the run record go to
<warehouse>.runs/<run>/. A run that was killed anywhere is simply started again.
"""

from __future__ import annotations

import argparse
import os
import signal
from datetime import UTC, datetime
from typing import Any, NoReturn

from penpal import settings
from penpal.pipeline.lock import hold_lock
from penpal.pipeline.run import (
    Run,
    dbt_vars,
    full_steps,
    mark_killed,
    now,
    refuse_empty_folders,
    vars_option,
)
from penpal.pipeline.steps import Steps
from penpal.pipeline.summary import collect, read_json, sample_clock, screen
from penpal.pipeline.triggers import triggers_steps
from penpal.project_vars import var

MODES = {
    "full": ("every step, over all data", full_steps),
    "triggers": (
        "between nights: stage what is new, decide and write the letters of triggers",
        triggers_steps,
    ),
}


def run_mode(options: argparse.Namespace) -> int:
    paths = settings.load()
    given = dbt_vars(options)
    if var(given, "raw_data") == "lake":
        refuse_empty_folders(paths.lake, given)
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + str(os.getpid())
    with hold_lock(paths.lock_file, name, now()) as lock:
        mark_killed(paths)
        run = Run(paths, name, given)
        try:
            passed = vars_option(given)
            _, steps_of = MODES[options.mode]
            steps = steps_of(run.folder, passed, options.accept_shares)
            with Steps(run.folder, lock) as processes:
                processes.make_ready(steps, {"dbt": passed})
                for step in steps:
                    run.step(step, processes)
            run.record["as_of"] = run.record["as_of"] or sample_clock(paths)
            run.record["result"] = collect(paths, read_json(run.letters))
            run.end("done", settings.EXIT_DONE)
        except KeyboardInterrupt:
            run.end("interrupted", 130)
            raise
    print(f"\n{screen(run.record, paths)}")
    return settings.EXIT_DONE


def _stop(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 done, 1 the data failed a check, 2 could not run,"
        " 3 another run holds the lock.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    for name, (about, _) in MODES.items():
        add_options(modes.add_parser(name, help=about))
    return parser.parse_args(arguments)


def add_options(mode: argparse.ArgumentParser) -> None:
    mode.add_argument("--vars", metavar="YAML", help="dbt vars, as for dbt: '{raw_data: lake}'")
    mode.add_argument("--raw-data", choices=["sample", "lake", "warehouse"], help="var raw_data")
    mode.add_argument("--sources", metavar="LIST", help="var sources: crm,web,shop,email")
    mode.add_argument("--as-of", metavar="TIME", help="var as_of, UTC: '2026-06-15 12:00:00'")
    mode.add_argument(
        "--accept-shares",
        action="store_true",
        help="go on where more rows are rejected than in the last good run, and measure by this",
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    return run_mode(options)


if __name__ == "__main__":
    settings.run(main)
