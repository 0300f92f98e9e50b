"""Identity on the sample against its truth, in the warehouse that `make test` has just built."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from penpal.identity.evaluation.reports import evaluate

FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture(scope="module")
def warehouse(built_warehouse: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(built_warehouse), read_only=True)


def test_records_of_one_person_are_one_customer(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = evaluate(warehouse, FIXTURES / "sample_truth_records.csv")
    assert found["records"] > 2_000
    assert found["pairwise_precision"] >= 0.99
    assert found["pairwise_recall"] >= 0.96


def test_planted_families_are_not_merged(warehouse: duckdb.DuckDBPyConnection) -> None:
    merged = warehouse.execute(
        """
        with planted as (
            select * from read_csv($1, all_varchar = true)
            where kind in ('family_email', 'household_phone', 'shared_tablet', 'kiosk')
        ),
        truth as (select * from read_csv($2, all_varchar = true)),
        customers as (
            select truth.person_id, map.customer_id
            from truth
            inner join identity.identity_map as map
                on map.record_key = truth.source_table || ':' || truth.record_id
            where truth.source_table in ('crm.contacts', 'shop.customers')
        )
        select a.kind, a.value, a.person_id, b.person_id
        from planted as a
        inner join planted as b
            on a.kind = b.kind and a.value = b.value and a.person_id < b.person_id
        inner join customers as one on one.person_id = a.person_id
        inner join customers as other on other.person_id = b.person_id
        where one.customer_id = other.customer_id
        """,
        [
            str(FIXTURES / "sample_truth_planted.csv"),
            str(FIXTURES / "sample_truth_records.csv"),
        ],
    ).fetchall()
    assert merged == []


def test_events_are_credited_to_the_right_person(warehouse: duckdb.DuckDBPyConnection) -> None:
    credited, right, by_device, right_by_device, owned, right_owned = warehouse.execute(
        """
        with truth as (select * from read_csv($1, all_varchar = true) where person_id is not null),
        -- A raw key as the identity layer knows it: a consent is its mailbox's, and so on.
        record_keys as (
            select source_table, source_key as record_id, customer_id from identity.identity_map
            union all
            select 'crm.consents', consents.consent_id, map.customer_id
            from staging.stg_crm__consents as consents
            inner join identity.identity_map as map
                on map.record_key = 'crm.consents:' || consents.email_key
            union all
            select 'email.events', clicks.event_id, map.customer_id
            from staging.stg_email__events as clicks
            inner join identity.identity_map as map
                on map.record_key = 'email.clicks:' || clicks.email_key
            where clicks.event_type = 'clicked'
            union all
            select 'web.events', source_key, customer_id from identity.identity_map
            where source_table = 'web.identify'
        ),
        -- The customer who stands for a person: most of whose records are theirs.
        people as (
            select records.person_id, record_keys.customer_id, count(*) as records
            from read_csv($2, all_varchar = true) as records
            inner join record_keys
                on record_keys.source_table = records.source_table
                and record_keys.record_id = records.record_id
            where records.person_id is not null
            group by all
        ),
        owners as (
            select customer_id, arg_max(person_id, (records, person_id)) as person_id
            from people
            group by customer_id
        ),
        owned_devices as (select distinct anonymous_id from identity.device_owners),
        judged as (
            select
                credits.attribution,
                owned_devices.anonymous_id is not null as is_owned,
                coalesce(owners.person_id = truth.person_id, false) as is_right
            from activity.web_session_events as events
            inner join truth on truth.message_id = events.message_id
            left join marts.customer_web_events as credits on credits.message_id = events.message_id
            left join owners on owners.customer_id = credits.customer_id
            left join owned_devices on owned_devices.anonymous_id = events.anonymous_id
        )
        select
            count(attribution),
            count(attribution) filter (where is_right),
            count(*) filter (where attribution = 'device'),
            count(*) filter (where attribution = 'device' and is_right),
            count(*) filter (where is_owned),
            count(*) filter (where is_owned and is_right)
        from judged
        """,
        [
            str(FIXTURES / "sample_truth_web_events.csv"),
            str(FIXTURES / "sample_truth_records.csv"),
        ],
    ).fetchone()
    assert credited > 3_000
    assert right / credited >= 0.98
    # Without the events that carry a user_id, which nobody can get wrong.
    assert by_device > 1_000
    assert right_by_device / by_device >= 0.97
    # What is left are visits to a shared tablet in which nobody said who they were.
    assert owned > 3_000
    assert right_owned / owned >= 0.98
