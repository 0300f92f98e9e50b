"""Whether data is fresh enough to write letters by it: exit 1 where a source is too old.

    python -m penpal.pipeline.freshness [--vars YAML]

The var `freshness_hours` says how many hours the newest row of a source, or of one table, may be
old, measured from the clock: {web: 6, shop.orders: 30}. What it does not name may be of any age.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

import duckdb

from penpal import settings
from penpal.pipeline.preflight import clock_of, given_clock
from penpal.project_vars import listed_sources, parse_vars, var
from penpal.settings import Settings, UserError
from penpal.terminal import shown


def limits(given: dict[str, Any]) -> dict[str, float]:
    """The var, checked: hours by source or source.table."""
    found = var(given, "freshness_hours") or {}
    if not isinstance(found, dict):
        raise UserError("The var freshness_hours is a mapping such as {web: 6, shop.orders: 30}.")
    sources = listed_sources(given)
    for name, hours in found.items():
        if str(name).partition(".")[0] not in sources:
            raise UserError(
                f"The var freshness_hours names {shown(str(name))}: the run's sources are"
                f" {', '.join(sources)}."
            )
        if isinstance(hours, bool) or not isinstance(hours, (int, float)) or hours <= 0:
            raise UserError(f"The var freshness_hours says {shown(str(hours))} of {name}: hours.")
    return {str(name): float(hours) for name, hours in found.items()}


def newest(connection: duckdb.DuckDBPyConnection, name: str) -> datetime | None:
    """When the newest row of a source, or of one of its tables, was received."""
    source, _, table = name.partition(".")
    found = connection.execute(
        """select table_name from information_schema.tables
        where table_schema = 'staging' and starts_with(table_name, $1)
        and ($2 = '' or table_name = $1 || $2)""",
        [f"checked_{source}__", table],
    ).fetchall()
    if not found:
        raise UserError(f"The var freshness_hours names {shown(name)}: there is no such table.")
    all_of = " union all ".join(f'select received_at from staging."{view}"' for (view,) in found)
    return connection.execute(f"select max(received_at) from ({all_of})").fetchone()[0]


def too_old(paths: Settings, given: dict[str, Any], clock: datetime | None = None) -> list[str]:
    """A sentence for each source that is too old; [] where letters may be written."""
    found = limits(given)
    if not found:
        return []
    clock = clock or clock_of(given_clock(given))
    if clock is None:
        raise UserError("The clock cannot be read: give --as-of as '2026-06-15 12:00:00'.")
    clock = clock.replace(tzinfo=None)
    sentences = []
    with settings.connect(paths.warehouse, read_only=True) as connection:
        for name, hours in found.items():
            last = newest(connection, name)
            if last is None:
                sentences.append(f"{name}: it has no rows, and may be {hours:g} h old.")
            elif (age := (clock - last).total_seconds() / 3600) > hours:
                sentences.append(
                    f"{name}: its newest row came {last:%Y-%m-%d %H:%M} UTC, {age:.1f} h before the"
                    f" clock; {hours:g} h are allowed."
                )
    return sentences


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--vars", metavar="YAML", help="dbt vars, as for the run")
    given = parse_vars(parser.parse_args(arguments).vars)
    sentences = too_old(settings.load(), given)
    for sentence in sentences:
        print(f"ERROR   {sentence}")
    if sentences:
        return settings.EXIT_CHECK_FAILED
    count = len(limits(given))
    print(f"freshness: {count} limits kept" if count else "freshness: no limits set")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
