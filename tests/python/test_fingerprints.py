"""identity_fingerprints: whatever events tell of a record changes its fingerprint.

What else a record says is in its own row (test_source_rows.py), or known to be a change
(identity_checked_records).
"""

from __future__ import annotations

import duckdb
import pytest
from conftest import ROOT, ScratchProject

NAME = "identity_fingerprints"
TABLES = {
    "identity_records": "record_key varchar, source_table varchar, observed_at timestamp,"
    " first_name_key varchar, last_name_key varchar, name_suffix varchar",
    "identity_record_identifiers": "record_key varchar, identifier_type varchar,"
    " identifier_value varchar, shown_value varchar, observed_at timestamp",
    "identity_checked_records": "record_key varchar",
}
A, B, C = "web.users:a", "web.identify:b", "shop.orders:c"
# Two logins that say the same, and an order in an occasion with one of them.
START = f"""
    insert into identity_records
    values ('{A}', 'web.users', '2026-01-01', 'zoe', 'lind', null),
        ('{B}', 'web.identify', '2026-01-01', 'zoe', 'lind', null),
        ('{C}', 'shop.orders', '2026-01-01', 'jon', 'berg', null);
    insert into identity_record_identifiers
    values ('{A}', 'email', 'ab@x', 'ab@x', '2026-01-01'),
        ('{A}', 'phone', '+1', '+1', '2026-01-01'),
        ('{B}', 'email', 'ab@x', 'ab@x', '2026-01-01'),
        ('{B}', 'phone', '+1', '+1', '2026-01-01'),
        ('{A}', 'cart_id', 'K', 'K', '2026-01-01'), ('{C}', 'cart_id', 'K', 'K', '2026-01-01');
"""
VALUE = "insert into identity_record_identifiers values"
IDENTIFIERS = "update identity_record_identifiers set"

# What happens: whose fingerprints change.
CHANGES = {
    f"update identity_records set first_name_key = 'eva' where record_key = '{A}'": {A},
    f"update identity_records set last_name_key = 'dahl' where record_key = '{B}'": {B},
    f"update identity_records set name_suffix = 'sr' where record_key = '{B}'": {B},
    f"update identity_records set observed_at = '2026-01-02' where record_key = '{A}'": {A},
    "update identity_records set first_name_key = 'eva' where source_table = 'shop.orders'": set(),
    f"{VALUE} ('{A}', 'order_id', 'O1', 'O1', '2026-01-01')": {A},
    f"{VALUE} ('{C}', 'order_id', 'O1', 'O1', '2026-01-01')": {C},
    f"{VALUE} ('{C}', 'order_id', 'O1', 'O1', '2026-01-01'),"
    f" ('{C}', 'order_id', 'O2', 'O2', '2026-01-01')": {C},
    f"{VALUE} ('{C}', 'session_id', 'S', 'S', '2026-01-01')": {C},
    f"{VALUE} ('{C}', 'email', 'c@x', 'c@x', '2026-01-01')": set(),
    "delete from identity_record_identifiers where identifier_value = '+1'": {A, B},
    "delete from identity_record_identifiers where identifier_value = 'K'": {A, C},
    f"{IDENTIFIERS} shown_value = 'a+b@x' where identifier_type = 'email'": {A, B},
    f"{IDENTIFIERS} observed_at = '2025-01-01' where record_key = '{A}'": {A},
    f"{IDENTIFIERS} identifier_type = 'order_id' where identifier_type = 'phone'": {A, B},
    f"{IDENTIFIERS} identifier_type = 'order_id' where identifier_type = 'cart_id'": {A, C},
    f"delete from identity_records where record_key = '{B}'": {B},
}


@pytest.fixture(scope="module")
def engine() -> str:
    return "duckdb"  # on Spark nothing is compared: every run looks at everything


@pytest.fixture(scope="module")
def sql(scratch: ScratchProject) -> str:
    """The model as compiled."""
    scratch.model(NAME, (ROOT / "models" / "identity" / f"{NAME}.sql").read_text())
    for name in TABLES:
        scratch.model(name, "select 1 as n")
    done = scratch.dbt("compile")
    assert done.returncode == 0, done.stdout
    folder = scratch.folder / "target" / "compiled" / "penpal" / "models"
    return (folder / f"{NAME}.sql").read_text()


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as scratch; use scratch.main")
    for name, columns in TABLES.items():
        connection.execute(f"create table {name} ({columns})")
    connection.execute(START)
    return connection


def fingerprints(warehouse: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    found = warehouse.execute(sql).fetchall()
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_changes_whom_it_concerns(
    warehouse: duckdb.DuckDBPyConnection, sql: str, change: str
) -> None:
    before = fingerprints(warehouse, sql)
    assert set(before) == {A, B, C}
    warehouse.execute(change)
    after = fingerprints(warehouse, sql)
    assert {key for key in before if after.get(key) != before[key]} == CHANGES[change]


def test_the_order_of_rows_is_no_change(warehouse: duckdb.DuckDBPyConnection, sql: str) -> None:
    before = fingerprints(warehouse, sql)
    for name in TABLES:
        warehouse.execute(
            f"create or replace table {name} as select * from {name} order by all desc"
        )
    assert fingerprints(warehouse, sql) == before
