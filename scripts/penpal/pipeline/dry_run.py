"""What a run would do, told without doing it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from penpal import settings
from penpal.lake.files import lake_files
from penpal.pipeline import freshness, preflight
from penpal.pipeline.lock import holder_of
from penpal.pipeline.steps import Step
from penpal.project_vars import listed_sources, var
from penpal.settings import ROOT, Settings, UserError
from penpal.terminal import shown

MEGABYTE = 2**20


def obstacle(paths: Settings, check: Callable[[], None]) -> tuple[str | None, int]:
    """Why the run would not begin, and its exit code then."""
    if holder := holder_of(paths.lock_file):
        return holder, settings.EXIT_LOCKED
    try:
        check()
    except UserError as error:
        return str(error), error.exit_code
    return None, settings.EXIT_DONE


def file_lines(lake: Path, given: dict[str, Any]) -> list[str]:
    """A line for each raw table of the lake that has a folder."""
    lines = []
    for source in listed_sources(given):
        for folder in sorted(path for path in (lake / source).glob("*") if path.is_dir()):
            facts = [file.stat() for file in lake_files(folder)]
            if not facts:
                continue
            newest = datetime.fromtimestamp(max(fact.st_mtime for fact in facts), UTC)
            size = sum(fact.st_size for fact in facts) / MEGABYTE
            table = f"{source}.{shown(folder.name)}"
            lines.append(
                f"  {table:<18}{len(facts):>7,} files{size:>11,.1f} MB   newest {newest:%F %H:%M}"
            )
    return lines or [f"  no files in {lake}"]


def queued(paths: Settings) -> dict[str, int]:
    """Letters that the last build queued, by campaign; {} where there was none."""
    try:
        with settings.connect(paths.warehouse, read_only=True) as connection:
            query = "select campaign, count(*) from marts.email_queue group by all"
            return dict(connection.execute(query).fetchall())
    except (UserError, duckdb.Error):
        return {}


def campaign_lines(waiting: dict[str, int]) -> list[str]:
    with (ROOT / "seeds" / "rules" / "campaigns.csv").open(encoding="utf-8", newline="") as file:
        campaigns = list(csv.DictReader(file))
    active = [row["campaign"] for row in campaigns if row["is_active"].strip().lower() != "false"]
    lines = [f"  {name:<24}{waiting.get(name, 0):>7,} queued by the last build" for name in active]
    off = [row["campaign"] for row in campaigns if row["campaign"] not in active]
    return [*lines, *([f"  switched off: {', '.join(off)}"] if off else [])]


def letter_lines(paths: Settings, given: dict[str, Any], replay: bool) -> list[str]:
    """Which campaigns may write."""
    if replay:
        return ["  none: a replay writes no letters"]
    lines = campaign_lines(queued(paths))
    limits = freshness.limits(given)
    if limits:
        told = ", ".join(f"{name} {hours:g} h" for name, hours in limits.items())
        lines.append(f"  held where data is older: {told}")
        try:
            old = freshness.too_old(paths, given)
        except (UserError, duckdb.Error):
            old = []
        lines += [f"  held by what was loaded last: {sentence}" for sentence in old]
    return lines


def told(
    paths: Settings,
    given: dict[str, Any],
    steps: Sequence[Step],
    begins: str,
    *,
    replay: bool,
    check: Callable[[], None],
) -> tuple[str, int]:
    """The answer of --dry-run, and the exit code: 0 where the run would begin.

    `check` raises a UserError where it would not.
    """
    why, code = obstacle(paths, check)
    raw_data = var(given, "raw_data")
    clock = preflight.given_clock(given) or "now"
    free = preflight.free_bytes(paths.warehouse.parent) / MEGABYTE
    lines = [
        f"Would run as of {clock} UTC on {raw_data}, sources {', '.join(listed_sources(given))}.",
        f"Begins      {begins}",
        f"Warehouse   {paths.warehouse} ({free:,.0f} MB free)",
        *([f"But         {why}"] if why else []),
        "Files",
        *(file_lines(paths.lake, given) if raw_data == "lake" else [f"  none: {raw_data}"]),
        "Steps",
        *(f"  {step.title:<18}{_command(step)}" for step in steps),
        "Letters",
        *letter_lines(paths, given, replay),
        "Nothing was run and nothing was written.",
    ]
    return "\n".join(lines), code


def _command(step: Step) -> str:
    command = ("dbt", *step.arguments) if step.is_dbt else ("python", *step.arguments)
    return shown(" ".join(command))
