"""The data checks: what they find, how they say it, and that no personal data leaks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT

from penpal.checks.contract import RawTable, public_marts, raw_contract
from penpal.checks.data_rules import staged_key

LEAK = "planted.person@secret-mail.example"

# Great Expectations takes seconds to import, so all cases run in one process.
DRIVER = """
import contextlib, io, json, os, sys
import check_data
from penpal import settings
done = {}
for case, (warehouse, arguments) in json.load(sys.stdin).items():
    os.environ["PENPAL_WAREHOUSE"] = warehouse
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        try:
            code = check_data.main(arguments)
        except settings.UserError as error:
            code = error.exit_code
            print(error)
    done[case] = [code, told.getvalue()]
print(json.dumps(done), flush=True)
os._exit(0)
"""


# What sound rows hold, by column; all else is null where staging made it, and LEAK as it came.
GIVEN = {"first_name": "'Ann'", "last_name": "'Lee'", "city": "'Bath'"}
STAGED = {
    "email": f"'{LEAK}' || i",
    "email_key": f"'{LEAK}' || i",
    "order_id": "'orders' || i",
    "product_id": "'products' || i",
    "created_at": "timestamp '2026-06-15' - i * interval 1 minute",
    "received_at": "timestamp '2026-06-15'",
    "anonymous_id": "'device' || i",
    "event_name": "'Product Viewed'",
    "status": "'paid'",
    "quantity": "1",
}


def staged_columns(table: RawTable) -> dict[str, str]:
    """The columns of a stg_ model with their types."""
    path = ROOT / "models" / "staging" / table.source / f"stg_{table.source}__{table.table}.yml"
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def raw_warehouse(path: Path, changes: dict[str, dict[str, str]] | None = None) -> str:
    """A warehouse of 100 sound rows a raw table; `changes` replaces what staging made of them.

    Of a table, `where` says which rows there are, `key` what the key is, `reject_reason` and
    `quality_flags` what became of each; any other column of staging may be given.
    """
    connection = duckdb.connect(str(path))
    connection.execute("create schema staging")
    for table in raw_contract():
        changed = (changes or {}).get(f"{table.source}.{table.table}", {})
        raw = {column.name: GIVEN.get(column.name, f"'{LEAK}'") for column in table.columns}
        raw |= {table.key: changed.get("key", f"'{table.table}' || i")} if table.key else {}
        raw = {name: f"cast({value} as varchar)" for name, value in raw.items()}
        reason = changed.get("reject_reason", "null")
        checked = {
            name: f"cast({changed.get(name, STAGED.get(name, 'null'))} as {kind})"
            for name, kind in staged_columns(table).items()
        }
        checked |= {staged_key(table): raw[table.key]} if table.key else {}
        checked |= {
            "fate": f"case when {reason} is null then 'staged' else 'rejected' end",
            "reject_reason": f"cast({reason} as varchar)",
            "quality_flags": f"cast({changed.get('quality_flags', 'null')} as varchar)",
            "raw_row": f"'{LEAK}'",
        }
        for name, columns in ((table.view, raw), (table.checked, checked)):
            listed = ", ".join(f'{value} as "{column}"' for column, value in columns.items())
            connection.execute(
                f"create view staging.{name} as select {listed} from range(100) as r(i)"
                f" where {changed.get('where', 'true')}"
            )
    connection.close()
    return str(path)


GOOD_MARTS = """
create schema marts; create schema rules;
create table rules.campaigns as select 'birthday' as campaign, 'marketing' as kind;
create table marts.customers as select
    'c' || i as customer_id, 'p' || i || '@example.org' as primary_email, true as can_email,
    0.5::double as open_rate, 0.0::double as click_rate, 50 as engagement_score, 40 as age,
    1 as orders_count, 10.00 as lifetime_revenue,
    timestamp '2026-01-01' as first_seen_at, timestamp '2026-01-02' as last_seen_at
from range(20) as r(i);
create table marts.customer_identifiers as select
    'email' as identifier_type, primary_email as identifier_value, customer_id
from marts.customers;
create table marts.customer_orders as select
    'o' || customer_id as order_id, customer_id, true as is_paid, 10.00 as revenue_base
from marts.customers;
create table marts.customer_web_events as select 'e' || customer_id as message_id, customer_id
from marts.customers;
create table marts.product_recommendations as select customer_id, 1 as rank from marts.customers;
create table marts.segment_memberships as select
    'birthday_today' as segment, customer_id, timestamp '2026-01-02' as qualified_at,
    'birthday' as reason
from marts.customers;
create table marts.segment_catalog as select 'birthday_today' as name, 20 as size;
create table marts.email_decisions as select
    'm' || customer_id as message_id, customer_id, 'send' as decision, 'due' as reason
from marts.customers;
create table marts.email_queue as select
    'm' || customer_id as message_id, customer_id, primary_email as email,
    'birthday' as campaign, '2026' as occasion, '{}' as context,
    timestamp '2026-01-02' as send_after, timestamp '2026-01-03' as expires_at
from marts.customers;
-- Somebody's cart may belong to another of their mailboxes than the one that is written to first.
update marts.email_queue set email = 'work14@example.org' where customer_id = 'c14';
create table marts.occasion_mailboxes as select customer_id, campaign, occasion, email
from marts.email_queue;
create table marts.source_audit as select
    'crm' as source, 'contacts' as source_table, 10 as rows_raw, 10 as rows_in,
    8 as rows_staged, 1 as rows_duplicate, 1 as rows_rejected;
"""

# Each broken promise: the statement that breaks it (for a customer of its own), what is said.
BROKEN_MARTS = {
    "key-twice": (
        "insert into marts.customers from marts.customers where customer_id = 'c1'",
        "marts.customers: 2 of 21 rows share their key with another: customer_id (such as c1)",
    ),
    "compound-key-twice": (
        "insert into marts.product_recommendations values ('c2', 1)",
        "marts.product_recommendations: 2 of 21 rows share their key with another: customer_id +",
    ),
    "queued-without-decision": (
        "update marts.email_decisions set decision = 'skip' where customer_id in ('c3', 'c4')",
        "marts.email_queue: 2 of 19 letters are queued without a decision to send (such as",
    ),
    "sent-but-not-queued": (
        "delete from marts.email_queue where customer_id = 'c5'",
        "marts.email_decisions: 1 of 18 decisions to send are not in the queue (such as mc5)",
    ),
    "no-consent": (
        "update marts.customers set can_email = null where customer_id = 'c6'",
        "marts.email_queue: 1 of 19 marketing letters are queued for people who gave no consent",
    ),
    "twice-for-one-occasion": (
        "update marts.email_queue set customer_id = 'c8', email = 'p8@example.org'"
        " where customer_id = 'c7'",
        "marts.email_queue: 2 of 19 letters are queued more than once",
    ),
    "to-another-address": (
        f"update marts.email_queue set email = '{LEAK}' where customer_id = 'c9'",
        "marts.email_queue.email: 1 of 19 letters are queued for another address",
    ),
    "context-is-no-json": (
        f"update marts.email_queue set context = '{LEAK}' where customer_id = 'c10'",
        "marts.email_queue.context: 1 of 19 letters queued have a context that is no JSON",
    ),
    "rate-above-one": (
        "update marts.customers set open_rate = 1.01 where customer_id = 'c11'",
        "marts.customers.open_rate: 1 of 21 rows have as open_rate what is not from 0 to 1",
    ),
    "revenue-off-by-a-cent": (
        "update marts.customers set lifetime_revenue = 10.01 where customer_id = 'c12'",
        "marts.customers.lifetime_revenue: 1 of 21 customers have an order count or revenue that",
    ),
    "member-unknown": (
        "update marts.segment_memberships set customer_id = 'x' where customer_id = 'c13'",
        "marts.segment_memberships.customer_id: 1 of 20 rows name a customer_id that is not",
    ),
    "size-wrong": (
        "update marts.segment_catalog set size = 19",
        "marts.segment_catalog.size: 1 of 1 segments have a size in the catalog that is not",
    ),
    "rows-lost": (
        "update marts.source_audit set rows_staged = 7",
        "marts.source_audit.rows_in: 1 of 1 raw tables have rows that are neither",
    ),
}

ODD = "case when i < {} then 'bad created_at' end"
RAW_CASES: dict[str, tuple[dict[str, dict[str, str]], list[str]]] = {
    "good": ({}, []),
    "bad-values": (
        {
            "crm.contacts": {
                "reject_reason": "case when i % 5 = 0 then 'missing created_at'"
                " when i < 97 then 'bad created_at' end",
            },
            "web.events": {"key": "'same'", "reject_reason": "'unknown event type'"},
            "shop.customers": {
                "quality_flags": "case when i < 11 then 'invalid_created_at' end",
            },
            "shop.orders": {
                "quality_flags": "case when i < 21 then 'invalid_email;unknown_cart_id'"
                " when i < 41 then 'unknown_cart_id' end",
            },
        },
        [],
    ),
    "at-the-thresholds": (
        {
            "crm.contacts": {"reject_reason": "case when i < 10 then 'bad created_at' end"},
            "crm.consents": {"reject_reason": "case when i < 2 then 'missing email' end"},
            "shop.orders": {"quality_flags": "case when i < 5 then 'invalid_email' end"},
        },
        [],
    ),
    "one-odd-row": (
        {"crm.contacts": {"where": "i < 3", "reject_reason": ODD.format(1)}},
        [],
    ),
    "two-of-three": (
        {"crm.contacts": {"where": "i < 3", "reject_reason": ODD.format(2)}},
        [],
    ),
    "no-rows": ({"shop.orders": {"where": "false"}}, []),
    "no-rows-unlisted": ({"shop.orders": {"where": "false"}}, ["--vars", "{sources: 'crm, web'}"]),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Exit code, console and reports of every case."""
    folder = tmp_path_factory.mktemp("checks")
    cases = {}
    for case, (changes, arguments) in RAW_CASES.items():
        cases[case] = (raw_warehouse(folder / f"{case}.duckdb", changes), ["raw", *arguments])
    broken = [statement for statement, _ in BROKEN_MARTS.values()]
    for case, statements in {"good-marts": [], "broken-marts": broken}.items():
        warehouse = folder / f"{case}.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            for statement in (GOOD_MARTS, *statements):
                connection.execute(statement)
            for mart in public_marts():  # the others hold no rows
                listed = [f"{column.name} {column.data_type}" for column in mart.columns]
                table = f"marts.{mart.name}"
                connection.execute(f"create table if not exists {table} ({', '.join(listed)})")
                for column in listed:
                    connection.execute(f"alter table {table} add column if not exists {column}")
        cases[case] = (str(warehouse), ["marts", "--json", str(folder / f"{case}.json")])
    duckdb.connect(str(folder / "empty.duckdb")).close()
    cases["no-base-views"] = (str(folder / "empty.duckdb"), ["raw"])
    cases["no-marts"] = (str(folder / "empty.duckdb"), ["marts"])
    cases["no-warehouse"] = (str(folder / "none.duckdb"), ["raw"])
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        cwd=ROOT / "scripts",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("{"), ran.stdout
    return {"folder": folder, **json.loads(ran.stdout)}


def test_every_mart_that_others_read_is_checked(done: dict[str, Any]) -> None:
    marts = ROOT / "models" / "marts"
    described = {path.stem for path in marts.rglob("*.yml")}
    assert described == {path.stem for kind in ("*.sql", "*.py") for path in marts.rglob(kind)}
    keyless = {mart.name for mart in public_marts() if not mart.key}
    assert keyless == {"consent_review", "rejected_records"}, (
        "say what is unique in the mart's YAML"
    )
    report = json.loads((done["folder"] / "good-marts.json").read_text(encoding="utf-8"))
    checked = {check["table"].removeprefix("marts.") for check in report["checks"]}
    assert checked == {mart.name for mart in public_marts()}


def test_good_data_passes(done: dict[str, Any]) -> None:
    for case in ("good", "good-marts", "at-the-thresholds", "one-odd-row"):
        code, told = done[case]
        assert code == 0, told
        assert len(told.splitlines()) == 1


def test_what_staging_rejects_or_empties_is_told_in_plain_words(done: dict[str, Any]) -> None:
    code, told = done["bad-values"]
    assert code == 1
    assert told.splitlines()[0].endswith("(such as contacts0, contacts1, contacts10) [rejected]")
    lines = [re.sub(r"( \(such as .*\))? \[\w+\]$", "", s) for s in told.splitlines()[:-1]]
    assert lines == [
        "ERROR   crm.contacts: 97 of 100 contacts are rejected; why, is in rejected_records",
        "ERROR   crm.contacts.created_at: 20 of 100 contacts lack the required created_at",
        "ERROR   crm.contacts.created_at: 77 of 100 contacts have a required created_at that cannot"
        " be read",
        "ERROR   shop.customers.created_at: 11 of 100 shop accounts have a required created_at that"
        " cannot be read",
        "WARNING shop.orders.email: 21 of 100 orders have an e-mail address that cannot be written"
        " to",
        "WARNING shop.orders.cart_id: 41 of 100 orders have a cart_id that cannot be read",
        "WARNING web.events: 99 of 100 web events repeat the message_id of another: is it the key?",
        "ERROR   web.events: 100 of 100 web events are rejected; why, is in rejected_records",
        "ERROR   web.events.type: 100 of 100 web events have a required type that cannot be read",
    ]


def test_most_of_a_small_table_is_not_one_odd_row(done: dict[str, Any]) -> None:
    assert done["two-of-three"][0] == 1


def test_a_listed_source_must_have_rows(done: dict[str, Any]) -> None:
    assert done["no-rows"][0] == 1
    assert "shop.orders: has no rows, but source shop is listed" in done["no-rows"][1]
    assert done["no-rows-unlisted"][0] == 0


@pytest.mark.parametrize("case", BROKEN_MARTS)
def test_a_broken_promise_is_told(done: dict[str, Any], case: str) -> None:
    code, told = done["broken-marts"]
    assert code == 1
    assert f"ERROR   {BROKEN_MARTS[case][1]}" in told


def test_what_cannot_run_says_why(done: dict[str, Any]) -> None:
    for case, says in {
        "no-base-views": "has no staging.base_crm__consents",
        "no-marts": "marts.customers, ",
        "no-warehouse": "There is no warehouse at",
    }.items():
        code, told = done[case]
        assert code == 2
        assert says in told


def test_reports_hold_no_personal_data(done: dict[str, Any]) -> None:
    reports = [p for p in done["folder"].rglob("*") if p.suffix in (".json", ".html")]
    assert len(reports) > 2 * len(RAW_CASES)
    for report in reports:
        text = report.read_text(encoding="utf-8")
        assert LEAK not in text
        assert "example.org" not in text
        assert "http" not in text  # the page needs nothing from elsewhere
    told = [done[case][1] for case in (*RAW_CASES, "broken-marts")]
    assert not any(LEAK in text or "example.org" in text for text in told)


def test_the_report_counts(done: dict[str, Any]) -> None:
    report = json.loads((done["folder"] / "broken-marts.json").read_text(encoding="utf-8"))
    assert report["status"] == "failed"
    failed = {(check["table"], check["column"]): check["failed"] for check in report["checks"]}
    assert failed["marts.customers", "open_rate"] == 1
    assert sum(check["status"] == "failed" for check in report["checks"]) == len(BROKEN_MARTS)
