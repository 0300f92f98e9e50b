"""A full run: its vars, its steps, and its record."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from penpal.files import write_whole
from penpal.lake.files import lake_files
from penpal.pipeline.failures import dbt_counts, explain, run_results, shorten
from penpal.pipeline.steps import Step, Steps
from penpal.pipeline.summary import letters_line, read_json
from penpal.project_vars import listed_sources, parse_vars, var
from penpal.settings import ROOT, Settings, UserError
from penpal.terminal import shown

# What the check of the raw data needs: the rows, and what staging made of them; "cautious" leaves
# tests that also need other models for the build, in which they then run.
RAW_NODES = (
    "resource_type:seed",
    "path:models/staging/*/base_*",
    "path:models/staging/*/checked_*",
)
CAUTIOUS = ("--indirect-selection", "cautious")
# Unit tests prove the code, once, in `make test`; the data of a run cannot change their result.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")

LETTERS = "letters.json"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def dbt_vars(options: argparse.Namespace) -> dict[str, Any]:
    """The dbt vars of a run, the clock included unless the sample's own is used."""
    given = parse_vars(options.vars)
    if options.raw_data:
        given["raw_data"] = options.raw_data
    if options.sources:
        given["sources"] = [source.strip() for source in options.sources.split(",")]
    if getattr(options, "strict", False):
        given["lake_strict"] = True
    if options.as_of:
        given["as_of"] = options.as_of
    if given.get("as_of"):
        given["as_of"] = str(given["as_of"])
    elif var(given, "raw_data") != "sample":
        given["as_of"] = now()
    return given


def vars_option(given: dict[str, Any]) -> list[str]:
    """The same for every program of a run: dbt parses anew where its vars are not as they were."""
    return ["--vars", json.dumps(given, default=str)] if given else []


def refuse_empty_folders(lake: Path, given: dict[str, Any]) -> None:
    """An export that brought no file is a mistake that dbt takes for an absent table."""
    for source in listed_sources(given):
        for folder in sorted(path for path in (lake / source).glob("*") if path.is_dir()):
            if not lake_files(folder):
                raise UserError(f"{folder} is empty: put the export there, or remove the folder.")


def full_steps(folder: Path, vars_option: list[str], accept: bool = False) -> list[Step]:
    """The steps of a full run, in order; some leave what they found in the run's folder.

    `accept`: a share of bad rows that rose since the last good run is only told.
    """
    build = ("build", *CAUTIOUS, *NO_UNIT_TESTS)
    checks = "scripts/check_data.py"
    raw = (checks, "raw", *vars_option, "--shares", str(folder / "shares.json"))
    raw += ("--accept-shares",) if accept else ()
    render = ("scripts/render_emails.py", "--json", str(folder / LETTERS))
    return [
        Step("rules", "Check rules", (checks, "rules")),
        Step("load", "Load raw data", (*build, "--select", *RAW_NODES), warm="dbt"),
        Step("check_raw", "Check raw data", raw, warm="checks"),
        Step("build", "Build models", (*build, "--exclude", *RAW_NODES), warm="dbt"),
        Step("check_marts", "Check marts", (checks, "marts"), warm="checks"),
        Step("letters", "Render letters", render),
        Step("publish", "Publish marts", ("scripts/publish_marts.py",)),
        Step("report", "Write the report", ("scripts/build_report.py",)),
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
        self.letters = self.folder / LETTERS
        self.started = time.monotonic()
        self.record: dict[str, Any] = {
            "run": run,
            "status": "running",
            "started_at": now(),
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
        self.record |= {"status": status, "exit_code": code, "ended_at": now()}
        self.save()

    def step(self, step: Step, steps: Steps) -> None:
        """Run one step; a failure ends the run with the reason."""
        log = steps.log(step)
        told = {"name": step.name, "started_at": now(), "log": log.name}
        if sys.stdout.isatty():
            print(f"{step.title:<16} …", end="\r", flush=True)
        if step.is_dbt:
            # What an earlier run left there would be taken for this one's results.
            run_results().unlink(missing_ok=True)
        code, seconds = steps.run(step)
        told |= {"ended_at": now(), "seconds": round(seconds, 1), "exit_code": code}
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
        return shown(lines[-1]) if lines else ""

    def fail(self, step: Step, code: int, log: Path) -> NoReturn:
        text = log.read_text(encoding="utf-8", errors="replace")
        code, sentences = explain(step.is_dbt, text, code)
        self.record["failure"] = {"step": step.name, "reasons": sentences}
        self.end("failed", code)
        reasons = "\n".join(f"  {shown(sentence)}" for sentence in shorten(sentences))
        raise UserError(f"'{step.title}' failed:\n{reasons}\n  Log: {log}", code)


def mark_killed(paths: Settings) -> None:
    """Say in the records of runs that were killed that they were (the lock is ours: none lives)."""
    for file in paths.runs.glob("*/run.json"):
        text = file.read_text(encoding="utf-8")
        if '"status": "running"' in text:
            write_whole(file, json.dumps(json.loads(text) | {"status": "killed"}, indent=2))
