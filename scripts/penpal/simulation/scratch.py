"""The scratch warehouse: a copy whose ledgers end where the simulation begins."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from penpal import settings
from penpal.publishing import tables_of
from penpal.settings import UserError

# The time of a ledger's row, by which it is cut off: the first of these that it has.
TIMES = ("sent_at", "assigned_at", "seen_at", "issued_at")

RECORDED = """
create schema if not exists simulation;
create or replace table simulation.decisions (
    decided_at timestamp, message_id varchar, customer_id varchar, email varchar, campaign varchar,
    occasion varchar, variant varchar, decision varchar, reason varchar
);
create or replace table simulation.letters (
    message_id varchar, customer_id varchar, email varchar, campaign varchar, occasion varchar,
    variant varchar, sent_at timestamp
)
"""


def make_scratch(warehouse: Path, scratch: Path, begins: datetime) -> None:
    """Copy a warehouse, forget what its ledgers tell of the time from `begins` on."""
    settings.connect(warehouse, read_only=True).close()  # missing or locked: say so
    scratch.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(warehouse, scratch)
    with duckdb.connect(str(scratch)) as connection:
        database = connection.execute("select current_database()").fetchone()[0]
        for name in tables_of(connection, database, "ledger"):
            described = connection.execute(f"describe ledger.{name}").fetchall()
            columns = {column for column, *_ in described}
            time = next((time for time in TIMES if time in columns), None)
            if time is None:
                raise UserError(
                    f"ledger.{name} has none of the columns {', '.join(TIMES)}, so what it told"
                    " before the simulation cannot be found."
                )
            connection.execute(f"delete from ledger.{name} where {time} >= $1", [begins])
        connection.execute(RECORDED)
