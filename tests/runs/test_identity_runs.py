"""Identity over several runs of the real project: batches, deletions, overrides, doing nothing."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from conftest import DBT, copy_project, run_in_project

Row = dict[str, str]
Partition = set[frozenset[str]]
VARS = "{raw_data: lake, sources: [crm, shop], as_of: '2026-06-15 12:00:00'}"

KEPT = {
    "identity_clusters": "*",
    "identity_edges": "*",
    "identity_conflicts": "*",
    "identity_pairs": "*",
    "identity_review": "*",
    "identity_profiles": "*",
    "identity_rarity": "*",
    "identity_candidates": "*",
    "identity_blocks": "*",
    "identity_known_records": "*",
    "identity_map": "record_key, component, first_seen_at",
    "identity_identifiers": "* exclude (customer_id)",
    "identity_blocked_values": "*",
}

GIVEN = ["anna", "anne", "hanna", "william", "bill", "liam", "maria", "jon", "john", "jane"]
FAMILY = ["smith", "smyth", "miller", "mueller", "brown", "browne", "garcia", "novak", "rossi"]
FAMILY += ["dubois", "kowalski", "jensen", "okafor", "tanaka", "silva", "murphy", "costa"]
STREETS = ["12 Hill Road", "12 Hill Rd", "7 Mill Lane", "99 Long Street", "3 Low Road", "8 Bay St"]


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
        command = [DBT, "--quiet", "build", "--vars", VARS, *options]
        command += ["--select", "+identity_finished_run", "identity_review"]
        command += ["--exclude-resource-type", "unit_test", "test"]
        run_in_project(self.folder, *command)
        return {frozenset(records) for records in self.customers().values()}

    def block(self, kind: str, pattern: str) -> None:
        """One more value that links nobody."""
        with (self.folder / "seeds/rules/blocked_identifiers.csv").open("a") as sink:
            sink.write(f"{kind},{pattern},a test\n")

    def kept(self) -> dict[str, list[tuple]]:
        """What the identity layer keeps from run to run, without the ids that history decides."""
        return {
            table: self.query(f"select {columns} from identity.{table} order by all")
            for table, columns in KEPT.items()
        }

    def looked_at(self) -> int:
        """How many records the last run looked at."""
        return self.query("select count(*) from identity.identity_touched")[0][0]

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


def world(seed: int) -> dict[str, list[Row]]:
    """Few names, many collisions: families, namesakes, typing errors, shared keys."""
    rng = random.Random(seed)

    def person() -> Row:
        given, family = rng.choice(GIVEN), rng.choice(FAMILY)
        return {
            "first_name": given if rng.random() < 0.9 else "",
            "last_name": family,
            "street_address": rng.choice(STREETS),
            "postal_code": rng.choice(["10115", "10117", "20095", "80331", "50667"]),
            "email": rng.choice(
                [f"{given}.{family}@example.org", f"{family}@example.org", "", "test@test.com"]
            ),
            "phone": rng.choice(["+4930123456", "+4930654321", "", ""]),
        }

    def at() -> str:
        return f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} 10:00:00"

    birth = [f"19{year}-0{month}-11" for year in range(50, 90, 3) for month in (1, 7)] + [""]
    contacts = [
        {"contact_id": f"C{i}", "birth_date": rng.choice(birth), "created_at": at()} | person()
        for i in range(60)
    ]
    accounts = [{"customer_id": f"S{i}", "created_at": at()} | person() for i in range(20)]
    orders = []
    for i in range(50):
        buyer = person()
        orders.append(
            {
                "order_id": f"O{i}",
                "customer_id": rng.choice(["", f"S{rng.randint(0, 19)}"]),
                "email": buyer["email"],
                "phone": buyer["phone"],
                "status": "paid",
                "currency": "EUR",
                "total": "10.00",
                "ship_first_name": buyer["first_name"],
                "ship_last_name": buyer["last_name"],
                "ship_street_address": buyer["street_address"],
                "ship_postal_code": buyer["postal_code"],
                "created_at": at(),
            }
        )
    return {"crm.contacts": contacts, "shop.customers": accounts, "shop.orders": orders}


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
        for customer, records in shop.customers().items():
            # An id goes to nobody who never had a record of it.
            assert not held[customer] or held[customer] & records
            held[customer] |= records
    assert found == at_once[1]
    assert shop.kept() == at_once[0].kept()


def test_whatever_changes_a_run_leaves_what_a_full_run_would(tmp_path: Path) -> None:
    """Records that come, change and go, overrides and blocked values, in any mixture."""
    rng = random.Random(5)
    shop, fresh = (Shop(tmp_path / name) for name in ("shop", "fresh"))
    tables, others = world(7), world(8)
    sizes = []
    for step in range(6):
        for name, rows in tables.items():
            key = next(iter(rows[0]))
            for row, other in zip(rows, others[name], strict=True):
                if step and rng.random() < 0.03:
                    row |= {field: other[field] for field in row if field != key}
            rng.shuffle(rows)
            gone = rows[: rng.randint(0, 3)] if step else []
            for side in (shop, fresh):
                side.write(name, rows[len(gone) :])
        if step % 2:
            records = [f"crm.contacts:{row['contact_id']}" for row in tables["crm.contacts"]]
            decisions = [(*rng.sample(records, 2), rng.choice(["same", "different"]))]
            for side in (shop, fresh):
                side.override(*decisions)
        if step == 3:
            for side in (shop, fresh):
                side.block("email", "smith@%")
        assert shop.build() == fresh.build("--full-refresh")
        assert shop.kept() == fresh.kept()
        sizes.append((shop.looked_at(), fresh.looked_at()))
    # Most of it was left alone.
    assert all(part < everything for part, everything in sizes[1:]), sizes


def test_doing_it_again_changes_nothing(at_once: tuple[Shop, Partition]) -> None:
    shop, partition = at_once
    state = "select * from ledger.customer_id_assignments order by all"
    edges = "select * from identity.identity_edges order by all"
    before = shop.query(state), shop.query(edges)
    assert shop.build() == partition
    assert (shop.query(state), shop.query(edges)) == before


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
        (largest[0], largest[-1], "different"),
        (*strangers, "same"),
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
