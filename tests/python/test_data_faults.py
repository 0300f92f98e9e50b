"""Faults planted in a shop's raw rows: each is told by kind, and nothing is on ten clean days.

The rows go through the compiled models of staging and quality; rules are checked as in a run.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT
from shop_days import CLOCK, make_days

from penpal.checks.contract import RawTable, raw_contract

pytestmark = pytest.mark.built
STAGING = {f"{table.source}.{table.table}": table for table in raw_contract()}
# In the order in which they stand on each other.
QUALITY = (
    "daily_rows", "daily_volumes", "daily_shares", "daily_medians", "web_order_comparisons",
    "shop_order_comparisons", "source_differences", "daily_faults",
)  # fmt: skip
YESTERDAY = "'2026-06-14%'"  # as raw rows begin the times of the last whole day


@dataclass(frozen=True)
class Fault:
    """What is done to raw rows (`staging.base_…` is written as {crm.contacts}), and what is told.

    `told` names what must be said: of a rule `crm.contacts mostly_given completeness` (table, rule,
    kind), of a day `shop.orders category_new EUR` (table, fault, category).
    """

    does: str
    told: str
    also: str = ""  # a second thing that must be told

    @property
    def tables(self) -> list[str]:
        """The raw tables that are changed."""
        return list(dict.fromkeys(re.findall(r"\{(\w+\.\w+)\}", self.does)))


def update(table: str, change: str, where: str = "true") -> str:
    return f"update {{{table}}} set {change} where {where};"


FAULTS = {
    "nulls": Fault(
        update("crm.contacts", "email = null", "source_line % 2 = 0"),
        "crm.contacts mostly_given completeness",
    ),
    "required column empty": Fault(
        update("crm.contacts", "created_at = null", "source_line % 20 = 0"),
        "crm.contacts given completeness",
    ),
    "names and addresses swapped": Fault(
        update("crm.contacts", "first_name = email, email = first_name"),
        "crm.contacts names_are_names swapped",
        "crm.contacts addresses_are_addresses swapped",
    ),
    "cities and postal codes swapped": Fault(
        update("shop.customers", "city = postal_code, postal_code = city"),
        "shop.customers cities_are_cities swapped",
    ),
    "encoding read as Latin-1": Fault(
        update(
            "crm.contacts",
            "last_name = replace(replace(last_name, 'ü', 'Ã¼'), 'ö', 'Ã¶')",
        ),
        "crm.contacts readable_letters encoding",
    ),
    "letters lost in another encoding": Fault(
        update("shop.customers", "city = replace(replace(city, 'ü', chr(65533)), 'ö', chr(65533))"),
        "shop.customers readable_letters encoding",
    ),
    "phones in a spreadsheet's notation": Fault(
        update("crm.contacts", "phone = '4.93E+11'", "source_line % 5 = 0"),
        "crm.contacts readable format",
    ),
    "a default for a birth date": Fault(
        update("crm.contacts", "birth_date = '1985-05-05'", "source_line % 8 = 0"),
        "crm.contacts birth_dates_differ constant",
    ),
    "born after the account was made": Fault(
        update(
            "crm.contacts",
            "birth_date = strftime(cast(created_at as timestamp) + interval 3 day, '%Y-%m-%d')",
            "source_line % 9 = 0",
        ),
        "crm.contacts born_before_created consistency",
    ),
    "made and changed swapped": Fault(
        update("crm.contacts", "created_at = updated_at, updated_at = created_at"),
        "crm.contacts updated_after_created consistency",
    ),
    "one address for many people": Fault(
        update("shop.customers", "email = 'info@shop.example'", "source_line % 9 = 0"),
        "shop.customers one_address_each uniqueness",
    ),
    "all are marked as deleted": Fault(
        update("crm.contacts", "is_deleted = 'true'"), "crm.contacts mostly_kept constant"
    ),
    "the export's time for that of the record": Fault(
        update("crm.contacts", "created_at = '2026-06-14T03:00:00Z', updated_at = null"),
        "crm.contacts not_made_at_once constant",
    ),
    "the same key in each row": Fault(
        update("crm.contacts", "contact_id = 'C1'"), "crm.contacts keys_differ uniqueness"
    ),
    "all consents granted": Fault(
        update("crm.consents", "status = 'granted'", "loaded_at >= '2026-06-14'"),
        "crm.consents not_all_granted consent",
        "crm.consents share_too_high marketing granted",
    ),
    "unknown words for consent": Fault(
        update("crm.consents", "status = 'jein'", "source_line % 10 = 0"),
        "crm.consents known_status category",
    ),
    "a late source": Fault(
        "delete from {shop.checkouts} where completed_at > '2026-06-11';",
        "shop.checkouts fresh freshness",
        "shop.checkouts missing all",
    ),
    "another currency": Fault(
        update("shop.orders", "currency = 'USD'", f"created_at like {YESTERDAY}"),
        "shop.orders category_new USD",
        "shop.orders category_missing EUR",
    ),
    "a currency that nobody knows": Fault(
        update("shop.orders", "currency = 'XBT'", f"created_at like {YESTERDAY}"),
        "shop.orders known_currency currency",
    ),
    "orders in cents": Fault(
        update(
            "shop.orders",
            "total = 100 * cast(total as double), subtotal = 100 * cast(subtotal as double)",
            f"created_at like {YESTERDAY}",
        ),
        "shop.orders value_too_high order_total",
        "shop.orders lines_make_subtotal consistency",
    ),
    "prices of products in cents": Fault(
        update("shop.products", "price = 100 * cast(price as double)"),
        "shop.order_lines prices_fit_products unit",
    ),
    "prices of lines in cents since yesterday": Fault(
        update(
            "shop.order_lines", "unit_price = 100 * cast(unit_price as double)",
            "order_id like 'O260614%'",
        ),
        "shop.order_lines value_too_high line_price",
    ),
    "columns of amounts swapped": Fault(
        update("shop.orders", "total = tax, tax = total", f"created_at like {YESTERDAY}"),
        "shop.orders total_adds_up consistency",
    ),
    "half a day missing": Fault(
        "delete from {shop.orders} where created_at between '2026-06-14T12' and '2026-06-15';",
        "shop.orders hours_missing hours 12-18",
        "shop.orders share_too_low hours 12-18",
    ),
    "a day missing": Fault(
        "delete from {web.events} where received_at between '2026-06-14' and '2026-06-15';",
        "web.events missing all",
    ),
    "orders lost in the export": Fault(
        "delete from {shop.orders} where source_line % 10 = 0;",
        "shop.orders orders_missing order missing_in_one web.events",
        "shop.order_lines order_exists reference",
    ),
    "a file cut off": Fault(
        update(
            "shop.orders",
            "source_fault = 'unreadable line: the file ends within it', order_id = null",
            "order_id = 'O260614030'",
        ),
        "shop.orders whole_lines truncated",
    ),
    "lines cut off": Fault(
        "delete from {shop.order_lines} where order_id > 'O260614';",
        "shop.orders has_lines reference",
    ),
    "a file loaded twice": Fault(
        "insert into {shop.orders} select * replace ('part-1.csv' as source_file)"
        f" from {{shop.orders}} where created_at like {YESTERDAY};",
        "shop.orders repeated repeated",
    ),
    "ids used again": Fault(
        "insert into {shop.orders} select * replace ('2026-06-13T01:00:00Z' as created_at,"
        " '2026-06-13T01:00:00Z' as updated_at, '2026-06-13T01:05:00Z' as loaded_at,"
        " 'part-1.csv' as source_file) from {shop.orders} where order_id < 'O260420';",
        "shop.orders ids_once ids_reused",
    ),
    "a time zone ahead": Fault(
        update(
            "shop.orders",
            "created_at = strftime(cast(created_at as timestamp) + interval 5 hour,"
            " '%Y-%m-%dT%H:%M:%SZ')",
            f"created_at like {YESTERDAY}",
        ),
        "shop.orders not_in_the_future time",
    ),
    "a time zone behind": Fault(
        update(
            "shop.orders",
            "created_at = strftime(cast(created_at as timestamp) - interval 5 hour,"
            " '%Y-%m-%dT%H:%M:%SZ')",
            "created_at > '2026-06-10'",
        ),
        "shop.orders delay_too_high delay_seconds",
    ),
    "a clock that is days behind": Fault(
        update(
            "web.events",
            "timestamp = '2026-06-09T12:00:00Z', original_timestamp = null, sent_at = null",
            f"received_at like {YESTERDAY}",
        ),
        "web.events reported_soon time",
    ),
    "negative quantities": Fault(
        update("shop.order_lines", "quantity = '-1'", "source_line % 10 = 0"),
        "shop.order_lines some_pieces range",
    ),
    "quantities and prices swapped": Fault(
        update("shop.order_lines", "quantity = unit_price || '9', unit_price = quantity"),
        "shop.order_lines required_readable format",
    ),
    "product ids lost a letter": Fault(
        update("shop.order_lines", "product_id = substr(product_id, 2)", "source_line % 8 = 0"),
        "shop.order_lines product_exists reference",
    ),
    "a flood of test orders": Fault(
        update("shop.orders", "is_test = 'true'", f"created_at like {YESTERDAY}"),
        "shop.orders few_tests test_orders",
        "shop.orders test test",
    ),
    "the shop's own address for buyers'": Fault(
        update("shop.orders", "email = 'orders@shop.example'", "source_line % 4 = 0"),
        "shop.orders addresses_differ constant",
    ),
    "unknown states of orders": Fault(
        update("shop.orders", "status = 'verschickt?'", f"created_at like {YESTERDAY}"),
        "shop.orders known_status category",
    ),
    "more paid back than was paid": Fault(
        update("shop.orders", "refunded_amount = '9999'", "source_line % 20 = 0"),
        "shop.orders refund_within_total range",
    ),
    "a flood by a bot": Fault(
        "insert into {web.events} select events.* replace (message_id || '-' || i as message_id,"
        " 'robot1' as anonymous_id) from {web.events} as events, range(3) as copies (i)"
        " where received_at between '2026-06-14T12' and '2026-06-15T12';",
        "web.events no_single_device flood",
        "web.events too_many all",
    ),
    "an event renamed": Fault(
        update(
            "web.events", "event = 'product_seen'",
            f"event = 'Product Viewed' and received_at like {YESTERDAY}",
        ),
        "web.events category_new Product Seen",
        "web.events share_too_low Product Viewed",
    ),
    "visitors without a cookie": Fault(
        update("web.events", "anonymous_id = null", f"received_at like {YESTERDAY}"),
        "web.events has_visitor completeness",
    ),
    "a webhook switched off": Fault(
        "delete from {email.events} where event = 'opened' and received_at > '2026-06-14';",
        "email.events category_missing opened",
    ),
    "an unknown event type": Fault(
        update("web.events", "type = 'tracked'", "source_line % 4 = 0"),
        "web.events required_readable format",
        "web.events rejected rejects",
    ),
    "events of letters that nobody sent": Fault(
        update("email.events", "message_id = 'x' || message_id", "received_at > '2026-06-13'"),
        "email.events message_exists reference",
    ),
}  # fmt: skip


# Planted together: faults of other tables, or that change other rows and columns.
WORLDS = (
    (
        "nulls", "a default for a birth date", "required column empty",
        "phones in a spreadsheet's notation", "one address for many people",
        "cities and postal codes swapped", "another currency", "more paid back than was paid",
        "all consents granted", "a flood by a bot",
    ),
    (
        "names and addresses swapped", "encoding read as Latin-1", "made and changed swapped",
        "letters lost in another encoding", "a flood of test orders",
        "a currency that nobody knows", "unknown words for consent", "an event renamed",
        "a webhook switched off",
    ),
    (
        "all are marked as deleted", "born after the account was made", "orders in cents",
        "the shop's own address for buyers'", "visitors without a cookie", "a late source",
        "events of letters that nobody sent",
    ),
    (
        "the export's time for that of the record", "columns of amounts swapped",
        "negative quantities", "product ids lost a letter", "an unknown event type",
    ),
    ("the same key in each row", "half a day missing", "a clock that is days behind"),
    ("prices of products in cents", "a time zone ahead", "a day missing"),
    ("prices of lines in cents since yesterday", "a file cut off", "a time zone behind"),
    ("lines cut off", "a file loaded twice", "unknown states of orders"),
    ("orders lost in the export", "ids used again"),
    ("quantities and prices swapped",),
)  # fmt: skip
OF_DAYS = ["crm.consents", "web.events", "shop.orders", "shop.checkouts", "email.events"]


@cache
def compiled(name: str) -> str:
    """The SQL of a model, as the build of the sample has compiled it."""
    models = ROOT / "target" / "compiled" / "penpal" / "models"
    # Beside it, in <model>.yml, are the inputs of unit tests.
    found = [path for path in models.rglob(f"{name}.sql") if ".yml" not in str(path)]
    if not found:
        pytest.fail(f"{name} is not compiled: run `make test`, or `dbt build` before this test.")
    newest = max(found, key=lambda path: path.stat().st_mtime)  # a model may have moved
    return newest.read_text(encoding="utf-8")


def stage(connection: duckdb.DuckDBPyConnection, tables: list[RawTable], clock: str) -> None:
    for table in tables:
        sql = compiled(table.checked).replace(CLOCK, clock)
        connection.execute(f"create or replace table staging.{table.checked} as {sql}")


def judge_days(connection: duckdb.DuckDBPyConnection, clock: str) -> set[str]:
    """What is said of the last whole day, and at the clock: table, fault, category."""
    for model in QUALITY:
        sql = compiled(model).replace(CLOCK, clock)
        schema = "activity" if model.endswith("comparisons") else "marts"
        connection.execute(f"create or replace table {schema}.{model} as {sql}")
    found = connection.execute(
        "select source || '.' || source_table || ' ' || fault || ' ' || category"
        f" from marts.daily_faults where day >= timestamp '{clock}' - interval 36 hours"
    ).fetchall()
    return {told for (told,) in found}


def judge_rules(warehouse: Path, tables: list[str], clock: str) -> tuple[set[str], list[str]]:
    """What the rules of some raw tables say: table, rule, kind; and in which words."""
    from penpal.checks.outcome import evaluate  # noqa: PLC0415
    from penpal.checks.raw import raw_checks  # noqa: PLC0415

    checks = [c for t in tables for c in raw_checks(STAGING[t], listed=True, clock=clock)]
    bad = [outcome for outcome in evaluate(warehouse, checks) if outcome.status != "passed"]
    return {f"{o.table} {o.check} {o.kind}" for o in bad}, [o.line for o in bad]


@pytest.fixture(scope="module")
def clean(built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with ten weeks of sound rows, staged."""
    warehouse = tmp_path_factory.mktemp("clean") / "penpal.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'; set threads = 1")
        for schema in ("staging", "rules", "activity", "profile", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(f"attach '{built_warehouse}' as built (read_only)")
        rules = "select table_name from duckdb_tables() where database_name = 'built'"
        for (name,) in connection.execute(f"{rules} and schema_name = 'rules'").fetchall():
            connection.execute(f"create table rules.{name} as from built.rules.{name}")
        connection.execute("detach built")
        make_days(connection)
        stage(connection, list(STAGING.values()), CLOCK)
        for table in STAGING.values():
            if f"{table.source}.{table.table}" != "email.messages":  # it also reads the ledger
                name = f"stg_{table.source}__{table.table}"
                connection.execute(f"create view staging.{name} as {compiled(name)}")
        connection.execute(
            "create table profile.customer_comparisons (customer_id varchar, attribute varchar,"
            " one_source varchar, other_source varchar, result varchar)"
        )
    return warehouse


def test_there_are_thirty_and_more() -> None:
    assert len(FAULTS) >= 30
    assert len({fault.told.split(" ", 1)[1] for fault in FAULTS.values()}) >= 30
    assert sorted(name for names in WORLDS for name in names) == sorted(FAULTS)


@pytest.fixture(scope="module")
def told(clean: Path) -> dict[str, tuple[set[str], list[str]]]:
    """What is told of each fault, planted together with others that do not meddle with it."""
    found = {}
    for number, names in enumerate(WORLDS):
        warehouse = clean.with_name(str(number)) / "penpal.duckdb"
        warehouse.parent.mkdir()
        shutil.copy(clean, warehouse)
        faults = [FAULTS[name] for name in names]
        tables = list(dict.fromkeys(table for fault in faults for table in fault.tables))
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("set timezone = 'UTC'; set threads = 1")
            for fault in faults:
                change = re.sub(r"\{(\w+)\.(\w+)\}", r"staging.base_\1__\2", fault.does)
                connection.execute(change)
            stage(connection, [STAGING[table] for table in tables], CLOCK)
            of_days = judge_days(connection, CLOCK)
        places = {fault.told.split()[0] for fault in faults} | {
            fault.also.split()[0] for fault in faults if fault.also
        }
        of_rules, lines = judge_rules(warehouse, sorted({*tables, *places}), CLOCK)
        found |= dict.fromkeys(names, (of_days | of_rules, lines))
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told(told: dict[str, tuple[set[str], list[str]]], name: str) -> None:
    fault = FAULTS[name]
    kinds, lines = told[name]
    expected = {fault.told} | ({fault.also} if fault.also else set())
    assert expected <= kinds, "\n".join([*sorted(kinds), *lines])
    assert not any("@" in line for line in lines)


@pytest.mark.parametrize("names", WORLDS, ids=lambda names: names[0])
def test_sound_tables_are_left_alone(
    told: dict[str, tuple[set[str], list[str]]], names: tuple[str, ...]
) -> None:
    planted = {table for name in names for table in FAULTS[name].tables}
    planted |= {FAULTS[name].told.split()[0] for name in names}
    planted |= {FAULTS[name].also.split()[0] for name in names if FAULTS[name].also}
    # Orders are told of where their lines, or what the web says of them, are wrong.
    if planted & {"shop.order_lines", "web.events"}:
        planted.add("shop.orders")
    if "shop.orders" in planted:
        planted.add("shop.order_lines")
    kinds, _ = told[names[0]]
    assert {line.split()[0] for line in kinds} <= planted


def test_nothing_is_told_of_ten_clean_days(clean: Path) -> None:
    for back in range(10):
        clock = str(datetime.fromisoformat(CLOCK) - timedelta(days=back))
        warehouse = clean.with_name(f"back-{back}") / "penpal.duckdb"
        warehouse.parent.mkdir()
        shutil.copy(clean, warehouse)
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("set timezone = 'UTC'; set threads = 1")
            # What is received later is not there yet.
            for table in STAGING.values():
                late = f"delete from staging.{table.checked} where received_at > '{clock}'"
                connection.execute(late)
            connection.execute(
                "delete from staging.checked_shop__order_lines"
                " where order_id not in (select order_id from staging.checked_shop__orders)"
            )
            told = judge_days(connection, clock)
        # What the clock says nothing of is judged once.
        tables = [*STAGING] if back == 0 else OF_DAYS
        by_rules, lines = judge_rules(warehouse, tables, clock)
        assert not told | by_rules, f"{clock}: {sorted(told)} {lines}"
