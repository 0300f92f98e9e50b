"""Identity over several runs of the real project: batches, deletions, overrides, doing nothing."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, copy_project, dbt_in_project
from worlds import Row, change, world

Partition = set[frozenset[str]]
Kept = dict[str, list[tuple]]
VARS = "{raw_data: lake, sources: [crm, web, shop, email], as_of: '2026-06-15 12:00:00'}"

# Made anew in each run, of what is kept.
DERIVED = ["identity_blocked_values", "identity_blocks", "identity_conflicts"]


def kept_tables() -> list[str]:
    """Every model of which a run replaces a part only, and what is made of these."""
    models = (ROOT / "models" / "identity").glob("*.sql")
    scoped = [path.stem for path in models if "materialized='scoped'" in path.read_text()]
    assert "identity_clusters" in scoped
    return sorted(scoped + DERIVED)


class Shop:
    """A copy of the project with rules of its own, a lake that grows, and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        copy_project(folder)

    def write(self, table: str, rows: Iterable[Row], file: str = "part") -> None:
        rows = list(rows)
        path = self.folder / "lake" / table.replace(".", "/")
        path.mkdir(parents=True, exist_ok=True)
        if not rows:
            return
        with (path / f"{file}.csv").open("w", newline="", encoding="utf-8") as sink:
            writer = csv.DictWriter(sink, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def override(self, *decisions: tuple[str, str, str]) -> None:
        """Each decision: record, record, same or different."""
        with (self.folder / "seeds/rules/identity_overrides.csv").open("w") as sink:
            sink.write("record_key_a,record_key_b,decision,decided_by,decided_at,why\n")
            for a, b, decision in decisions:
                sink.write(f"{a},{b},{decision},a tester,2026-01-01 00:00:00,a test\n")

    def build(self, *options: str) -> Partition:
        """Runs the identity layer; gives the records of each customer."""
        arguments = ["--quiet", "build", *options]
        arguments += ["--select", "+identity_finished_run", "identity_review"]
        arguments += ["--exclude-resource-type", "unit_test", "test"]
        dbt_in_project(self.folder, *arguments, given=VARS)
        return {frozenset(records) for records in self.customers().values()}

    def block(self, kind: str, pattern: str) -> None:
        """One more value that links nobody."""
        with (self.folder / "seeds/rules/blocked_identifiers.csv").open("a") as sink:
            sink.write(f"{kind},{pattern},a test\n")

    def limit_people(self, kind: str, most: int) -> None:
        """How many people a value of this type may have."""
        path = self.folder / "seeds/rules/identifier_limits.csv"
        with path.open(newline="") as source:
            rows = list(csv.DictReader(source))
        with path.open("w", newline="") as sink:
            writer = csv.DictWriter(sink, list(rows[0]))
            writer.writeheader()
            for row in rows:
                most_people = {"max_people": str(most)} if row["identifier_type"] == kind else {}
                writer.writerow(row | most_people)

    def kept(self, but: str = "") -> Kept:
        """What the identity layer keeps from run to run, without the columns of this name."""
        columns = f"columns(lambda name: name <> '{but}')"
        return {
            table: self.query(f"select {columns} from identity.{table} order by all")
            for table in kept_tables()
        }

    def full_because(self) -> str | None:
        """Why the last run looked at everything."""
        return self.query("select full_because from identity.identity_run")[0][0]

    def shares_looked_at(self) -> tuple[float, float]:
        """Of all records, how many the last run read, and how many it judged."""
        ((read, judged, everything),) = self.query(
            """
            select
                (select count(*) from identity.identity_reread_records),
                (select count(*) from identity.identity_touched),
                (select count(*) from identity.identity_records)
            """
        )
        return read / everything, judged / everything

    def junk_keys(self) -> frozenset[str]:
        """Accounts that too many people buy with."""
        found = self.query(
            "select identifier_value from identity.identity_blocked_values"
            " where identifier_type = 'shop_customer_id' and reason = 'too_many_people'"
        )
        return frozenset(value for (value,) in found)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.folder / "penpal.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def customers(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for record, customer in self.query(
            "select record_key, customer_id from identity.identity_map"
        ):
            found[customer].add(record)
        return found


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Partition]:
    shop = Shop(tmp_path_factory.mktemp("at_once"))
    for table, rows in world(1).items():
        shop.write(table, rows)
    return shop, shop.build()


def test_batches_in_any_order_give_the_partition_of_one_run(
    at_once: tuple[Shop, Partition], tmp_path: Path
) -> None:
    rng = random.Random(2)
    shop = Shop(tmp_path)
    parts = defaultdict(lambda: defaultdict(list))
    for table, rows in world(1).items():
        for row in rows:
            parts[rng.randrange(3)][table].append(row)
    held = defaultdict(set)
    for number, tables in sorted(parts.items(), key=lambda part: rng.random()):
        for table in world(1):
            shop.write(table, tables[table], file=f"batch_{number}")
        found = shop.build()
        assert shop.full_because() == (None if held else "missing_table")
        for customer, records in shop.customers().items():
            # An id goes to nobody who never had a record of it.
            assert not held[customer] or held[customer] & records
            held[customer] |= records
    assert found == at_once[1]
    kept, expected = shop.kept(but="customer_id"), at_once[0].kept(but="customer_id")
    assert only_here(kept, expected) == only_here(expected, kept) == {}


def test_whatever_changes_a_run_leaves_what_a_full_run_would(tmp_path: Path) -> None:
    """Rows of any table that come, change and go, overrides and blocked values, in any mixture."""
    rng = random.Random(5)
    shop, fresh = sides = [Shop(tmp_path / name) for name in ("shop", "fresh")]
    for side in sides:
        # Few people use a device of this world: kiosks come and go all the same.
        side.limit_people("anonymous_id", 2)
        side.limit_people("shop_customer_id", 2)
    tables, others = world(7, villages=100), world(8, villages=100)
    contacts = [f"crm.contacts:{row['contact_id']}" for row in tables["crm.contacts"]]
    orders = [f"shop.orders:{row['order_id']}" for row in tables["shop.orders"]]
    junk_keys = set()
    for step in range(5):
        change(rng, tables, others, share=0.03 if step else 0)
        # Some are away for one run.
        seen = {
            name: [row for row in rows if not step or rng.random() > 0.02]
            for name, rows in tables.items()
        }
        decisions = [
            (rng.choice(contacts), rng.choice(contacts + orders), rng.choice(["same", "different"]))
            for _ in range(step % 3)
        ]
        for side in sides:
            for name, rows in seen.items():
                side.write(name, rows)
            side.override(*decisions)
            if step == 3:
                side.block("email", "smith@village1%")
                side.block("cart_id", "K2%")
        assert shop.build() == fresh.build("--full-refresh")
        kept, expected = shop.kept(), fresh.kept()
        assert only_here(kept, expected) == only_here(expected, kept) == {}
        junk_keys.add(shop.junk_keys())
        if step:
            assert shop.full_because() is None
            read, judged = shop.shares_looked_at()
            assert 0 < read < 0.35
            assert 0 < judged < 0.85
    assert len(junk_keys) > 1  # accounts come to be keys for guests, and stop to be


def only_here(kept: Kept, others: Kept) -> Kept:
    """The rows that one shop keeps and the other does not."""
    only = {table: Counter(rows) - Counter(others[table]) for table, rows in kept.items()}
    return {table: sorted(rows.elements(), key=str) for table, rows in only.items() if rows}


def test_doing_it_again_changes_nothing(at_once: tuple[Shop, Partition]) -> None:
    shop, partition = at_once
    state = "select * from ledger.customer_id_assignments order by all"
    edges = "select * from identity.identity_edges order by all"
    before = shop.query(state), shop.query(edges)
    assert shop.build() == partition
    assert (shop.query(state), shop.query(edges)) == before
    assert shop.shares_looked_at() == (0, 0)


def test_overrides_hold_and_can_be_taken_back(at_once: tuple[Shop, Partition]) -> None:
    shop, partition = at_once
    customers = shop.customers()
    # The strongest link there is, an account and its order; and a pair of the largest customer.
    account, order = shop.query(
        """
        select 'shop.customers:' || shop_customer_id, 'shop.orders:' || order_id
        from staging.stg_shop__orders where shop_customer_id is not null order by order_id limit 1
        """
    )[0]
    largest = sorted(max(partition, key=lambda records: (len(records), min(records))))
    smallest = sorted(partition, key=lambda records: (len(records), min(records)))
    strangers = [min(records) for records in smallest[:2]]
    shop.override(
        (account, order, "different"),
        (f" {largest[0]} ", f"{largest[-1]} ", "different"),  # as one writes or pastes it
        (*strangers, "same"),
        ("crm.contacts:nobody", account, "different"),
    )
    found = {record: records for records in shop.build() for record in records}
    assert found[account] != found[order]
    assert found[largest[0]] != found[largest[-1]]
    assert found[strangers[0]] == found[strangers[1]]
    refused = shop.query(
        "select record_key, other_record_key from identity.identity_conflicts"
        " where reason = 'never_link_override'"
    )
    assert {frozenset(pair) for pair in refused} >= {frozenset((account, order))}
    unknown = shop.query(
        "select record_key, other_record_key from identity.identity_conflicts"
        " where reason = 'unknown_record'"
    )
    assert unknown == [("crm.contacts:nobody", account)]
    shop.override()
    assert shop.build() == partition
    # Who was taken apart and put together again has the id from before.
    assert shop.customers() == customers


def test_never_link_beats_force_link(at_once: tuple[Shop, Partition]) -> None:
    shop, partition = at_once
    one, two, three = [min(records) for records in sorted(partition, key=min)[2:5]]
    shop.override((one, two, "same"), (two, three, "same"), (three, one, "different"))
    found = {record: records for records in shop.build() for record in records}
    assert found[one] != found[three]
    assert found[two] in (found[one], found[three])
    shop.override()


def test_deleted_records_take_their_links_along(
    at_once: tuple[Shop, Partition], tmp_path: Path
) -> None:
    """What is deleted leaves what a build without it would have made."""
    rows = world(1)
    kept = {name: [row for i, row in enumerate(table) if i % 4] for name, table in rows.items()}
    fresh = Shop(tmp_path)
    for name, table in kept.items():
        fresh.write(name, table)
    expected = fresh.build()
    shop, _ = at_once
    for name, table in kept.items():
        shop.write(name, table)
    assert shop.build() == expected
