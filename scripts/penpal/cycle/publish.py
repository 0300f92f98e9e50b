"""Publish what a cycle changed: its marts in a new copy of the published file, its ledgers.

    python -m penpal.cycle.publish --tables FILE

A step of run_pipeline.py triggers. The file lists tables of the schema marts, one a line. All other
marts stay as the night published them. The file is swapped in whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from penpal import publishing, settings
from penpal.files import sync, write_whole
from penpal.settings import Settings, UserError


def publish_changes(paths: Settings, tables: list[str]) -> dict[str, dict[str, Any]]:
    """Swap in a copy with these tables (marts.<name>) as they are now; their counts and hashes."""
    partial = paths.published.with_name(f"{paths.published.name}.{os.getpid()}.partial")
    shutil.copyfile(paths.published, partial)
    facts = {}
    connection = duckdb.connect(str(partial))
    try:
        connection.execute("set timezone = 'UTC'")
        path = str(paths.warehouse).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        for table in tables:
            connection.execute(f"create or replace table {table} as from warehouse.{table}")
            facts[table.removeprefix("marts.")] = publishing.content_hash(connection, table)
        publishing.copy_about_runs(connection)
        connection.execute("create schema if not exists ledger")
        connection.execute(
            "create or replace table ledger.email_messages as from warehouse.ledger.email_messages"
        )
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    finally:
        connection.close()
    if partial.with_name(f"{partial.name}.wal").exists():
        raise UserError(f"{partial} could not be closed cleanly: not published.")
    sync(partial)
    os.replace(partial, paths.published)
    return facts


def publish(paths: Settings, tables: list[str]) -> dict[str, Any]:
    """Export the ledgers, swap in the changes, and write down what is published now."""
    if not paths.published.exists():
        return publishing.publish(paths)
    settings.connect(paths.warehouse, read_only=True).close()  # missing or locked: say so
    publishing.clean_leftovers(paths)
    try:
        ledgers = publishing.export_ledgers(paths)
        changed = publish_changes(paths, tables)
    finally:
        publishing.clean_leftovers(paths)
    before = json.loads(paths.published_facts.read_text(encoding="utf-8"))
    marts = before["marts"] | changed
    combined = hashlib.sha256(json.dumps(marts, sort_keys=True).encode()).hexdigest()
    facts = {
        "published_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "content_hash": combined[:16],
        "marts": marts,
        "ledgers": ledgers,
    }
    write_whole(paths.published_facts, json.dumps(facts, indent=2) + "\n")
    sync(paths.published.parent)
    return facts


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
