"""Publish what a cycle changed: its marts in a new copy of the published file, its ledgers.

    python -m penpal.cycle.publish --tables FILE

A step of run_pipeline.py triggers. The file lists tables of the schema marts, one a line. All other
marts stay as the night published them. The file is swapped in whole.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from penpal import publishing, settings
from penpal.settings import Settings, UserError


def publish_changes(paths: Settings, tables: list[str]) -> dict[str, dict[str, Any]]:
    """Swap in a copy with these tables (marts.<name>) as they are now.

    Returns row count and hash of each mart in it: those that did not change as they were.
    """
    facts = json.loads(paths.published_facts.read_text(encoding="utf-8"))["marts"]
    target = paths.published
    with publishing.new_database(target, paths.warehouse, "warehouse", target) as connection:
        for table in tables:
            connection.execute(f"create or replace table {table} as from warehouse.{table}")
            facts[table.removeprefix("marts.")] = publishing.content_hash(connection, table)
        publishing.copy_about_runs(connection)
        connection.execute("create schema if not exists ledger")
        connection.execute(
            "create or replace table ledger.email_messages as from warehouse.ledger.email_messages"
        )
    return facts


def publish(paths: Settings, tables: list[str]) -> dict[str, Any]:
    """Export the ledgers, swap in the changes, and write down what is published now."""
    if not paths.published.exists():
        return publishing.publish(paths)
    return publishing.publish(paths, partial(publish_changes, tables=tables))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m penpal.cycle.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tables", type=Path, required=True, metavar="FILE", help="changed tables")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        tables = options.tables.read_text(encoding="utf-8").split()
    except OSError as error:
        raise UserError(f"{options.tables} cannot be read: run the cycle first.") from error
    facts = publish(settings.load(), tables)
    print(
        f"publish: {len(tables)} marts anew, content {facts['content_hash']}"
        f" ({time.monotonic() - started:.1f} s)"
    )
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
