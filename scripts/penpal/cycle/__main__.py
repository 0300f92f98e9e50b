"""Decide the campaigns of triggers between nights: stages what is new, and writes the queue.

    python -m penpal.cycle [--vars "{as_of: '2026-06-15 12:15:00'}"]

A step of run_pipeline.py triggers, which holds the lock. Reads and writes the warehouse.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from pathlib import Path

from dbt.adapters.factory import get_adapter_by_type

from penpal import settings
from penpal.cycle.commit import close, commit
from penpal.cycle.make import Scratch, make
from penpal.cycle.plan import Plan, ledger_columns, plan
from penpal.files import write_whole
from penpal.project_vars import clock, moment, parse_vars, var
from penpal.settings import ROOT, UserError
from penpal.simulation.plan import Project

# Views stay as the night made them; where they read a lake, they know its files.
VIEWS = {"lake": ("path:models/staging/*/stg_*",)}
OTHER_VIEWS = ("path:models/staging/*/stg_*", "path:models/staging/*/base_*")
# Of dbt, for cycles only: vars other than those of the night would have it parse everything anew.
FILES = ROOT / "target" / "cycle"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m penpal.cycle",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--vars", metavar="YAML", help="dbt vars, with the clock as as_of")
    parser.add_argument("--tables", type=Path, metavar="FILE", help="list changed tables here")
    return parser.parse_args(arguments)


def refuse_without_night(warehouse: Path, at: datetime) -> None:
    """There must be a night to start from, not after the clock."""
    with settings.connect(warehouse, read_only=True) as connection:
        tables = connection.execute(
            """select count(*) from information_schema.tables
            where (table_schema, table_name) in (
                ('marts', 'email_decisions'), ('identity', 'identity_map')
            )"""
        ).fetchone()[0]
        if tables < 2:
            raise UserError(f"{warehouse} has no night to start from: run `full` first.")
        query = "select max(evaluated_at) from marts.email_decisions"
        night = connection.execute(query).fetchone()[0]
    if night and night > at:
        raise UserError(
            f"The clock is {at}, but decisions were made as of {night}: a cycle does not go back."
            " Use `full` for the past."
        )


def stage_and_compile(project: Project, at: datetime, kept: Path = FILES) -> Plan:
    """What dbt does: stage new rows, and compile the models of the cycle where they changed."""
    ledgers = ledger_columns(project.scratch)
    views = VIEWS.get(var(project.given, "raw_data"), OTHER_VIEWS)
    selection = ("--select", "path:models/staging", "--exclude", *views)
    project.dbt(["run", *selection, "--no-write-json"], at)
    found = plan(project, ledgers, kept)
    adapter = get_adapter_by_type("duckdb")
    adapter.cleanup_connections()
    adapter.connections.close_all_connections()
    return found


def summary(scratch: Scratch) -> str:
    """One line: whom it was about, and what was decided."""
    people, arrivals = scratch.run(
        "select (select count(*) from cycle.people), (select count(*) from cycle.arrivals)"
    ).fetchone()
    decided = scratch.run(
        """select decision, count(*) from marts.email_decisions
        where campaign in (select campaign from cycle.campaigns) group by 1 order by 1"""
    ).fetchall()
    told = ", ".join(f"{count:,} {decision}" for decision, count in decided)
    return f"{people:,} customers concerned, {arrivals:,} new records: {told or 'no occasion'}"


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    where, given = settings.load(), parse_vars(options.vars)
    at = moment(clock(given))
    given.pop("as_of", None)
    refuse_without_night(where.warehouse, at)
    began = time.monotonic()
    made = stage_and_compile(Project(ROOT, where.warehouse, given, files=FILES), at)
    staged = time.monotonic()
    scratch = make(where.warehouse, made, at)
    tables = commit(scratch)
    told = summary(scratch)
    close(scratch)
    if options.tables:
        write_whole(options.tables, "\n".join(tables) + "\n")
    ended = time.monotonic()
    print(f"dbt {staged - began:.1f} s, decisions {ended - staged:.1f} s")
    print(told)
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
