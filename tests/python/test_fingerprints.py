"""identity_fingerprints: whatever could change a record's links changes its fingerprint."""

from __future__ import annotations

import duckdb
import pytest
from conftest import ROOT, ScratchProject

NAME = "identity_fingerprints"
TEXTS = ("first_name_key", "last_name_key", "given_name", "birth_date_key", "gender", "street_key")
TEXTS += ("city_key", "postal_code_key", "email_key", "phone")
TABLES = {
    "identity_records": "record_key varchar, observed_at timestamp, birth_date date,"
    f" names_its_person boolean, {' varchar, '.join(TEXTS)} varchar",
    "identity_record_identifiers": "record_key varchar, identifier_type varchar,"
    " identifier_value varchar, shown_value varchar, observed_at timestamp",
    "identity_blocked_values": "identifier_type varchar, identifier_value varchar, reason varchar",
    "identity_checked_records": "record_key varchar",
    "identity_overrides": "record_key_a varchar, record_key_b varchar, decision varchar,"
    " decided_by varchar, decided_at timestamp",
}
# a and b say the same, and have two values each in common; c has two spellings of one of its own.
START = """
    insert into identity_records (record_key, names_its_person, first_name_key, observed_at)
    values ('a', true, 'zoe', '2026-01-01'), ('b', true, 'zoe', '2026-01-01'),
        ('c', true, 'jon', '2026-01-01');
    insert into identity_record_identifiers
    values ('a', 'email', 'ab@x', 'ab@x', '2026-01-01'), ('a', 'phone', '+1', '+1', '2026-01-01'),
        ('b', 'email', 'ab@x', 'ab@x', '2026-01-01'), ('b', 'phone', '+1', '+1', '2026-01-01'),
        ('c', 'email', 'c@x', 'c+1@x', '2026-01-01'), ('c', 'email', 'c@x', 'c@x', '2026-01-01');
    insert into identity_overrides values ('a', 'c', 'same', 'anna', '2026-01-01');
"""
VALUE = "insert into identity_record_identifiers values ('a', 'order_id', 'O1', 'O1', '2026-01-01')"
BLOCK = "insert into identity_blocked_values values"
DECIDE = "insert into identity_overrides values"

# What happens: whose fingerprints change.
CHANGES = {
    **{
        f"update identity_records set {column} = 'other' where record_key = 'a'": "a"
        for column in TEXTS
    },
    "update identity_records set birth_date = '1980-04-12' where record_key = 'a'": "a",
    "update identity_records set observed_at = '2026-01-02' where record_key = 'a'": "a",
    "update identity_records set names_its_person = false where record_key = 'a'": "a",
    VALUE: "a",
    f"{VALUE}; {VALUE.replace('O1', 'O2')}": "a",
    "delete from identity_record_identifiers where identifier_value = '+1'": "ab",
    "delete from identity_record_identifiers where identifier_value = 'c@x'": "c",
    "update identity_record_identifiers set shown_value = 'a+b@x'"
    " where identifier_type = 'email' and record_key = 'a'": "a",
    "update identity_record_identifiers set observed_at = '2025-01-01' where record_key = 'a'": "a",
    "update identity_record_identifiers set identifier_type = 'order_id'"
    " where identifier_type = 'phone'": "ab",
    f"{BLOCK} ('email', 'ab@x', 'blocked')": "ab",
    f"{BLOCK} ('email', 'ab@x', 'blocked'), ('phone', '+1', 'blocked')": "ab",
    f"{BLOCK} ('email', 'c@x', 'blocked')": "c",
    f"{BLOCK} ('phone', 'ab@x', 'blocked'), ('email', 'd@x', 'blocked')": "",
    f"{DECIDE} ('b', 'a', 'different', 'anna', '2026-01-01')": "ab",
    f"{DECIDE} ('b', 'gone', 'different', 'anna', '2026-01-01')": "b",
    f"{DECIDE} ('gone', 'b', 'different', 'anna', '2026-01-01')": "b",
    f"{DECIDE} ('gone', 'away', 'different', 'anna', '2026-01-01')": "",
    f"{DECIDE} ('b', 'c', 'same', 'anna', '2026-01-01'),"
    " ('c', 'b', 'same', 'anna', '2026-01-01')": "bc",
    "delete from identity_overrides": "ac",
    "update identity_overrides set decision = 'different'": "ac",
    "update identity_overrides set decided_by = 'ben'": "ac",
    "update identity_overrides set decided_at = '2026-01-02'": "ac",
    "delete from identity_records where record_key = 'b'": "b",
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
    assert set(before) == set("abc")
    warehouse.execute(change)
    after = fingerprints(warehouse, sql)
    assert {key for key in before if after.get(key) != before[key]} == set(CHANGES[change])


def test_a_block_that_moves_from_one_value_to_another_is_a_change(
    warehouse: duckdb.DuckDBPyConnection, sql: str
) -> None:
    warehouse.execute(f"{BLOCK} ('email', 'ab@x', 'blocked')")
    before = fingerprints(warehouse, sql)
    warehouse.execute(
        "update identity_blocked_values set identifier_type = 'phone', identifier_value = '+1'"
    )
    after = fingerprints(warehouse, sql)
    assert {key for key in before if after[key] != before[key]} == {"a", "b"}


def test_the_order_of_rows_is_no_change(warehouse: duckdb.DuckDBPyConnection, sql: str) -> None:
    before = fingerprints(warehouse, sql)
    for name in TABLES:
        warehouse.execute(
            f"create or replace table {name} as select * from {name} order by all desc"
        )
    assert fingerprints(warehouse, sql) == before
