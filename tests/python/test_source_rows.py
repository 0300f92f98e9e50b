"""identity_source_rows: whatever identity reads of a staged row changes the row's fingerprint."""

from __future__ import annotations

import re

import duckdb
import pytest
import yaml
from conftest import ROOT, ScratchProject

IDENTITY = ROOT / "models" / "identity"
NAME = "identity_source_rows"
STAGED = sorted(set(re.findall(r"ref\('(stg_\w+)'\)", (IDENTITY / f"{NAME}.sql").read_text())))
OVERRIDES = "identity_overrides"
OWN = {"event_type": "clicked", "is_bot": False, "is_machine_open": False, "is_deleted": False}
OTHER = {
    "varchar": "'other'",
    "timestamp": "timestamp '2020-02-02'",
    "date": "date '1980-04-12'",
    "boolean": "true",
}


def columns_of(table: str) -> dict[str, str]:
    """Names and types, as the model's contract has them."""
    (path,) = ROOT.glob(f"models/staging/**/{table}.yml")
    (model,) = yaml.safe_load(path.read_text())["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def read_columns() -> list[tuple[str, str]]:
    """Every staged column that a model of the identity layer names, besides the one tested."""
    found = set()
    for path in IDENTITY.glob("*.sql"):
        sql = path.read_text()
        if path.stem in (NAME, "device_letter_clicks"):
            continue
        # Aliases and names of raw tables are no columns.
        words = set(re.findall(r"\w+", re.sub(r"\bas \w+|'\w+\.\w+'", "", sql)))
        for table in set(re.findall(r"ref\('(stg_\w+)'\)", sql)):
            found |= {(table, column) for column in columns_of(table) if column in words}
    return sorted(found)


@pytest.fixture(scope="module")
def engine() -> str:
    return "duckdb"  # on Spark nothing is compared: every run looks at everything


@pytest.fixture(scope="module")
def sql(scratch: ScratchProject) -> str:
    """The model as compiled."""
    scratch.model(NAME, (IDENTITY / f"{NAME}.sql").read_text())
    for name in (*STAGED, OVERRIDES):
        scratch.model(name, "select 1 as n")
    done = scratch.dbt("compile")
    assert done.returncode == 0, done.stdout
    folder = scratch.folder / "target" / "compiled" / "penpal" / "models"
    return (folder / f"{NAME}.sql").read_text()


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """A row in each table, every column filled."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as scratch; use scratch.main")
    for table in STAGED:
        columns = columns_of(table)
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table {table} ({listed})")
        insert(connection, table)
    connection.execute(
        f"create table {OVERRIDES} (record_key_a varchar, record_key_b varchar, decision varchar,"
        " decided_by varchar, decided_at timestamp)"
    )
    connection.execute(f"insert into {OVERRIDES} values ('a', 'b', 'same', 'anna', '2026-01-01')")
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: object) -> None:
    start = {"varchar": "one", "timestamp": "2026-01-01", "date": "1970-01-01", "boolean": False}
    row = {
        name: values.get(name, OWN.get(name, start.get(kind, 1)))
        for name, kind in columns_of(table).items()
    }
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} values ({marks})", list(row.values()))


def source_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> set[tuple[str, int]]:
    return set(connection.execute(sql).fetchall())


def test_the_columns_are_found() -> None:
    found = read_columns()
    assert ("stg_crm__contacts", "additional_emails") in found
    assert ("stg_web__events", "traits_first_name") in found
    assert ("stg_web__events", "user_agent") not in found
    assert {table for table, _ in found} >= {"stg_email__events", "stg_crm__surveys"}


@pytest.mark.parametrize(("table", "column"), read_columns())
def test_a_column_that_is_read_changes_the_fingerprint(
    warehouse: duckdb.DuckDBPyConnection, sql: str, table: str, column: str
) -> None:
    before = source_rows(warehouse, sql)
    warehouse.execute(f"update {table} set {column} = {OTHER[columns_of(table)[column]]}")
    assert source_rows(warehouse, sql) != before


@pytest.mark.parametrize("column", ["record_key_a", "record_key_b", "decision", "decided_at"])
def test_an_override_concerns_both_its_records(
    warehouse: duckdb.DuckDBPyConnection, sql: str, column: str
) -> None:
    before = source_rows(warehouse, sql)
    assert {"a", "b"} <= {owner for owner, _ in before}
    other = "timestamp '2026-02-02'" if column == "decided_at" else "'c'"
    warehouse.execute(f"update {OVERRIDES} set {column} = {other}")
    assert len(before - source_rows(warehouse, sql)) == 2


def test_an_override_both_ways_round_is_two(warehouse: duckdb.DuckDBPyConnection, sql: str) -> None:
    before = source_rows(warehouse, sql)
    warehouse.execute(f"insert into {OVERRIDES} values ('b', 'a', 'same', 'anna', '2026-01-01')")
    assert len(source_rows(warehouse, sql) - before) == 2


def test_events_of_one_visitor_are_one_row(warehouse: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Whichever of them changes, and also where two change by the same."""
    for number in (2, 3):
        insert(warehouse, "stg_web__events", message_id=f"M{number}")
    before = source_rows(warehouse, sql)
    # One for the events, one for the checkout on the same browser.
    assert sum(owner == "a:one" for owner, _ in before) == 2
    warehouse.execute("update stg_web__events set order_id = 'O' where message_id <> 'one'")
    after = source_rows(warehouse, sql)
    assert len(before - after) == len(after - before) == 1
    warehouse.execute("delete from stg_web__events")
    assert sum(owner == "a:one" for owner, _ in source_rows(warehouse, sql)) == 1


def test_the_order_of_rows_is_no_change(warehouse: duckdb.DuckDBPyConnection, sql: str) -> None:
    for number in range(20):
        insert(warehouse, "stg_web__events", message_id=f"M{number}")
    before = source_rows(warehouse, sql)
    warehouse.execute(
        "create or replace table stg_web__events as"
        " select * from stg_web__events order by message_id desc"
    )
    assert source_rows(warehouse, sql) == before
