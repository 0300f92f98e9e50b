"""explain.py customer and decision: every value with its source, and what a letter waits for."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT
from tiny_identity import build, has, on

from penpal import publishing
from penpal.customers.facts import explain_customer, explain_decision
from penpal.customers.next_letter import NEEDS, Words, next_day
from penpal.customers.sections import customer_sections, headline
from penpal.customers.tables import Warehouse
from penpal.customers.text import render_customer, render_decision
from penpal.pages import page
from penpal.settings import Settings, UserError

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"
ANNA, FORMER = "crm.contacts:C1", "11111111-1111-1111-1111-111111111111"

TABLES = """
create table marts.customers as select '1' as customer_id, $name as first_name,
    'Berg' as last_name, 'anna@shop.example' as primary_email, 'Europe/Berlin' as timezone,
    3 as orders_count, 'H1' as household_id;
create table marts.customer_attributes as from (values
    ('1', 'first_name', $name, 'crm.contacts', timestamp '2026-05-01', 'crm.contacts:C1'),
    ('1', 'phone', '+4930', 'shop.orders', timestamp '2026-05-02', 'shop.orders:O1'),
) as told (customer_id, attribute, value, source, observed_at, record_key);
create table marts.households as select 'H1' as household_id, 'Ring 1' as street_address,
    '10115' as postal_code, 'Berlin' as city;
create table marts.email_decisions as from (values
    ('m1', '1', 'anna@shop.example', 'cart', 'K1', 'default', 'skip', 'no_consent', null,
        timestamp '2026-06-15 08:00', timestamp '2026-06-17', timestamp '2026-06-15 12:00'),
    ('m2', '1', 'anna@shop.example', 'birthday', '2026', 'default', 'hold', 'quiet_hours',
        '{"local_time": "21:30", "ends_at": "2026-06-16 05:00:00"}',
        timestamp '2026-06-15 08:00', timestamp '2026-06-17', timestamp '2026-06-15 12:00'),
    ('m3', '1', 'anna@shop.example', 'cart', 'K0', 'default', 'skip', 'a_new_reason', null,
        timestamp '2026-06-10 08:00', timestamp '2026-06-16', timestamp '2026-06-15 12:00'),
) as decisions (message_id, customer_id, email, campaign, occasion, variant, decision, reason,
    evidence, send_after, expires_at, evaluated_at);
create table rules.campaigns as from (values
    ('cart', 'abandoned', 1, true, 'About a cart.'), ('birthday', 'birthday', 2, true, 'Greets.'),
    ('news', 'readers', 3, true, 'News.'), ('old', 'readers', 4, false, 'Old news.'),
) as campaigns (campaign, trigger, priority, is_active, description);
create table marts.segment_catalog as select 'readers' as name, 'Reads a lot.' as criterion;
create table marts.customer_consents as select '1' as customer_id, 'withdrawn' as marketing_status,
    timestamp '2026-03-01' as marketing_since, timestamp '2026-03-01' as marketing_refused_at,
    'granted' as personalization_status, timestamp '2026-01-01' as personalization_since,
    null::timestamp as personalization_refused_at, null as suppression_reason;
create table activity.consent_statements as select 'crm.consents' as source_table,
    'S1' as source_key, 'anna@shop.example' as email, 'anna@shop.example' as email_key,
    'marketing' as purpose, 'withdrawn' as status, null as event_type,
    timestamp '2026-03-01' as occurred_at, null as review_reason;
create table staging.checked_crm__consents as select 'S1' as consent_id, 'staged' as fate,
    'preference centre' as consent_source, 'v7' as wording_version, 'abcdef0123456789' as
    wording_sha256, 'consents.csv' as source_file, 9 as source_line;
create table staging.checked_crm__contacts as select 'C1' as contact_id, 'staged' as fate,
    'contacts.csv' as source_file, 2 as source_line;
create table ledger.email_messages as from (values
    ('m9', '1', 'anna@shop.example', 'birthday', '2025', 'default', timestamp '2025-06-15', 'Hi'),
    ('m8', $former, 'anna@shop.example', 'cart', 'K9', 'default', timestamp '2025-05-15', 'Cart'),
) as letters (message_id, customer_id, email, campaign, occasion, variant, sent_at, subject);
create table marts.email_revocations as select 'm9' as message_id, '1' as customer_id,
    'no_consent' as reason;
create schema profile;
create table profile.customer_offer_codes as select 'BCDF-2222' as code, 'present' as offer,
    '1' as customer_id, '2026' as occasion, timestamp '2026-06-01' as issued_at,
    timestamp '2026-06-15' as expires_at;
create table marts.offer_redemptions as select 'BCDF-2222' as code, 'present' as offer,
    '1' as customer_id, '2' as used_by_customer_id, 'O7' as order_id,
    timestamp '2026-06-02' as used_at, 'by_somebody_else' as judgement;
create table marts.email_queue as select 'm5' as message_id, '1' as customer_id,
    'news' as campaign, 'today' as occasion, 'anna@shop.example' as email;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = build(
        tmp_path / "tiny.duckdb",
        {"1": [ANNA, "shop.orders:O1"]},
        identity_edges=[on(ANNA, "email", "anna@shop.example", "only_holder")],
        identity_record_values=[has(ANNA, "email", "anna@shop.example")],
        customer_id_changes=[
            {"customer_id": FORMER, "current_customer_id": "1", "changed_at": "2026-02-02"}
        ],
    )
    with duckdb.connect(str(path)) as connection:
        for schema in ("marts", "rules", "ledger", "activity", "staging"):
            connection.execute(f"create schema if not exists {schema}")
        for statement in TABLES.split(";"):
            asked = {
                n: v for n, v in {"name": HOSTILE, "former": FORMER}.items() if f"${n}" in statement
            }
            connection.execute(statement, asked or None) if statement.strip() else None
    return path


def customer_page(facts: dict[str, Any]) -> str:
    return page(*headline(facts), customer_sections(facts))


def customer(path: Path, asked: str) -> dict[str, Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return explain_customer(Warehouse(connection), asked)


def lines_of(text: str, title: str) -> list[str]:
    """The rows under a section's title, without the title and the names of the columns."""
    after = text.split(f"\n{title} (", 1)[1].split("\n\n", 1)[0]
    return [" ".join(line.split()) for line in after.split("\n")[2:]]


def test_each_attribute_has_source_time_record_and_raw_row(warehouse: Path) -> None:
    profile = lines_of(render_customer(customer(warehouse, ANNA)), "Profile")
    assert profile[0].endswith("crm.contacts 2026-05-01 00:00 crm.contacts:C1 contacts.csv, line 2")
    assert profile[1] == "phone +4930 shop.orders 2026-05-02 00:00 shop.orders:O1 -"


def test_consent_comes_with_its_proof(warehouse: Path) -> None:
    text = render_customer(customer(warehouse, "anna@shop.example"))
    assert lines_of(text, "What was said about consent, the latest first") == [
        "2026-03-01 00:00 anna@shop.example marketing withdrawn crm.consents:S1"
        " preference centre, wording v7, sha256 abcdef012345… consents.csv, line 9"
    ]
    assert lines_of(text, "Consent")[0] == "marketing withdrawn 2026-03-01 00:00 2026-03-01 00:00 -"


def test_letters_of_former_ids_are_told_with_their_state(warehouse: Path) -> None:
    facts = customer(warehouse, FORMER)
    assert facts["note"].startswith(f"{FORMER} became 1 on 2026-02-02")
    told = [(row["message_id"], row["state"]) for row in facts["letters"]]
    assert told == [("m5", "to be rendered"), ("m9", "revoked: no_consent"), ("m8", "rendered")]


def test_codes_and_who_used_them_are_told(warehouse: Path) -> None:
    text = render_customer(customer(warehouse, "1"))
    assert lines_of(text, "Codes of offers") == [
        "BCDF-2222 present 2026 2026-06-01 00:00 2026-06-15 00:00"
    ]
    assert lines_of(text, "Codes that were used") == [
        "BCDF-2222 present O7 2026-06-02 00:00 2 by_somebody_else"
    ]


def test_says_what_the_next_letter_of_each_campaign_needs(warehouse: Path) -> None:
    needs = {row["campaign"]: row["needs"] for row in customer(warehouse, "1")["next"]}
    assert needs == {
        "cart": "consent for marketing from anna@shop.example (now: withdrawn since 2026-03-01)",
        "birthday": "that quiet hours end: waits until 2026-06-16 05:00 UTC (07:00 in"
        " Europe/Berlin)",
        "news": "an occasion, segment readers: Reads a lot.",
        "old": "that the campaign is switched on (is_active in campaigns.csv)",
    }


def test_a_decision_shows_its_evidence(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        facts = explain_decision(Warehouse(connection), "birthday", "anna@shop.example")
        with pytest.raises(UserError, match="no campaign 'xmas': there are birthday, cart"):
            explain_decision(Warehouse(connection), "xmas", "1")
    text = render_decision(facts)
    assert "local time 21:30, ends at 2026-06-16 05:00:00" in text
    assert "cart" not in text


def test_evidence_in_words_stands_beside_the_sentence() -> None:
    words = decided("frequency_cap")
    words.decision["evidence"] = "3 letters this week, cap 3"
    told = "that the cap frees on Monday, 2026-06-22 (3 letters this week, cap 3)"
    assert words.sentence() == told


def decided(reason: str, **evidence: str) -> Words:
    """The words of a decision made on Wednesday evening, UTC: Thursday in Tokyo."""
    moment = datetime(2026, 6, 17, 20)
    decision = {"reason": reason, "evaluated_at": moment, "expires_at": moment, "send_after": None}
    decision |= {"email": None, "evidence": evidence or None}
    return Words({"cooldown_days": 3}, {"timezone": "Asia/Tokyo"}, decision, [], {})


def test_a_cap_frees_in_the_customers_calendar() -> None:
    assert decided("frequency_cap").sentence() == "that the cap frees on Friday, 2026-06-19"
    assert (
        decided("frequency_cap", cap="week").sentence()
        == "that the cap frees on Monday, 2026-06-22"
    )
    assert next_day(datetime(2026, 6, 21, 15), None, by_week=True) == datetime(2026, 6, 22)
    assert next_day(datetime(2026, 6, 22, 0), None, by_week=True) == datetime(2026, 6, 29)


@pytest.mark.parametrize("reason", NEEDS)
def test_each_reason_makes_a_sentence(reason: str) -> None:
    sentence = decided(reason).sentence()
    assert sentence and "{" not in sentence


def test_an_unknown_reason_speaks_with_its_meaning() -> None:
    words = decided("a_new_reason")
    assert words.sentence() == "that this changes: a new reason"
    words.decision["meaning"] = "The moon is full."
    assert words.sentence() == "that this changes: The moon is full."


def test_the_page_escapes_what_is_hostile_and_needs_nothing_else(warehouse: Path) -> None:
    html = customer_page(customer(warehouse, "1"))
    assert "<script" not in html and "\u202e" not in html and "\x1b" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in html and "max-width: 720px" in html


def test_unknown_names_are_told_in_a_sentence(warehouse: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "explain.py"), "customer"]
    environment = os.environ | {"PENPAL_WAREHOUSE": str(warehouse)}
    run = partial(subprocess.run, check=False, capture_output=True, text=True, env=environment)
    done = run([*command, "bob@shop.example"])
    assert done.returncode == 2
    assert done.stderr.startswith("explain.py: Nothing in the warehouse is called 'bob@")
    html = tmp_path / "new" / "anna.html"
    done = run([*command, FORMER, "--html", str(html)])
    assert (done.returncode, done.stdout) == (0, f"{html}: all about 1\n")
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")


def some_customers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One customer of each reason, decision and segment of the sample."""
    query = """
        select distinct min(customer_id) from marts.email_decisions group by reason
        union select min(customer_id) from marts.segment_memberships group by segment
        order by 1
    """
    return [customer_id for (customer_id,) in connection.execute(query).fetchall()]


def test_everybody_of_the_sample_can_be_told_also_from_the_published_copy(
    built_warehouse: Path, tmp_path: Path
) -> None:
    copy = Settings(warehouse=tmp_path / "penpal.duckdb", lake=tmp_path)
    copy.warehouse.symlink_to(built_warehouse)
    publishing.publish_copy(copy)
    with (
        duckdb.connect(str(built_warehouse), read_only=True) as whole,
        duckdb.connect(str(copy.published), read_only=True) as published,
    ):
        asked = some_customers(whole)
        assert len(asked) > 20
        here, there = Warehouse(whole), Warehouse(published)
        for customer_id in asked:
            facts, copied = (explain_customer(one, customer_id) for one in (here, there))
            untraced = {
                row["record_key"]
                for row in facts["attributes"]
                if row["record_key"] not in facts["raw_places"]
            }
            assert untraced == set(), f"{customer_id}: no raw row"
            assert facts["identity"]["records"] and facts["next"]
            for one, other in zip(
                customer_sections(facts | {"raw_places": {}}),
                customer_sections(copied | {"raw_places": {}}),
                strict=True,
            ):
                assert one == other, one.title
            assert len(customer_page(facts)) > 10_000
