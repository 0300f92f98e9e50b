"""A lake judged by itself, before any build: files, columns, and what staging will reject."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from penpal.checks.contract import Column, RawTable, raw_contract
from penpal.checks.shares import REJECTED, is_too_many
from penpal.checks.staging import Staging
from penpal.lake.files import kind_of, lake_files
from penpal.lake.parquet import FAULT, FILE, LINE, OURS, pattern
from penpal.lake.reader import Rules, read_table
from penpal.project_vars import listed_sources
from penpal.settings import Settings, UserError
from penpal.terminal import shown

FIRST_ROWS = 10_000  # of each table, which staging judges
MOST_NAMED = 20  # columns of no use
ALIKE = 0.6  # how alike a name must be to be meant (difflib's measure)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Rows:
    """The rows of a raw table as its files have them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, found: dict[str, Any]):
        self.connection = connection
        paths = [pattern(path) for path in found["text"] + found["parquet"]]
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        connection.execute(
            f"create view lake as select * from read_parquet([{listed}], union_by_name = true,"
            " hive_partitioning = false)"
        )
        self.columns = [name for name, *_ in self.query("describe lake")]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def _faults(rows: _Rows) -> list[dict[str, Any]]:
    """The reasons why lines cannot be read: how many, and where the first of them is."""
    if FAULT not in rows.columns:
        return []
    counted = rows.query(
        f"select {FAULT}, count(*), min_by({FILE} || ', line ' || {LINE}, ({FILE}, {LINE}))"
        f" from lake where {FAULT} is not null group by {FAULT} order by {FAULT}"
    )
    return [{"reason": r, "lines": n, "first": where} for r, n, where in counted]


def _columns(table: RawTable, rows: _Rows) -> dict[str, Any]:
    given = {name.strip().lower(): name for name in rows.columns if name not in OURS}
    known = {column.name: column.required for column in table.columns}
    spellings = {column.name: column.spellings for column in table.columns}
    absent = [name for name in known if not given.keys() & set(spellings[name])]
    unknown = sorted(given.keys() - set(chain.from_iterable(spellings.values())))
    meant = {
        name: near[0]
        for name in unknown
        if (near := difflib.get_close_matches(name.replace(" ", "_"), absent, 1, ALIKE))
    }
    return {
        "missing": [name for name in absent if known[name]],
        "unknown": {shown(name): meant.get(name) for name in unknown},
    }


def _values(column: Column, given: Mapping[str, str], other_key: str | None) -> list[str]:
    """Where the text of a column may stand in a row, as _raw_value of macros/staging/raw.sql."""
    texts = [
        f"cast({_quoted(given[name])} as varchar)" for name in column.spellings if name in given
    ]
    for outer, dot, path in (name.partition(".") for name in column.also):
        if dot and other_key and outer.lower() in given:
            json = f"cast({_quoted(given[outer.lower()])} as varchar)"
            texts.append(
                f"case when {_quoted(given[other_key])} is not null and json_valid({json})"
                f" then json_extract_string({json}, '$.{path}') end"
            )
    return [f"nullif(trim({text}), '')" for text in texts]


def _first_rows(table: RawTable, rows: _Rows) -> pa.Table:
    """The first rows as the base model gives them: trimmed text, and the position."""
    given = {name.strip().lower(): name for name in rows.columns}
    position = {"source_file": FILE, "source_line": LINE, "source_fault": FAULT}
    other_key = next((name for name in table.columns[0].spellings[1:] if name in given), None)
    columns = [
        f"coalesce(null, {', '.join(_values(column, given, other_key)) or 'null::varchar'})"
        f" as {_quoted(column.name)}"
        for column in table.columns
    ]
    columns += [
        (ours if ours in rows.columns else f"cast(null as {kind})") + f" as {name}"
        for (name, ours), kind in zip(position.items(), ("varchar", "bigint", "varchar"), strict=1)
    ]
    query = f"select {', '.join(columns)} from lake limit {FIRST_ROWS}"
    return rows.connection.sql(query).to_arrow_table()


def judge_table(table: RawTable, paths: Settings, staging: Staging | None) -> dict[str, Any] | None:
    """What is to be said of a raw table; None where it has no file. Counts and names, no values.

    Without `staging` nothing is said of what it makes of the rows.
    """
    folder = paths.lake / table.source / table.table
    told: dict[str, Any] = {"table": f"{table.source}.{table.table}", "error": None}
    try:
        names = [shown(path.relative_to(folder)) for path in lake_files(folder)]
        cache = paths.warehouse.with_name(f"{paths.warehouse.stem}.lake")
        rules = Rules(
            table.spellings,
            [column.name for column in table.columns if column.required],
        )
        found = read_table(folder, cache / f"{table.source}__{table.table}", rules)
    except UserError as error:
        return {**told, "error": str(error)}
    if not found["text"] and not found["parquet"]:
        return None
    with duckdb.connect() as connection:
        rows = _Rows(connection, found)
        told |= {"files": names, "records": rows.query("select count(*) from lake")[0][0]}
        told |= _columns(table, rows) | {"unreadable": _faults(rows), "first_rows": None}
        if staging and not told["missing"]:
            staging.connection.register("first_rows", _first_rows(table, rows))
            told["first_rows"] = staging.judge(table, "from first_rows")
        return told


def judge(paths: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    """A whole lake: every raw table, what is not there, and files that belong to no table.

    `given` are the dbt vars of a run: `sources`, and whatever staging reads by.
    """
    sources = listed_sources(given)
    contract = [table for table in raw_contract() if table.source in sources]
    with Staging(given) as staging:
        tables = {
            f"{table.source}.{table.table}": judge_table(table, paths, staging)
            for table in contract
        }
    known = {paths.lake / table.source / table.table for table in raw_contract()}
    return {
        "lake": str(paths.lake),
        "tables": [told for told in tables.values() if told],
        "missing": [
            f"{table.source}.{table.table}"
            for table in contract
            if table.required
            and not tables[f"{table.source}.{table.table}"]
            and not (table.unless and tables[f"{table.source}.{table.unless}"])
        ],
        "elsewhere": [
            shown(path.relative_to(paths.lake))
            for path in lake_files(paths.lake)
            if not known.intersection(path.parents) and _is_kind(path)
        ],
    }


def _is_kind(path: Path) -> bool:
    try:
        return bool(kind_of(path))
    except UserError:
        return False


def is_good(told: dict[str, Any]) -> bool:
    """Whether a run would go on with the lake; what is rejected one by one is only told."""
    return not told["missing"] and not any(
        table["error"] or table["missing"] or _is_rejected(table["first_rows"])
        for table in told["tables"]
    )


def _is_rejected(first: dict[str, Any] | None) -> bool:
    """Whether so many of the first rows would be rejected that a run stops."""
    return bool(first) and is_too_many(sum(first["rejected"].values()), first["rows"], REJECTED)


def _staged_lines(name: str, first: dict[str, Any] | None) -> list[str]:
    if first is None:
        return []
    lines = []
    of = f"of the first {first['rows']:,} rows"
    if rejected := sum(first["rejected"].values()):
        # What the check of the raw data would stop, it stops here.
        level = "ERROR  " if is_too_many(rejected, first["rows"], REJECTED) else "WARNING"
        reasons = _listed(first["rejected"])
        lines.append(f"{level} {name}: {rejected:,} {of} would be rejected: {reasons}")
    if first["flagged"]:
        lines.append(f"        {name}: flagged {of}: {_listed(first['flagged'])}")
    if first["not_yet_received"]:
        number = first["not_yet_received"]
        lines.append(f"WARNING {name}: {number:,} {of} are dated after the clock: not seen yet")
    return lines


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{shown(what)} {number:,}" for what, number in counts.items())


def as_text(told: dict[str, Any]) -> list[str]:
    """The same for people, a few lines a table."""
    lines = []
    for table in told["tables"]:
        if table["error"]:
            lines += [f"ERROR   {table['table']}: {e}" for e in table["error"].splitlines()]
            continue
        files = f"{len(table['files']):,} file" + "s" * (len(table["files"]) != 1)
        lines.append(f"{table['table']}: {files}, {table['records']:,} records")
        meant = {name: near for name, near in table["unknown"].items() if near}
        lines += [
            f"ERROR   {table['table']}: lacks the required column {name}"
            for name in table["missing"]
        ]
        lines += [
            f"WARNING {table['table']}: column {name} is not in the contract; {near} is meant?"
            for name, near in meant.items()
        ]
        if others := [name for name in table["unknown"] if name not in meant]:
            ignored = ", ".join(others[:MOST_NAMED]) + ", …" * (len(others) > MOST_NAMED)
            lines.append(f"        {table['table']}: ignored, not in the contract: {ignored}")
        lines += _staged_lines(table["table"], table["first_rows"])
        lines += [
            f"WARNING {table['table']}: {fault['lines']:,} x {fault['reason']}"
            f" (first: {fault['first']})"
            for fault in table["unreadable"]
        ]
    lines += [f"ERROR   {name} is missing: its source is listed" for name in told["missing"]]
    lines += [f"WARNING {name} is in no raw table's folder" for name in told["elsewhere"]]
    return lines
