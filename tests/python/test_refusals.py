"""Whatever is said about consent, in any notation: nobody is written to after a refusal.

The models' own SQL, as dbt compiles it, from the raw rows to who may be written to; against a
telling of the rule in Python: a grant holds that is later than whatever else was said.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import pytest
import yaml
from conftest import ROOT, copy_project, dbt_in_project
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

AS_OF = datetime(2026, 6, 15, 12)
BEGIN = datetime(2026, 1, 1)
STAGED = ("crm/consents", "crm/contacts", "email/events", "shop/customers", "shop/orders")
STAGED += ("shop/checkouts",)
LATER = (
    *("penpal.activity.consent_columns", "penpal.activity.unknown_event_words"),
    "penpal.activity.consent_statements",
    *("penpal.activity.email_events", "penpal.activity.email_deliveries"),
    "penpal.activity.email_consents",
    "penpal.profile.customer_consents",
)
# What is not under test here, as the models above read it.
GIVEN = """
create view penpal.staging.stg_email__messages as
    select null::varchar as message_id, null::varchar as email where false;
create view penpal.staging.stg_email__events as
    select * from penpal.staging.checked_email__events where fate = 'staged';
create table penpal.profile.customer_emails
    (customer_id varchar, email_key varchar, is_primary boolean, is_not_personal boolean);
create table penpal.identity.identity_map (record_key varchar, customer_id varchar);
"""


@dataclass(frozen=True)
class Said:
    """One raw row: what it says, when (None: nobody can tell, so it is the latest), and of whom."""

    table: str
    row: dict[str, str | None]
    is_grant: bool
    at: datetime | None
    is_final: bool = False  # a complaint


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number)


def columns(table: str) -> list[str]:
    source, name = table.split("/")
    path = ROOT / "models/staging" / source / f"base_{source}__{name}.yml"
    return [c["name"] for c in yaml.safe_load(path.read_text())["models"][0]["columns"]]


@dataclass(frozen=True)
class Shop:
    """Empty raw tables, and the models made of them: each a table and the SQL that fills it."""

    connection: duckdb.DuckDBPyConnection
    models: dict[str, str] = field(repr=False)

    def fill(self, name: str) -> None:
        self.connection.execute(f"insert into {name} {self.models[name]}")

    def due(self, people: dict[str, list[Said]]) -> set[str]:
        """Who may be written to, by the models."""
        rows = defaultdict(list)
        for statements in people.values():
            for said in statements:
                rows[said.table].append(said.row)
        self.connection.execute("begin")
        try:
            for table, found in rows.items():
                names = columns(table)
                self.connection.executemany(
                    f"insert into {base(table)} ({', '.join(names)})"
                    f" values ({', '.join('?' * len(names))})",
                    [[row.get(column) for column in names] for row in found],
                )
                self.fill(checked(table))
            self.connection.executemany(
                "insert into penpal.profile.customer_emails values (?, ?, true, false)",
                [[person, address(person)] for person in people],
            )
            for name in LATER:
                self.fill(name)
            found = self.connection.execute(
                f"select customer_id from {LATER[-1]} "
                "where marketing_status = 'granted' and suppression_reason is null"
            ).fetchall()
        finally:
            self.connection.execute("rollback")
        return {customer_id for (customer_id,) in found}


def base(table: str) -> str:
    return f"penpal.staging.base_{table.replace('/', '__')}"


def checked(table: str) -> str:
    return f"penpal.staging.checked_{table.replace('/', '__')}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("refusals")
    copy_project(folder)
    models = [*map(checked, STAGED), *LATER]
    selected = [name.rpartition(".")[2] for name in models]
    given_vars = json.dumps({"as_of": str(AS_OF)})
    dbt_in_project(folder, "compile", "--select", *selected, given=given_vars)
    compiled = {path.stem: path for path in (folder / "target/compiled").rglob("*.sql")}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; attach ':memory:' as penpal")
        # There are few rows: finding the best plan takes longer than any plan.
        connection.execute("pragma disable_optimizer")
        for schema in ("staging", "rules", "activity", "identity", "profile"):
            connection.execute(f"create schema penpal.{schema}")
        for seed in (ROOT / "seeds/rules").glob("*.csv"):
            is_text = seed.stem not in ("refusal_words", "exchange_rates")
            connection.execute(
                f"create table penpal.rules.{seed.stem} as "
                f"from read_csv('{seed}', header = true, all_varchar = {is_text})"
            )
        for table in STAGED:
            listed = ", ".join(f'"{name}" varchar' for name in columns(table))
            position = "source_file varchar, source_line bigint, source_fault varchar"
            connection.execute(f"create table {base(table)} ({listed}, {position})")
        shop = Shop(connection, {n: compiled[n.rpartition(".")[2]].read_text() for n in models})
        for name, sql in shop.models.items():
            if name == LATER[0]:
                connection.execute(GIVEN)
            connection.execute(f"create table {name} as {sql}")
        yield shop


def expected(people: dict[str, list[Said]]) -> set[str]:
    def holds(statements: list[Said]) -> bool:
        grants = [said.at for said in statements if said.is_grant]
        ends = [said.at or AS_OF for said in statements if not said.is_grant]
        is_final = any(said.is_final for said in statements)
        return bool(grants) and not is_final and max(grants) > max(ends, default=datetime.min)

    return {person for person, statements in people.items() if holds(statements)}


def address(person: str) -> str:
    return f"{person}@shop.example"


ADDRESSES = (
    "{}",
    "{upper}",
    '"Lee, Ann" <{}>',
    "<{}>",
    "mailto:{}",
    "mailto:{percent}?subject=stop",
    "{},",
    "{}.",
    "'{}",
    "'{}'",
    "{};nobody@shop.example",
    "nobody@shop.example, {}",
    "{tag}",
    "{blank}",
    "e-mail: {}\n",
    "{spelt}",
    "{words}",
    "{}_unsubscribed",
    "{} (unsubscribed)",
    "{}.invalid",
    "unsubscribed_{}",
    "unsubscribe+{verp}@lists.example",
    "bounces-17-{verp}@lists",
)
WORDS = (
    *("withdrawn", "WITHDRAWN", "opted out", "Opt-Out", "OPTED_OUT", "unsubscribed", "no", "0"),
    *("revoked by phone", "spam complaint", "Do not contact", "nein", "not subscribed"),
)
UNREADABLE = (
    "maybe",
    "subscribed",
    "yes",
    "true",
    "pending",
    "granted?",
    "not granted",
    "ok",
    "??",
)
UNSUBSCRIBED = ("unsubscribed", "Unsubscribe", "group_unsubscribe", "list_unsubscribe", "Opt Out")
DOUBTED = ("farewell", "list.left", "Präferenz geändert", "status 7", "unreachable reader")
COMPLAINED = ("complained", "Complaint", "spam_complaint", "SpamComplaint", "spamreport", "abuse")
PURPOSES = ("marketing", "Marketing", "all", "ALL", "newsletter", None, "whatever")
FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S+00:00")
NO_TIMES = ("someday", "the 10th, 9ish", "10/2026", "n/a", "1970-01-01", "??", None)


def written(person: str, form: str) -> str:
    plain = address(person)
    return form.format(
        plain,
        upper=plain.upper(),
        percent=plain.replace("@", "%40"),
        tag=plain.replace("@", "+news@"),
        blank=plain.replace("@", " @ "),
        spelt=plain.replace("@", " [at] ").replace(".", " (dot) "),
        words=plain.replace("@", " at ").replace(".", " dot "),
        verp=plain.replace("@", "="),
    )


@st.composite
def times(
    draw: st.DrawFn, number: int, receipt: str
) -> tuple[dict[str, str | None], datetime | None]:
    """When it was said and received, in the row's columns, and what that comes to."""
    text = day(number).strftime(draw(st.sampled_from(FORMS)))
    kind = draw(st.sampled_from(("readable", "readable", "receipt only", "none")))
    if kind == "readable":
        return {"occurred_at": text}, day(number)
    unread = draw(st.sampled_from(NO_TIMES))
    if kind == "receipt only":
        return {"occurred_at": unread, receipt: text}, day(number)
    return {"occurred_at": unread, receipt: None}, None


@st.composite
def grants(draw: st.DrawFn, person: str, number: int) -> Said:
    key, text = f"{person}{number}", day(number).strftime(draw(st.sampled_from(FORMS)))
    email = draw(st.sampled_from((address(person), address(person).upper(), f" {address(person)}")))
    email = email.strip()  # as the base models do
    table = draw(st.sampled_from(STAGED))
    if table in ("crm/contacts", "shop/customers"):
        row = {"marketing_status": "granted", "marketing_status_at": text}
    elif table in ("shop/orders", "shop/checkouts"):
        row = {"accepts_marketing": draw(st.sampled_from(("true", "1", "yes")))}
    else:
        table = "crm/consents"
        status = draw(st.sampled_from(("granted", "GRANTED")))
        row = {"purpose": "marketing", "status": status, "occurred_at": text}
    return Said(
        table, keyed(table, key) | {"email": email, "created_at": text} | row, True, day(number)
    )


def keyed(table: str, key: str) -> dict[str, str]:
    orders = {"status": "paid", "currency": "USD", "total": "1"} if table == "shop/orders" else {}
    return {columns(table)[0]: key} | orders


@st.composite
def refusals(draw: st.DrawFn, person: str, number: int) -> Said:
    """A refusal, or what cannot be read as consent; its row may be one that is rejected."""
    email = written(person, draw(st.sampled_from(ADDRESSES))).strip()
    key = draw(st.sampled_from((f"{person}{number}", "used-again", None)))
    table = draw(st.sampled_from(STAGED))
    word = draw(st.sampled_from(WORDS + UNREADABLE) | st.text(min_size=1, max_size=8))
    word = word.strip() or "?"
    is_final = False
    if table == "crm/consents":
        row, at = draw(times(number, "loaded_at"))
        if word.lower() == "granted":
            word = "withdrawn"
        row |= {"purpose": draw(st.sampled_from(PURPOSES)), "status": word}
    elif table == "email/events":
        row, at = draw(times(number, "received_at"))
        is_final = draw(st.booleans())
        row["event"] = draw(st.sampled_from(COMPLAINED if is_final else UNSUBSCRIBED + DOUBTED))
    elif table in ("crm/contacts", "shop/customers"):
        row, at = draw(times(number, "updated_at"))
        row["marketing_status_at"] = row.pop("occurred_at")
        row |= {"marketing_status": "withdrawn" if word.lower() == "granted" else word}
        row |= {"created_at": draw(st.sampled_from(("2025-01-01", "broken")))}
    else:
        text = draw(st.sampled_from(("false", "0", "no", "perhaps")))
        row, at = {"accepts_marketing": text, "created_at": str(day(number))}, day(number)
    return Said(table, keyed(table, key) | {"email": email} | row, False, at, is_final)


@st.composite
def crowds(draw: st.DrawFn) -> dict[str, list[Said]]:
    """People, each with statements on days of their own; some on one and the same day."""
    people = {}
    for number in range(draw(st.integers(1, 30))):
        person = f"p{number}"
        days = draw(st.lists(st.integers(0, 20), min_size=1, max_size=5))
        people[person] = [draw(st.one_of(grants(person, n), refusals(person, n))) for n in days]
    return people


@settings(
    max_examples=12,  # of up to 30 people each
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # an example takes two seconds: shrinking, many minutes
    suppress_health_check=list(HealthCheck),
)
@given(people=crowds())
def test_nobody_is_written_to_after_a_refusal(shop: Shop, people: dict[str, list[Said]]) -> None:
    wrong = shop.due(people) ^ expected(people)
    assert not wrong, [people[person] for person in sorted(wrong)]
