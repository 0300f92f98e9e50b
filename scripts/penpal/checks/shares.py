"""How much of a table staging could not use, how much it may be, and how it changed.

The shares of each run are kept in its folder; the next run is compared with the last one that came
to its end. What a person or two wrote never counts: see is_too_many.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb

from penpal.checks.contract import Column, RawTable
from penpal.checks.outcome import Outcome
from penpal.settings import Settings

REJECTED = 0.10  # share of the rows seen that staging may reject (error)
# By how much a share may rise above that of the last good run, where it also doubles:
RISE_TOLD = 0.02  # … (warning)
RISE_STOPS = (
    0.05  # … of rejected rows, or of a required column that is missing or unreadable (error)
)
FALL_TOLD = 0.5  # part of the rows with a value that a column may lose (warning)

# Reject reasons that name their column otherwise.
OTHER_REASONS = {
    ("web", "events", "type"): "unknown event type",
    ("email", "events", "event"): "unknown event type",
}
WITHOUT_FLAGS = {("crm", "surveys"), ("email", "messages")}


def is_too_many(bad: float, every: float, allowed: float) -> bool:
    """Whether so many are bad as to speak of the table: one or two people's rows are their own.

    It takes two bad rows, and five unless they are most of the table.
    """
    return bad > allowed * every and bad >= 2 and (bad >= 5 or 2 * bad > every)


def exceeds(bad: float, every: float, allowed: float) -> bool:
    """Whether more are bad than may be, were it one."""
    return bad > allowed * every


def missing(column: Column) -> str:
    """Condition on a checked_ row: rejected because the column is empty."""
    return f"coalesce(reject_reason = 'missing {column.name}', false)"


def unreadable(table: RawTable, column: Column) -> str | None:
    """Condition on a checked_ row: its value of the column could not be used; None: never told."""
    name, place = column.name, (table.source, table.table)
    parts = []
    if column.required:
        other = OTHER_REASONS.get((*place, name), f"unknown {name}")
        parts.append(f"coalesce(reject_reason in ('bad {name}', '{other}'), false)")
    if place not in WITHOUT_FLAGS:
        parts += [
            f"coalesce(';' || quality_flags || ';' like '%;{mark}_{name};%', false)"
            for mark in ("invalid", "unknown")
        ]
    return " or ".join(parts) or None


def measure(connection: duckdb.DuckDBPyConnection, contract: list[RawTable]) -> dict[str, Any]:
    """{table: {raw: rows, seen: rows, rejected: rows, columns: {column: {given, bad}}}}."""
    found = {}
    for table in contract:
        bad = [
            " or ".join(filter(None, (missing(c) if c.required else "", unreadable(table, c))))
            for c in table.columns
        ]
        counts = ", ".join(f"count(*) filter ({condition or 'false'})" for condition in bad)
        seen, rejected, *bad_rows = connection.execute(
            f"select count(*), count(*) filter (fate = 'rejected'), {counts}"
            f" from staging.{table.checked}"
        ).fetchone()
        given = ", ".join(f'count("{column.name}")' for column in table.columns)
        raw, *values = connection.execute(
            f"select count(*), {given} from staging.{table.view}"
        ).fetchone()
        columns = {
            column.name: {"given": number, "bad": rows}
            for column, number, rows in zip(table.columns, values, bad_rows, strict=True)
        }
        name = f"{table.source}.{table.table}"
        found[name] = {"raw": raw, "seen": seen, "rejected": rejected, "columns": columns}
    return found


def last_good(paths: Settings, raw_data: str) -> tuple[str, dict[str, Any]]:
    """The name of the last run over such data that came to its end, and its shares; else '', {}."""
    for folder in sorted(paths.runs.glob("*/"), reverse=True):
        try:
            record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            if record["status"] == "done" and record["raw_data"] == raw_data:
                shares = json.loads((folder / "shares.json").read_text(encoding="utf-8"))
                return folder.name, dict(shares)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a run of an older version, or what is left of one
    return "", {}


def _share(part: float, of: float) -> float:
    return part / of if of else 0.0


class Change(NamedTuple):
    """A share, as it was and as it is, and how many rows or values make the difference."""

    place: str
    severity: str
    what: str
    was: float
    now: float
    rows: int

    def outcome(self, run: str) -> Outcome:
        says = f"{self.what}: {100 * self.was:.1f} % → {100 * self.now:.1f} %"
        says += f" since the last good run, {run}"
        if self.severity == "error" and self.now <= REJECTED:  # above, no run goes on
            says += "; if that is right, run once with --accept-shares"
        return Outcome(self.place, None, "changed", self.severity, "failed", says, failed=self.rows)


def _rise(
    place: str, what: str, now: tuple[int, int], then: tuple[int, int], *, stops: bool
) -> Iterator[Change]:
    """A share of bad rows, (bad, of), that rose by more than it may, and by more than twofold."""
    was, share = _share(*then), _share(*now)
    if share < 2 * was:
        return
    if stops and is_too_many(*now, was + RISE_STOPS):
        yield Change(place, "error", what, was, share, now[0])
    elif is_too_many(*now, was + RISE_TOLD):
        yield Change(place, "warning", what, was, share, now[0])


def _fall(place: str, now: tuple[int, int], then: tuple[int, int]) -> Iterator[Change]:
    """A share of rows with a value, (given, of), that lost more than it may."""
    was = _share(*then)
    expected = was * now[1]
    if is_too_many(expected - now[0], expected, FALL_TOLD):
        lost = round(expected - now[0])
        yield Change(place, "warning", "rows with a value", was, _share(*now), lost)


def _table_changes(table: RawTable, now: dict[str, Any], then: dict[str, Any]) -> Iterator[Change]:
    name = f"{table.source}.{table.table}"
    pairs = ((now["rejected"], now["seen"]), (then["rejected"], then["seen"]))
    yield from _rise(name, "rejected rows", *pairs, stops=True)
    for column in table.columns:
        here, there = now["columns"][column.name], then["columns"].get(column.name)
        if there is None:
            continue
        place = f"{name}.{column.name}"
        if column.required:
            pairs = ((here["bad"], now["seen"]), (there["bad"], then["seen"]))
            yield from _rise(place, "missing or unreadable", *pairs, stops=True)
        else:
            pairs = ((here["bad"], here["given"]), (there["bad"], there["given"]))
            yield from _rise(place, "unreadable values", *pairs, stops=False)
        yield from _fall(place, (here["given"], now["raw"]), (there["given"], then["raw"]))


def changes(
    contract: list[RawTable], now: dict[str, Any], then: dict[str, Any], run: str
) -> list[Outcome]:
    """What changed for the worse since the last good run, whose name and shares these are."""
    return [
        change.outcome(run)
        for table in contract
        if then.get(name := f"{table.source}.{table.table}") and then[name]["seen"]
        for change in _table_changes(table, now[name], then[name])
    ]
