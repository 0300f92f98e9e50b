"""
Identity over several runs of the real project: how the input was split over them cannot matter.

What a night finds is a function of staged rows, rules and overrides; ids depend on the ledger too.
The comparison of two profiles is all that a run has from the one before. One random shop by
default; --worlds 10 goes through ten.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import ROOT
from shop import DECISIONS, LEDGER, OF_THE_LEDGER, Customers, Shop, Tables, differing, without_ids
from worlds import Night, nights

CACHE = "identity.identity_compared"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        seeds = range(1, 1 + metafunc.config.getoption("--worlds"))
        metafunc.parametrize("seed", seeds, scope="module")


@dataclass(frozen=True)
class Story:
    """A shop that was run night after night, and what there was after each."""

    shop: Shop
    last: Night
    eve: Path  # the warehouse before the last night
    tables: list[Tables]
    customers: list[Customers]


@pytest.fixture(scope="module")
def story(seed: int, tmp_path_factory: pytest.TempPathFactory) -> Story:
    shop = Shop(tmp_path_factory.mktemp("shops") / "nightly")
    eve = shop.folder / "eve.duckdb"
    rng = random.Random(seed)
    tables, customers = [], []
    for night in nights(seed):
        if tables:
            shutil.copy(shop.warehouse, eve)
        shop.receive(night, files=3, rng=rng)
        shop.build()
        tables.append(shop.tables())
        customers.append(shop.customers())
    return Story(shop, night, eve, tables, customers)


@pytest.fixture(scope="module")
def once(story: Story, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Tables]:
    """One run over what there is in the last night."""
    shop = Shop(tmp_path_factory.mktemp("shops") / "once")
    shop.receive(story.last)
    shop.build()
    return shop, shop.tables()


def test_several_runs_find_what_one_run_finds(story: Story, once: tuple[Shop, Tables]) -> None:
    assert differing(without_ids(story.tables[-1]), without_ids(once[1])) == {}


def test_from_scratch_ids_and_all_are_the_same(
    story: Story, once: tuple[Shop, Tables], tmp_path: Path
) -> None:
    """With the files and the rows in another order."""
    shop = Shop(tmp_path / "again")
    shop.receive(story.last, files=4, rng=random.Random(0))
    shop.build()
    assert differing(shop.tables(), once[1]) == {}


def test_the_nights_had_something_to_say(story: Story) -> None:
    """Or else the tests here would prove little."""
    models = (ROOT / "models" / "identity").rglob("*.sql")
    marts = {"marts.customer_identifiers", "marts.suppressed_identifiers"}
    tables = {f"identity.{path.stem}" for path in models} - {"identity.customer_identifiers"}
    assert story.tables[-1].keys() == {*tables, LEDGER, *marts}
    # Not in every shop there is a value that so many unrelated people share.
    for table in tables - {"identity.identity_strangers"}:
        assert any(night[table] for night in story.tables), table
    for night, after in pairwise(story.tables):
        # Pairs of profiles that both nights compare, and pairs that are new.
        assert set(night[CACHE]) & set(after[CACHE])
        assert set(after[CACHE]) - set(night[CACHE])
    causes = {row[5] for row in story.tables[-1][LEDGER]}
    assert causes >= {"new", "merge", "split"}


def test_an_id_never_goes_to_somebody_else(story: Story) -> None:
    had: dict[str, frozenset[str]] = defaultdict(frozenset)
    before: Customers = {}
    for now in story.customers:
        back = frozenset().union(*now.values()) - frozenset().union(*before.values())
        owners = {records: customer for customer, records in now.items()}
        for customer, records in now.items():
            assert not had[customer] or had[customer] & records
        for customer, records in before.items():
            # Who is as before keeps the id, unless somebody who had it comes back.
            assert owners.get(records, customer) == customer or had[customer] & back
        for customer, records in now.items():
            had[customer] |= records
        before = now
    changes = story.shop.query(
        "select customer_id, current_customer_id from identity.customer_id_changes"
    )
    assert {customer for customer, _ in changes} == set(had)
    assert {current for _, current in changes} - {None} == set(before)


def test_the_ledger_is_only_added_to(story: Story) -> None:
    ledgers = [Counter(tables[LEDGER]) for tables in story.tables]
    for ledger, later in pairwise(ledgers):
        assert ledger < later


def test_a_killed_run_that_starts_again_gives_the_same(story: Story, tmp_path: Path) -> None:
    folder = shutil.copytree(story.shop.folder, tmp_path / "killed", symlinks=True)
    shop = Shop(folder)
    shutil.move(folder / story.eve.name, shop.warehouse)
    for table in (CACHE, LEDGER):
        shop.build_killed_after(table)
        is_issued = table == LEDGER
        ledger = shop.query(f"select * from {LEDGER} order by all")
        assert ledger == story.tables[-1 if is_issued else -2][LEDGER]
    shop.build()
    assert differing(but_decisions(shop.tables()), but_decisions(story.tables[-1])) == {}


def test_a_night_with_nothing_new_leaves_all_as_it_was(story: Story) -> None:
    story.shop.build()
    again = story.shop.tables()
    assert differing(but_decisions(again), but_decisions(story.tables[-1])) == {}
    assert not any(again[table] for table in DECISIONS)
    story.shop.build("--full-refresh")  # without the cache
    assert differing(story.shop.tables(), again) == {}


def but_decisions(tables: Tables) -> Tables:
    return {table: rows for table, rows in tables.items() if table not in DECISIONS}


def test_overrides_hold_and_can_be_taken_back(story: Story, once: tuple[Shop, Tables]) -> None:
    shop, before = once
    customers = shop.customers()
    by_size = sorted(customers.values(), key=lambda records: (len(records), min(records)))
    # The strongest link there is, an account and its order; and a pair of the largest customer.
    account, order = shop.query(
        """
        select a.record_key, b.record_key
        from identity.identity_edges as a
        inner join identity.identity_edges as b using (identifier_type, identifier_value, rule)
        where
            rule = 'shop_customer_id:same_key'
            and a.record_key like 'shop.customers:%'
            and b.record_key like 'shop.orders:%'
        order by all
        limit 1
        """
    )[0]
    first, *_, last = sorted(by_size[-1])
    one, other, another, *others = [min(records) for records in by_size[:5]]
    overrides = [
        (account, order, "different"),
        (f" {first} ", f"{last} ", "different"),  # as one writes or pastes it
        (one, other, "same"),
        ("crm.contacts:nobody", account, "different"),
        # The one that keeps apart is stronger than those that join.
        (another, others[0], "same"),
        (others[0], others[1], "same"),
        (others[1], another, "different"),
    ]
    shop.receive(replace(story.last, overrides=overrides))
    shop.build()
    found = {record: records for records in shop.customers().values() for record in records}
    assert found[account] != found[order]
    assert found[first] != found[last]
    assert found[one] == found[other]
    assert found[another] != found[others[1]]
    assert found[others[0]] in (found[another], found[others[1]])
    conflicts = shop.query(
        "select reason, record_key, other_record_key from identity.identity_conflicts"
    )
    refused = {frozenset(pair) for reason, *pair in conflicts if reason == "never_link_override"}
    assert frozenset((account, order)) in refused
    unknown = [tuple(pair) for reason, *pair in conflicts if reason == "unknown_record"]
    assert unknown == [("crm.contacts:nobody", account)]

    shop.receive(story.last)
    shop.build()
    after = shop.tables()
    # Who was taken apart and put together again has the id from before.
    assert differing(after, before).keys() <= OF_THE_LEDGER
    assert shop.customers() == customers
