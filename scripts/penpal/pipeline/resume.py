"""Going on with a run that did not come to its end, where what it works on is still the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from penpal.lake.files import lake_files
from penpal.pipeline.preflight import clock_of
from penpal.pipeline.records import UNFINISHED, Record, records
from penpal.project_vars import listed_sources, var
from penpal.settings import ROOT, Settings

CODE = ("models", "macros", "seeds", "emails", "scripts")
CODE_FILES = ("dbt_project.yml", "profiles.yml", "constraints.txt")
# A letter decided longer ago than this is decided anew: what was revoked since must count.
CLOCK_HOURS = 6


@dataclass(frozen=True)
class Resumed:
    """`record` is of the run that is gone on with, None where one starts anew; `why` says so."""

    record: Record | None
    why: str

    @property
    def done(self) -> frozenset[str]:
        """Names of steps that need not run again; what was held is asked anew."""
        steps = self.record["steps"] if self.record else []
        return frozenset(step["name"] for step in steps if step["status"] == "done")


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def code_digest() -> str:
    """Of all that decides what a run does, committed or not."""
    found = (path for folder in CODE for path in (ROOT / folder).rglob("*") if path.is_file())
    files = sorted(path for path in found if path.suffix != ".pyc")
    files += [ROOT / name for name in CODE_FILES]
    return _digest(
        part for file in files for part in (str(file.relative_to(ROOT)).encode(), file.read_bytes())
    )


def lake_digest(lake: Path, given: dict[str, Any]) -> str:
    """Of the files of the listed sources: name, size and time of change."""
    parts = []
    for source in listed_sources(given):
        for folder in sorted(path for path in (lake / source).glob("*") if path.is_dir()):
            for file in lake_files(folder):
                facts = file.stat()
                parts.append(f"{file} {facts.st_size} {facts.st_mtime_ns}".encode())
    return _digest(parts)


def inputs(paths: Settings, given: dict[str, Any]) -> dict[str, Any]:
    """What a run works on, to be compared later; the clock of `now` is no part of it."""
    raw_data = var(given, "raw_data")
    named = {name: value for name, value in given.items() if name != "as_of"}
    files = {"lake": lambda: lake_digest(paths.lake, given), "sample": lambda: "sample"}
    return {
        "code": code_digest(),
        "vars": json.loads(json.dumps(named, default=str)),
        "files": files.get(raw_data, lambda: None)(),
    }


WORDS = {
    "code": "models, rules, templates or programs are others",
    "vars": "the vars are others",
    "files": "the files of the lake are others",
}


def decide(paths: Settings, facts: Record, given: dict[str, Any], clock_given: bool) -> Resumed:
    """Whether the newest run can be gone on with. `clock_given`: the clock is not just `now`.

    `facts` are what this run's record would say: mode, replay, inputs.
    """
    work = facts["inputs"]
    last = next(records(paths.runs), None)
    if last is None:
        return Resumed(None, "there is no earlier run")
    run = last["run"]
    if last["status"] not in UNFINISHED:
        return Resumed(None, f"run {run} came to its end")
    if "inputs" not in last or any(last.get(f) != facts[f] for f in ("mode", "replay")):
        return Resumed(None, f"run {run} was of another mode, or a replay")
    if work["files"] is None:
        return Resumed(None, "tables of the warehouse may have changed unseen")
    others = [WORDS[name] for name in WORDS if last["inputs"].get(name) != work[name]]
    if not paths.warehouse.exists():
        others.append("the warehouse is gone")
    if others:
        return Resumed(None, f"since run {run} {', '.join(others)}")
    return _with_clock(last, given, clock_given)


def _with_clock(last: Record, given: dict[str, Any], clock_given: bool) -> Resumed:
    then, this = last.get("as_of_given"), given.get("as_of")
    began = clock_of(last["started_at"])
    if clock_given and then != this:
        return Resumed(None, f"run {last['run']} had the clock {then or 'of the sample'}")
    is_old = datetime.now(UTC) - began > timedelta(hours=CLOCK_HOURS)
    if not clock_given and then is not None and is_old:
        return Resumed(None, f"run {last['run']} began more than {CLOCK_HOURS} hours ago")
    return Resumed(last, f"goes on with run {last['run']}, as of {then or 'the sample'}")


def take_over(runs: Path, earlier: Record, folder: Path) -> None:
    """Copy what finished steps left for later ones and for the summary."""
    for file in sorted((runs / earlier["run"]).iterdir()):
        if file.is_file() and file.name != "run.json" and file.suffix != ".log":
            shutil.copy(file, folder)
