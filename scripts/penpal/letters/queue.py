"""marts.email_queue as the renderer reads it: what is due and not rendered yet, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from penpal import settings
from penpal.letters import outbox
from penpal.settings import UserError

CHUNK = 40_000  # rows of the queue held in memory at a time
MEMORY_LIMIT = "2GB"  # of DuckDB, which else keeps what it has read
BATCH = 2_000  # letters in one outbox file
QUEUE_COLUMNS = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("language", "send_after", "expires_at", "evaluated_at", "context"),
)


def columns_of(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return {row[0] for row in found}


def check_tables(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """The tables must be there with their columns; a sentence says what to do if not."""
    for schema, table, needed in (
        ("marts", "email_queue", QUEUE_COLUMNS),
        ("marts", "email_revocations", ("message_id", "reason", "evaluated_at")),
        ("ledger", "email_messages", outbox.LEDGER_COLUMNS),
        ("ledger", "offer_codes", outbox.CODE_COLUMNS),
    ):
        found = columns_of(connection, schema, table)
        if not found:
            raise UserError(f"{warehouse} has no {schema}.{table}: run dbt build first.")
        lacking = sorted(set(needed) - found)
        if lacking:
            names = ", ".join(lacking)
            raise UserError(f"{schema}.{table} has no column {names}: run dbt build again.")


def transactional_campaigns(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Campaigns whose letters carry no one-click unsubscribe, as rules.campaigns says."""
    if not {"campaign", "kind"} <= columns_of(connection, "rules", "campaigns"):
        return frozenset()
    rows = connection.execute("select campaign from rules.campaigns where kind = 'transactional'")
    return frozenset(row[0] for row in rows.fetchall())


NOT_RENDERED = """
from marts.email_queue as queue
where not exists (
    select 1 from ledger.email_messages as sent where sent.message_id = queue.message_id
)
"""


def read_queue(warehouse: Path, limit: int) -> Iterator[pa.Table]:
    """Rows not rendered yet, at most `limit`, in batches of one template each.

    The warehouse is open only while a chunk is read: others may use it in between. Rows stay in
    Arrow's buffers: this process only hands them on.
    """
    columns = ", ".join(f"queue.{name}" for name in QUEUE_COLUMNS)
    query = f"""
        select {columns} {NOT_RENDERED}
            and (coalesce(queue.template, ''), queue.message_id) > (?, ?)
        order by coalesce(queue.template, ''), queue.message_id limit ?
    """
    last: tuple[str, str] = ("", "")
    while limit > 0:
        with settings.connect(warehouse, read_only=True) as connection:
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            chunk = connection.sql(query, params=[*last, min(limit, CHUNK)]).to_arrow_table()
        if not chunk.num_rows:
            return
        templates = chunk["template"].to_pylist()
        last = (templates[-1] or "", chunk["message_id"][-1].as_py())
        limit -= len(templates)
        start = 0
        for end in range(1, len(templates) + 1):
            is_full = end - start == BATCH or end == len(templates)
            if is_full or templates[end] != templates[start]:
                yield chunk.slice(start, end - start)
                start = end
