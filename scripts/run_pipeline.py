"""Run the whole way: raw data, checks, models, letters, publication; then one screen of facts.

A run holds a lock, so that one run at a time writes to the warehouse; every step sees the same
clock. Logs and the run record go to <warehouse>.runs/<run>/, a line an event for machines to
<warehouse>.runs/runs.jsonl. A run that was killed anywhere is simply started again, with --resume
from the step that did not end. How to schedule, watch and mend it: docs/operating.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from penpal import settings
from penpal.pipeline import dry_run, preflight, resume
from penpal.pipeline.journal import Journal, now
from penpal.pipeline.lock import RunInProgress, hold_lock
from penpal.pipeline.modes import MODES
from penpal.pipeline.progress import PREPARE, Run
from penpal.pipeline.records import forget_old, mark_killed
from penpal.pipeline.resume import Resumed
from penpal.pipeline.run import dbt_vars, git_commit, refuse_empty_folders, vars_option
from penpal.pipeline.steps import Step, Steps
from penpal.pipeline.summary import collect, read_json, screen
from penpal.project_vars import parse_vars, var
from penpal.settings import Settings, UserError

KEEP_DAYS = 30


@dataclass(frozen=True)
class Order:
    """What was asked for: the options, and the vars with the run's clock."""

    options: argparse.Namespace
    paths: Settings
    given: dict[str, Any]

    @property
    def has_clock(self) -> bool:
        """Whether the clock was chosen, and is not just now."""
        said = self.options.as_of or parse_vars(self.options.vars).get("as_of")
        return bool(said) or var(self.given, "raw_data") == "sample"

    def resumed(self, work: dict[str, Any]) -> Resumed:
        if not self.options.resume:
            return Resumed(None, "anew")
        facts = {"mode": self.options.mode, "replay": self.options.replay, "inputs": work}
        found = resume.decide(self.paths, facts, self.given, self.has_clock)
        return found if found.record else replace(found, why=f"anew: {found.why}")

    def with_clock_of(self, resumed: Resumed) -> Order:
        if not resumed.record or not resumed.record.get("as_of_given"):
            return self
        return replace(self, given=self.given | {"as_of": resumed.record["as_of_given"]})

    def steps(self, folder: Path, done: frozenset[str] = frozenset()) -> list[Step]:
        """What is to be run; `done` has been by the run that this one goes on with."""
        options = self.options
        steps = MODES[options.mode].steps(folder, vars_option(self.given), options.accept_shares)
        names = [step.name for step in steps]
        if options.until and options.until not in names:
            raise UserError(f"--until {options.until}: the steps are {', '.join(names)}.")
        last = names.index(options.until) if options.until else len(steps)
        return [
            step
            for step in steps[: last + 1]
            if step.name not in done and not (options.replay and step.when_held)
        ]

    def facts(self, resumed: Resumed, work: dict[str, Any]) -> dict[str, Any]:
        """What the record says from the start."""
        earlier = resumed.record["run"] if resumed.record else None
        return {
            "mode": self.options.mode,
            "as_of": preflight.given_clock(self.given),
            "as_of_given": self.given.get("as_of"),
            "raw_data": var(self.given, "raw_data"),
            "vars": self.given,
            "commit": git_commit(),
            "inputs": work,
            "replay": self.options.replay,
            **({"resumes": earlier} if earlier else {}),
        }

    def check(self, look_only: bool = False) -> None:
        preflight.check(self.paths, self.given, self.options.replay, look_only)
        if var(self.given, "raw_data") == "lake":
            refuse_empty_folders(self.paths.lake, self.given)


def tell(order: Order) -> int:
    """--dry-run."""
    resumed = order.resumed(resume.inputs(order.paths, order.given))
    order = order.with_clock_of(resumed)
    steps = order.steps(order.paths.runs / "<run>", resumed.done)
    text, code = dry_run.told(
        order.paths,
        order.given,
        steps,
        resumed.why,
        replay=order.options.replay,
        check=partial(order.check, look_only=True),
    )
    print(text)
    return code


def new_name() -> str:
    """Names of runs sort by their time."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + str(os.getpid())


def run_mode(order: Order) -> int:
    """Run, or say who runs; what became of it is told to the hook when the lock is free again."""
    options, paths = order.options, order.paths
    name = new_name()
    journal = Journal(paths.runs_log, echo=options.log_format == "json")
    wait = 60 * options.wait_minutes if options.if_running == "wait" else 0
    logs, runs = paths.runs / name, []
    try:
        with hold_lock(paths.lock_file, name, now(), logs, wait) as lock:
            mark_killed(paths.runs, journal)
            code = run_locked(order, name, journal, lock, runs.append)
    except RunInProgress as error:
        if options.if_running != "skip":
            raise
        journal.write("skipped", name, mode=options.mode, reasons=[str(error)])
        print(f"skipped: {error}", file=sys.stderr)
        return settings.EXIT_DONE
    finally:
        for run in runs:
            run.call_hook()
    return code


def run_locked(
    order: Order, name: str, journal: Journal, lock: int, known: Callable[[Run], None]
) -> int:
    """The run itself; `known` gets it as soon as it has a record."""
    paths = order.paths
    work = resume.inputs(paths, order.given)
    resumed = order.resumed(work)
    order = order.with_clock_of(resumed)
    order.steps(paths.runs / name)  # an unknown --until is said before there is a run
    run = Run(paths, name, order.facts(resumed, work), journal)
    known(run)
    try:
        if order.options.resume:
            run.say(f"Begins {resumed.why}" if not resumed.record else resumed.why.capitalize())
        run.prepare(order.check)
        if resumed.record:
            resume.take_over(paths.runs, resumed.record, run.folder)
            run.take_from(resumed.record, resumed.done)
        steps = order.steps(run.folder, resumed.done - {PREPARE.name})
        with Steps(run.folder, lock) as processes:
            processes.make_ready(steps, {"dbt": vars_option(order.given)})
            for step in steps:
                run.step(written_as(step, run), processes)
        return finish(order, run)
    except KeyboardInterrupt:
        run.end("interrupted", 128 + signal.SIGINT)
        raise


def written_as(step: Step, run: Run) -> Step:
    """The step as it is to be run: letters are not written where the gate has closed."""
    is_held = step.when_held and run.record.get("letters_held")
    return replace(step, arguments=step.when_held) if is_held else step


def finish(order: Order, run: Run) -> int:
    """Write down what came of it, and show it."""
    paths, until = order.paths, order.options.until
    if until:
        run.end("stopped", settings.EXIT_DONE)
        run.say(f"Stopped after '{until}', as asked; --resume goes on from there.")
        return settings.EXIT_DONE
    forget_old(paths.runs, run.journal, keep_days())
    run.record["result"] = collect(paths, read_json(run.letters))
    held = run.record.get("letters_held")
    code = settings.EXIT_CHECK_FAILED if held else settings.EXIT_DONE
    run.end("held" if held else "done", code)
    run.say(f"\n{screen(run.record, paths)}")
    if held:
        told = "\n".join(f"  {sentence.removeprefix('ERROR').strip()}" for sentence in held)
        message = "Data is too old to write letters by it, so none was written; all else is done:"
        raise UserError(f"{message}\n{told}", code)
    return code


def keep_days() -> int:
    """For how many days folders of runs are kept."""
    given = os.environ.get("PENPAL_KEEP_RUNS_DAYS") or str(KEEP_DAYS)
    if not given.isdecimal() or int(given) < 1:
        raise UserError(f"PENPAL_KEEP_RUNS_DAYS is {given}: give a number of days, 1 or more.")
    return int(given)


def _stop(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 done, 1 the data failed a check (or was too old to write letters by),"
        " 2 could not run, 3 another run holds the lock, or another program the warehouse.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    for name, mode in MODES.items():
        add_options(modes.add_parser(name, help=mode.about))
    return parser.parse_args(arguments)


def add_options(mode: argparse.ArgumentParser) -> None:
    mode.add_argument("--vars", metavar="YAML", help="dbt vars, as for dbt: '{raw_data: lake}'")
    mode.add_argument("--raw-data", choices=["sample", "lake", "warehouse"], help="var raw_data")
    mode.add_argument("--sources", metavar="LIST", help="var sources: crm,web,shop,email")
    mode.add_argument(
        "--strict", action="store_true", help="stop at any file of the lake that cannot be read"
    )
    mode.add_argument("--as-of", metavar="TIME", help="var as_of, UTC: '2026-06-15 12:00:00'")
    mode.add_argument(
        "--accept-shares",
        action="store_true",
        help="go on where more rows are rejected than in the last good run, and measure by this",
    )
    mode.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that did not end, if what it works on is unchanged; else begin anew",
    )
    mode.add_argument("--until", metavar="STEP", help="stop after this step, before the next")
    mode.add_argument(
        "--replay",
        action="store_true",
        help="let the clock be earlier than the last run's; no letters are written then",
    )
    mode.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would run, on which files, and which letters may go; do nothing",
    )
    mode.add_argument(
        "--if-running",
        choices=["fail", "skip", "wait"],
        default="fail",
        help="where another run holds the lock: exit 3 (default), skip this one (exit 0), or wait",
    )
    mode.add_argument(
        "--wait-minutes",
        type=float,
        default=60,
        metavar="N",
        help="how long --if-running wait waits before it exits with 3 (default 60)",
    )
    mode.add_argument(
        "--log-format",
        choices=["text", "json"],
        default="text",
        help="what is printed: lines for people, or the events as lines of JSON",
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    order = Order(options, settings.load(), dbt_vars(options))
    return tell(order) if options.dry_run else run_mode(order)


if __name__ == "__main__":
    settings.run(main)
