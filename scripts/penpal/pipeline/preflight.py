"""What would stop a run later, said before it begins."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.files import check_writable
from penpal.pipeline.failures import run_results
from penpal.pipeline.records import ENDED_WELL, records
from penpal.project_vars import SAMPLE_CLOCK, var
from penpal.settings import Settings, UserError

LEAST_FREE = 64 * 2**20  # bytes, beside what the next published copy needs


def clock_of(as_of: str | None) -> datetime | None:
    """A clock as a moment in UTC; None where it is none (dbt says so) or not given."""
    try:
        moment = datetime.fromisoformat(str(as_of))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def given_clock(given: dict[str, Any]) -> str | None:
    """The clock that a run will have."""
    return given.get("as_of") or (SAMPLE_CLOCK if var(given, "raw_data") == "sample" else None)


def last_run(paths: Settings) -> dict[str, Any] | None:
    """The record of the newest run that came to its end."""
    return next((r for r in records(paths.runs) if r.get("status") in ENDED_WELL), None)


def refuse_earlier_clock(paths: Settings, given: dict[str, Any]) -> None:
    """The memory of segments, letters and ids goes one way: a clock that goes back is told."""
    last = last_run(paths)
    then, this = clock_of(last and last.get("as_of")), clock_of(given_clock(given))
    if last and then and this and this < then:
        raise UserError(
            f"The clock would go back: as of {this:%Y-%m-%d %H:%M:%S}, but run {last['run']} was"
            f" as of {then:%Y-%m-%d %H:%M:%S} UTC. Add --replay to build that moment without"
            " letters; to look at the past, scripts/simulate.py leaves the warehouse alone."
        )


def free_bytes(folder: Path) -> int:
    """Free space of the disk on which a folder is, or will be."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free


def needed_bytes(paths: Settings) -> int:
    """What a run needs at the very least: the new published copy lies beside the old one."""
    published = paths.published.stat().st_size if paths.published.exists() else 0
    return published + LEAST_FREE


def refuse_full_disk(paths: Settings) -> None:
    free, needed = free_bytes(paths.warehouse.parent), needed_bytes(paths)
    if free < needed:
        raise UserError(
            f"The disk of {paths.warehouse.parent} has {free / 2**20:,.0f} MB left, and a run needs"
            f" at least {needed / 2**20:,.0f}: free some space, then run again."
        )


def refuse_locked_warehouse(paths: Settings, look_only: bool = False) -> None:
    """Also where the file is no warehouse, or of another version (UserError).

    Only to look does not see who reads it, but writes nothing, not even what a crash left to do.
    """
    if paths.warehouse.exists():
        settings.connect(paths.warehouse, read_only=look_only).close()


def check(paths: Settings, given: dict[str, Any], replay: bool, look_only: bool = False) -> None:
    """Stop with one sentence (UserError) where a run could not come to its end."""
    for file in (paths.warehouse, run_results(), _log_folder() / "dbt.log"):
        check_writable(file)
    refuse_full_disk(paths)
    refuse_locked_warehouse(paths, look_only)
    if not replay:
        refuse_earlier_clock(paths, given)


def _log_folder() -> Path:
    return settings.ROOT / (os.environ.get("DBT_LOG_PATH") or "logs")
