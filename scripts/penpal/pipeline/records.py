"""The records of runs: <warehouse>.runs/<run>/run.json, whole on the disk after every step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from penpal.files import write_whole
from penpal.pipeline.journal import Journal, now

# running, done, held (done, but for letters), stopped (--until), failed, interrupted, killed
ENDED_WELL = ("done", "held")
UNFINISHED = ("stopped", "failed", "interrupted", "killed")

JOURNAL_DAYS = 90

Record = dict[str, Any]


def records(runs: Path, of: set[str] | None = None) -> Iterator[Record]:
    """The records, all or those of some runs, newest first; what is no record is passed over."""
    for file in sorted(runs.glob("*/run.json"), reverse=True):
        if of is not None and file.parent.name not in of:
            continue
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(record, dict) and record.get("run"):
            yield record


def mark_killed(runs: Path, journal: Journal) -> None:
    """Say of runs that were killed that they were: the lock is ours, so none of them lives."""
    for record in records(runs):
        if record.get("status") != "running":
            return  # each run has marked those before it
        current = record.pop("current", None)
        record |= {"status": "killed", "ended_at": now()}
        write_whole(runs / record["run"] / "run.json", json.dumps(record, indent=2))
        if current:
            told = {name: record.get(name) for name in RUN_FACTS}
            journal.write("step", record["run"], **told, **current, status="killed")
        journal.write("ended", record["run"], status="killed")


# What a line of the journal says of its run.
RUN_FACTS = ("mode", "as_of", "raw_data", "commit")


def forget_old(runs: Path, journal: Journal, days: int) -> None:
    """Remove folders of runs that began before so many days, but the last good one of each mode.

    Their lines in the journal, which is small and what marts.pipeline_runs shows, stay for longer.
    """
    oldest = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%d-%H%M%S")
    old = {file.parent.name for file in runs.glob("*/run.json") if file.parent.name < oldest}
    if old:
        for run in old - set(last_good_runs(runs, old).values()):
            shutil.rmtree(runs / run, ignore_errors=True)
    journal.forget_before(max(days, JOURNAL_DAYS))


def last_good_runs(runs: Path, of: set[str]) -> dict[str | None, str]:
    """The newest good run of each mode that some runs had; reads no more records than it must."""
    modes = {record.get("mode") for record in records(runs, of)}
    found: dict[str | None, str] = {}
    for record in records(runs):
        if record.get("status") in ENDED_WELL:
            found.setdefault(record.get("mode"), record["run"])
        if modes <= found.keys():
            break
    return found
