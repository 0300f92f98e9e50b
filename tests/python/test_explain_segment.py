"""explain.py segment: why in, why not, since when, and names that nothing has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT
from tiny_identity import build, has

from penpal.segments.explain import explain_segment, render_segment
from penpal.settings import UserError

MEMBER, OTHER = "crm.contacts:MEMBER", "crm.contacts:OTHER"

MARTS = """
create table marts.segment_catalog as
select unnest(['buyers', 'browsers']) as name, 'At least 3 orders.' as criterion,
    '{"orders": 3, "tags": ["eco", "new"]}' as thresholds, 'nightly' as refresh,
    '["orders_count", "open_rate", "customer_orders"]' as looks_at,
    'the last 30 days' as time_frame;
create table marts.customers as
select unnest(['1', '2']) as customer_id, unnest([3, 2]) as orders_count, null as open_rate;
create table marts.segment_memberships as
select 'buyers' as segment, '1' as customer_id, timestamp '2026-06-02 08:00' as qualified_at,
    'paid for 3 orders' as reason;
create table marts.segment_membership_history as
from (values
    ('buyers', '1', timestamp '2026-06-12', null),
    ('buyers', '1', timestamp '2026-06-02', timestamp '2026-06-10'),
    ('browsers', '2', timestamp '2026-06-03', timestamp '2026-06-04'),
) as spells (segment, customer_id, entered_at, left_at);
create table marts.customer_orders as
select if(n = 9, '1', '2') as customer_id,
    timestamp '2026-05-01' + n * interval 1 day as created_at,
    'paid' as status, true as is_paid, 10.5 as total, 'EUR' as currency
from range(10) as numbers (n);
create table ledger.segment_changes as select timestamp '2026-06-01' as seen_at;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [MEMBER], "2": [OTHER]},
        identity_record_values=[
            has(MEMBER, "email", "anna@shop.example"),
            has(OTHER, "phone", "+4930123456"),
        ],
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema ledger")
        connection.execute(MARTS)
    return path


def ask(path: Path, segment: str, customer: str) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        return render_segment(explain_segment(connection, segment, customer))


def test_a_member_has_a_reason_and_spells(warehouse: Path) -> None:
    for segment in ("buyers", "segment_buyers"):
        text = ask(warehouse, segment, MEMBER)
        assert text.startswith("1 is in buyers: paid for 3 orders.\nQualified at 2026-06-02 08:00.")
        assert "  2026-06-02 00:00 until 2026-06-10 00:00\n  2026-06-12 00:00 until now" in text


def test_who_is_not_in_it_sees_the_criterion_beside_the_values(warehouse: Path) -> None:
    text = ask(warehouse, "buyers", OTHER)
    assert text.startswith("2 is not in buyers.")
    assert "Criterion   At least 3 orders." in text
    assert "Thresholds  orders 3, tags eco, new" in text
    assert "  orders_count  2\n  open_rate     -" in text
    assert "customer_orders (9)\n  happened_at          status" in text
    assert "2026-05-09 00:00:00  paid    True     10.5   EUR" in text
    assert "… and 4 more (--all lists them)" in text
    assert "No run has seen the customer in it since 2026-06-01 00:00." in text


def test_who_was_in_it_once(warehouse: Path) -> None:
    text = ask(warehouse, "browsers", OTHER)
    assert text.startswith("2 is not in browsers.")
    assert "2026-06-03 00:00 until 2026-06-04 00:00" in text and "No run has seen" not in text


def test_predictions_stand_beside_the_criterion(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            insert into marts.segment_catalog values
                ('risky', '80 %.', '{}', 'nightly', '["customer_churn_predictions"]', 'a quarter');
            create table marts.customer_churn_predictions as
            select '2' as customer_id, 'recency' as method, 0.79 as churn_probability,
                'last order 80 days ago (raises it)' as reason_1, null as reason_2, null as reason_3
        """)
    text = ask(warehouse, "risky", OTHER)
    assert text.startswith("2 is not in risky.")
    assert "customer_churn_predictions (1)\n  method   churn_probability  reason_1" in text
    assert "recency  0.79               last order 80 days ago (raises it)" in text
    assert "customer_churn_predictions (0)\n  none" in ask(warehouse, "risky", MEMBER)


@pytest.mark.parametrize(
    ("segment", "customer", "why"),
    [
        ("buyer", MEMBER, "There is no segment 'buyer': did you mean buyers"),
        ("x", MEMBER, "There is no segment 'x': there are buyers, browsers."),
        ("buyers", "ana@shop.exemple", "did you mean anna@shop.example"),
        ("buyers", "crm.contacts:OTHR", "did you mean crm.contacts:OTHER"),
        ("buyers", "nobody", "is called 'nobody': give a record"),
    ],
)
def test_names_that_nothing_has(warehouse: Path, segment: str, customer: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        ask(warehouse, segment, customer)


def test_a_warehouse_without_marts(tmp_path: Path) -> None:
    path = build(tmp_path / "tiny.duckdb", {"1": [MEMBER]})
    with pytest.raises(UserError, match=r"has no marts\.segment_catalog, .* run `dbt build`"):
        ask(path, "buyers", MEMBER)


def test_on_the_command_line(warehouse: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "explain.py"), "segment", *arguments],
            env=os.environ | {"PENPAL_WAREHOUSE": str(warehouse)},
            check=False,
            capture_output=True,
            text=True,
        )

    assert "\n  … and" not in run("buyers", OTHER, "--all").stdout
    facts = json.loads(run("buyers", MEMBER, "--json").stdout)
    assert facts["is_member"] and facts["qualified_at"] == "2026-06-02T08:00:00"
    refused = run("bayers", MEMBER)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr


def test_the_marts_listed_are_there(built_warehouse: Path) -> None:
    """On the sample each segment answers, with all that it looks at."""
    with duckdb.connect(str(built_warehouse), read_only=True) as connection:
        some = connection.execute("select min(customer_id) from marts.customers").fetchone()[0]
        for (segment,) in connection.execute("select name from marts.segment_catalog").fetchall():
            facts = explain_segment(connection, segment, some)
            assert facts["values"] or facts["events"]
