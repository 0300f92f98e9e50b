"""The published copy of the marts and the exported ledgers, each swapped in whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from penpal import settings
from penpal.files import sync, write_whole
from penpal.settings import Settings, UserError

# What explain.py needs beside the marts: who is who, what proves a consent, which letters went out.
EVIDENCE = (
    "identity.identity_map",
    "identity.identity_customers",
    "identity.identity_edges",
    "identity.identity_conflicts",
    "identity.identity_review",
    "identity.identity_records",
    "identity.identity_record_values",
    "identity.customer_id_changes",
    "identity.device_owners",
    "profile.customer_emails",
    "activity.email_consents",
    "activity.consent_statements",
    "staging.checked_crm__consents",
    "rules.campaigns",
    "rules.decision_reasons",
    "ledger.email_messages",
)


# Marts about runs: they differ from run to run, so they are no content.
ABOUT_RUNS = ("pipeline_runs",)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def clean_leftovers(paths: Settings) -> None:
    """Remove the files <target>.<process id>.partial… of this run and of those that are no more."""
    targets = (paths.published, paths.published_facts, paths.ledger_dir)
    for target in (*targets, paths.anonymised, paths.parquet, paths.anonymised_parquet):
        for leftover in target.parent.glob(f"{target.name}.*.partial*"):
            process = leftover.name.removeprefix(f"{target.name}.").split(".")[0]
            if process != str(os.getpid()) and _is_alive(process):
                continue
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def partial_of(target: Path) -> Path:
    """Where a file or folder is made before it is swapped in."""
    return target.with_name(f"{target.name}.{os.getpid()}.partial")


def tables_of(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> list[str]:
    """Names of the tables and views of a schema, without what a running dbt leaves around."""
    found = connection.execute(
        """select table_name from information_schema.tables
        where table_catalog = $1 and table_schema = $2 and table_name not like '%\\_\\_dbt\\_%'
        escape '\\' order by table_name""",
        [database, schema],
    )
    return [name for (name,) in found.fetchall()]


def content_hash(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """Row count and content hash of a table (a quoted, qualified name).

    The hash depends on names and values of the columns and on nothing else: not on the order of
    rows or columns, nor on the last digits of a double, which vary with the order of addition.
    """
    described = connection.execute(f"describe {table}").fetchall()
    columns = sorted((name, kind) for name, kind, *_ in described)
    parts = []
    for name, kind in columns:
        column = quoted(name)
        if kind in ("DOUBLE", "FLOAT"):
            column = f"format('{{:.9g}}', {column} + 0.0)"  # + 0.0: no negative zero
        parts.append(f"{text(name)}: {column}")
    row = f"md5(cast(to_json({{{', '.join(parts)}}}) as varchar))"
    # Sums, not xor: a row that occurs twice must not cancel itself.
    count, low, high = connection.execute(
        f"""select count(*), sum(md5_number_lower({row})), sum(md5_number_upper({row}))
        from {table}"""
    ).fetchone()
    digest = hashlib.sha256(f"{columns} {count} {low} {high}".encode()).hexdigest()
    return {"rows": count, "hash": digest[:16]}


@contextmanager
def new_database(
    target: Path, source: Path, alias: str, begins_as: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database made aside, with `source` attached to read as `alias`; swapped in for `target`.

    It begins empty, or as a copy of the file `begins_as`. What fails leaves `target` as it was.
    """
    partial = partial_of(target)
    if begins_as:
        shutil.copyfile(begins_as, partial)
    connection = duckdb.connect(str(partial))
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach {text(source)} as {alias} (read_only)")
        yield connection
        connection.execute(f"detach {alias}")
        connection.execute("checkpoint")
    finally:
        connection.close()
    if partial.with_name(f"{partial.name}.wal").exists():
        raise UserError(f"{partial} could not be closed cleanly: not published.")
    sync(partial)
    os.replace(partial, target)


def publish_copy(paths: Settings) -> dict[str, dict[str, Any]]:
    """Copy the marts, and their evidence, to a new file and swap it in.

    Returns row count and hash of each mart that is content.
    """
    with new_database(paths.published, paths.warehouse, "warehouse") as connection:
        connection.execute("create schema marts")
        marts = tables_of(connection, "warehouse", "marts")
        if not marts:
            raise UserError(f"{paths.warehouse} has no marts: run `dbt build` first.")
        facts = {}
        for name in marts:
            copy = f"marts.{quoted(name)}"
            if name not in ABOUT_RUNS:
                connection.execute(f"create table {copy} as from warehouse.{copy}")
                facts[name] = content_hash(connection, copy)
        copy_about_runs(connection)
        copy_evidence(connection)
    return facts


def copy_about_runs(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the marts about runs as they are now, as far as the attached warehouse has them."""
    there = tables_of(connection, "warehouse", "marts")
    for name in [name for name in ABOUT_RUNS if name in there]:
        copy = f"marts.{quoted(name)}"
        connection.execute(f"create or replace table {copy} as from warehouse.{copy}")


def copy_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy what explains the marts, as far as the attached warehouse has it."""
    found = connection.execute(
        """select table_schema || '.' || table_name from information_schema.tables
        where table_catalog = 'warehouse'"""
    ).fetchall()
    there = {name for (name,) in found}
    for table in EVIDENCE:
        if table in there:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} as from warehouse.{table}")


def export_ledgers(paths: Settings) -> dict[str, int]:
    """Write every ledger as Parquet beside the warehouse; returns rows by ledger.

    Never replaces an export that has rows by an empty one: then the warehouse was made anew without
    restoring, and the next letters would go out twice.
    """
    partial = partial_of(paths.ledger_dir)
    partial.mkdir(parents=True, exist_ok=True)
    paths.ledger_dir.mkdir(parents=True, exist_ok=True)
    counts = {}
    connection = settings.connect(paths.warehouse, read_only=True)
    try:
        database = connection.execute("select current_database()").fetchone()[0]
        for name in tables_of(connection, database, "ledger"):
            file = partial / f"{name}.parquet"
            connection.execute(f"copy (from ledger.{quoted(name)}) to {text(file)}")
            exported = paths.ledger_dir / file.name
            count = f"select count(*) from read_parquet({text(file)})"
            counts[name] = connection.execute(count).fetchone()[0]
            if counts[name] == 0 and exported.exists():
                before = connection.execute(
                    f"select count(*) from read_parquet({text(exported)})"
                ).fetchone()[0]
                if before:
                    raise UserError(
                        f"The ledger {name} is empty, but its export {exported} has {before:,}"
                        " rows: the warehouse was not restored from it. Drop the table"
                        f" ledger.{name} and build again, or move the export away."
                    )
    finally:
        connection.close()
    for name in counts:
        file = partial / f"{name}.parquet"
        sync(file)
        os.replace(file, paths.ledger_dir / file.name)
    sync(paths.ledger_dir)
    partial.rmdir()
    return counts


def publish(
    paths: Settings, copy: Callable[[Settings], dict[str, dict[str, Any]]] = publish_copy
) -> dict[str, Any]:
    """Export the ledgers, swap in the analysts' copy, and write down what it holds.

    `copy` makes it, and returns row count and hash of each mart in it.
    """
    settings.connect(paths.warehouse, read_only=True).close()  # missing or locked: say so
    clean_leftovers(paths)
    if paths.runs.exists():
        paths.runs_log.touch()  # which a view reads
    try:
        ledgers = export_ledgers(paths)
        marts = copy(paths)
    finally:
        clean_leftovers(paths)
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


def export_parquet(paths: Settings, source: Path, link: Path) -> int:
    """Write the marts of a published file as Parquet to a new folder, and swap that in.

    `link` then names the new folder. The one before stays until the next time, for those who are
    reading in it. Returns how many marts there are.
    """
    clean_leftovers(paths)
    partial = partial_of(link)
    partial.mkdir(parents=True)
    with settings.connect(source, read_only=True) as connection:
        database = connection.execute("select current_database()").fetchone()[0]
        marts = tables_of(connection, database, "marts")
        for name in marts:
            file = partial / f"{name}.parquet"
            connection.execute(f"copy marts.{quoted(name)} to {text(file)} (format parquet)")
            sync(file)
    sync(partial)
    folder = link.with_name(f"{link.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    partial.rename(folder)
    before = link.resolve() if link.is_symlink() else None
    new_link = partial_of(link)
    new_link.symlink_to(folder.name)
    try:
        os.replace(new_link, link)
    except OSError as error:
        new_link.unlink()
        raise UserError(f"{link} is no link of ours: move it away, then publish again.") from error
    sync(link.parent)
    for old in link.parent.glob(f"{link.name}.2*"):
        if old not in (folder, before) and not old.name.endswith(".partial"):
            shutil.rmtree(old, ignore_errors=True)
    return len(marts)
