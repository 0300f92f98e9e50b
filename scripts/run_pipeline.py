"""Run the whole way: raw data, checks, models, letters, publication; then one screen of facts.

`full` holds a lock, so that one run at a time writes to the warehouse; every step sees the same
clock. Logs and the run record go to <warehouse>.runs/<run>/. A run that was killed anywhere is
simply started again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import settings
from files import write_whole
from pipeline.failures import dbt_counts, explain, run_results, shorten
from pipeline.lock import hold_lock
from pipeline.steps import Step, run_step
from pipeline.summary import collect, letters_line, read_json, sample_clock, screen
from project_vars import listed_sources, parse_vars, var
from settings import ROOT, Settings, UserError

# What the check of the raw data needs; "cautious" leaves tests that also need other models for
# the build, in which they then run.
RAW_NODES = ("resource_type:seed", "path:models/staging/*/base_*")
CAUTIOUS = ("--indirect-selection", "cautious")
# Unit tests prove the code, once, in `make test`; the data of a run cannot change their result.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def dbt_vars(options: argparse.Namespace) -> dict[str, Any]:
    """The dbt vars of a run, the clock included unless the sample's own is used."""
    given = parse_vars(options.vars)
    if options.raw_data:
        given["raw_data"] = options.raw_data
    if options.sources:
        given["sources"] = [source.strip() for source in options.sources.split(",")]
    if options.as_of:
        given["as_of"] = options.as_of
    if given.get("as_of"):
        given["as_of"] = str(given["as_of"])
    elif var(given, "raw_data") != "sample":
        given["as_of"] = _now()
    return given


def refuse_empty_folders(lake: Path, given: dict[str, Any]) -> None:
    """An export that brought no file is a mistake that dbt takes for an absent table."""
    for source in listed_sources(given):
        for folder in sorted(path for path in (lake / source).glob("*") if path.is_dir()):
            files = (path for path in folder.rglob("*") if path.is_file())
            if all(path.name.startswith((".", "_")) for path in files):
                raise UserError(f"{folder} is empty: put the export there, or remove the folder.")


def _dbt() -> str:
    beside = Path(sys.executable).with_name("dbt")
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if not found:
        raise UserError("dbt is not installed: run `make setup`.")
    return found


def full_steps(given: dict[str, Any], letters: Path) -> list[Step]:
    """The steps of a full run, in order."""
    dbt_vars = ("--vars", json.dumps(given, default=str)) if given else ()
    build = (_dbt(), "build", *dbt_vars, *CAUTIOUS, *NO_UNIT_TESTS)

    def script(name: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, str(ROOT / "scripts" / name), *arguments)

    return [
        Step("load", "Load raw data", (*build, "--select", *RAW_NODES), is_dbt=True),
        Step("check_raw", "Check raw data", script("check_data.py", "raw", *dbt_vars)),
        Step("build", "Build models", (*build, "--exclude", *RAW_NODES), is_dbt=True),
        Step("check_marts", "Check marts", script("check_data.py", "marts")),
        Step("letters", "Render letters", script("render_emails.py", "--json", str(letters))),
        Step("publish", "Publish marts", script("publish_marts.py")),
    ]


def git_commit() -> str | None:
    """The commit that runs, with '+' when files differ from it; None outside a repository."""
    git = ["git", "-C", str(ROOT)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")


class Run:
    """One run and its record, which is on the disk, whole, after every step."""

    def __init__(self, paths: Settings, run: str, given: dict[str, Any]):
        self.paths = paths
        self.folder = paths.runs / run
        self.letters = self.folder / "letters.json"
        self.started = time.monotonic()
        self.record: dict[str, Any] = {
            "run": run,
            "status": "running",
            "started_at": _now(),
            "as_of": given.get("as_of"),
            "raw_data": var(given, "raw_data"),
            "vars": given,
            "commit": git_commit(),
            "steps": [],
        }
        self.folder.mkdir(parents=True)
        self.save()

    def save(self) -> None:
        self.record["seconds"] = round(time.monotonic() - self.started, 1)
        write_whole(self.folder / "run.json", json.dumps(self.record, indent=2, default=str))

    def end(self, status: str, code: int) -> None:
        self.record |= {"status": status, "exit_code": code, "ended_at": _now()}
        self.save()

    def step(self, step: Step, lock: int) -> None:
        """Run one step; a failure ends the run with the reason."""
        log = self.folder / f"{step.name}.log"
        told = {"name": step.name, "started_at": _now(), "log": log.name}
        if sys.stdout.isatty():
            print(f"{step.title:<16} …", end="\r", flush=True)
        if step.is_dbt:
            # What an earlier run left there would be taken for this one's results.
            run_results().unlink(missing_ok=True)
        code, seconds = run_step(step, log, lock)
        told |= {"ended_at": _now(), "seconds": round(seconds, 1), "exit_code": code}
        self.record["steps"].append(told)
        if code:
            self.fail(step, code, log)
        did = dbt_counts() if step.is_dbt else self.last_line(step, log)
        print(f"{step.title:<16}{seconds:>6.1f} s  {did}", flush=True)
        self.save()

    def last_line(self, step: Step, log: Path) -> str:
        if step.name == "letters":
            return letters_line(read_json(self.letters))
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def fail(self, step: Step, code: int, log: Path) -> NoReturn:
        text = log.read_text(encoding="utf-8", errors="replace")
        code, sentences = explain(step.is_dbt, text, code)
        self.record["failure"] = {"step": step.name, "reasons": sentences}
        self.end("failed", code)
        reasons = "\n".join(f"  {sentence}" for sentence in shorten(sentences))
        raise UserError(f"'{step.title}' failed:\n{reasons}\n  Log: {log}", code)


def mark_killed(paths: Settings) -> None:
    """Say in the records of runs that were killed that they were (the lock is ours: none lives)."""
    for file in paths.runs.glob("*/run.json"):
        text = file.read_text(encoding="utf-8")
        if '"status": "running"' in text:
            write_whole(file, json.dumps(json.loads(text) | {"status": "killed"}, indent=2))


def full(options: argparse.Namespace) -> int:
    paths = settings.load()
    given = dbt_vars(options)
    if var(given, "raw_data") == "lake":
        refuse_empty_folders(paths.lake, given)
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + str(os.getpid())
    with hold_lock(paths.lock_file, name, _now()) as lock:
        mark_killed(paths)
        run = Run(paths, name, given)
        try:
            for step in full_steps(given, run.letters):
                run.step(step, lock)
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
    mode = modes.add_parser("full", help="every step, over all data")
    mode.add_argument("--vars", metavar="YAML", help="dbt vars, as for dbt: '{raw_data: lake}'")
    mode.add_argument("--raw-data", choices=["sample", "lake", "warehouse"], help="var raw_data")
    mode.add_argument("--sources", metavar="LIST", help="var sources: crm,web,shop,email")
    mode.add_argument("--as-of", metavar="TIME", help="var as_of, UTC: '2026-06-15 12:00:00'")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    return full(options)


if __name__ == "__main__":
    settings.run(main)
