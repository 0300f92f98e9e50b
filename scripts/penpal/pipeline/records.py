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

Record = dict[str, Any]


def records(runs: Path) -> Iterator[Record]:
    """The records, newest first; what is no record is passed over."""
    for file in sorted(runs.glob("*/run.json"), reverse=True):
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
    """Remove folders of runs that began before so many days, but the last good one of each mode."""
    oldest = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%d-%H%M%S")
    kept_modes = set()
    for record in records(runs):
        mode, is_good = record.get("mode"), record.get("status") in ENDED_WELL
        if record["run"] < oldest and (not is_good or mode in kept_modes):
            shutil.rmtree(runs / record["run"], ignore_errors=True)
        elif is_good:
            kept_modes.add(mode)
    journal.forget_before(days)
