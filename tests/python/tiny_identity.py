"""A warehouse with nothing but hand-made identity tables, for the tests that read evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from penpal.identity.evidence import TABLES

SINCE = "2026-01-01 09:00:00"
# Columns with whole numbers of a run: tests write a record key, or any name, in their place.
NUMBERS = ("record_id", "cluster", "profile_a", "profile_b")

COLUMNS = {
    **TABLES,
    "identity.identity_map": "record_id bigint, record_key varchar, source_table varchar,"
    " source_key varchar, customer_id varchar, cluster bigint, first_seen_at timestamp",
    "identity.identity_customers": "customer_id varchar, first_seen_at timestamp,"
    " records_count bigint",
    "staging.stg_web__events": "message_id varchar, event_type varchar, user_id varchar",
    "staging.stg_email__events": "event_id varchar, event_type varchar, email_key varchar",
}


def build(path: Path, customers: dict[str, list[str]], **tables: list[dict[str, Any]]) -> Path:
    """Write the warehouse: customers as {customer_id: record keys}, tables by their names.

    Tables that are not given do not exist, except the three that every warehouse has.
    """
    records = [
        {
            "record_id": key,
            "record_key": key,
            "source_table": key.split(":")[0],
            "source_key": key.split(":")[1],
            "customer_id": customer,
            "first_seen_at": SINCE,
        }
        for customer, keys in customers.items()
        for key in keys
    ]
    counts = [{"customer_id": c, "records_count": len(k)} for c, k in customers.items()]
    given = {"identity_edges": [], **tables}
    given |= {"identity_map": records, "identity_customers": counts}
    names = {table.split(".")[1]: table for table in COLUMNS}
    numbers: dict[str, int] = {}
    with duckdb.connect(str(path)) as connection:
        for name, rows in given.items():
            table = names[name]
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} ({COLUMNS[table]})")
            for told in rows:
                row = {
                    column: numbers.setdefault(value, len(numbers) + 1)
                    if column in NUMBERS
                    else value
                    for column, value in told.items()
                }
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values())
                )
    return path


def on(record: str, kind: str, value: str, basis: str, group: str = "") -> dict[str, Any]:
    """A link of a record to an identifier value, as in identity_edges."""
    return {
        "record_key": record,
        "other_record_key": None,
        "identifier_type": kind,
        "identifier_value": value,
        "group_key": group,
        "rule": f"{kind}:{basis}",
        "source": record.split(":", maxsplit=1)[0],
        "first_seen_at": SINCE,
    }


def fuzzy(record: str, other: str, score: float, rule: str = "fuzzy") -> dict[str, Any]:
    """A link between two records, as in identity_edges."""
    return {
        "record_key": record,
        "other_record_key": other,
        "rule": rule,
        "score": score,
        "source": "crm.contacts",
        "first_seen_at": SINCE,
    }


def refused(record: str, reason: str, **columns: Any) -> dict[str, Any]:
    """A refused link, as in identity_conflicts."""
    row = {"record_key": record, "rule": "phone:same_name", "reason": reason}
    return row | {"first_seen_at": SINCE} | columns


def has(record: str, kind: str, value: str, shown: str | None = None) -> dict[str, Any]:
    """A value that a record carries, as in identity_record_values."""
    return {
        "record_key": record,
        "identifier_type": kind,
        "identifier_value": value,
        "shown_value": shown or value,
        "observed_at": SINCE,
    }


def candidate(one: str, other: str, rule: str, *, is_linked: bool = False) -> dict[str, Any]:
    """A pair that blocking proposes, as in identity_candidates."""
    pair = {"profile_a": one, "profile_b": other}
    return pair | {"blocking_rule": rule, "is_linked": is_linked}


def scored(one: str, other: str, weight: float, rule: str = "name_and_year") -> dict[str, Any]:
    """A scored pair, as in identity_pairs."""
    return {"record_key_a": one, "record_key_b": other, "blocking_rule": rule, "weight": weight}


def steps(one: str, other: str, *parts: tuple[str, str, float]) -> list[dict[str, Any]]:
    """The waterfall of a pair from (comparison, level, weight), as in identity_waterfall."""
    running, rows = 0.0, []
    for number, (comparison, level, weight) in enumerate(parts):
        running += weight
        rows.append(
            {
                "record_key_a": one,
                "record_key_b": other,
                "step_number": number,
                "comparison": comparison,
                "level": level,
                "value_a": None if comparison == "prior" else f"{comparison} of {one}",
                "value_b": None if comparison == "prior" else f"{comparison} of {other}",
                "weight": weight,
                "running_weight": running,
            }
        )
    return rows
