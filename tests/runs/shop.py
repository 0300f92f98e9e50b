"""A shop of a test's own: the real project, a lake, rules and a warehouse in one folder."""

from __future__ import annotations

import csv
import random
import re
import shutil
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
from conftest import (
    PROJECT_PATHS,
    ROOT,
    copy_project,
    dbt_environment,
    dbt_in_project,
    dbt_server,
    run_dbt,
)
from worlds import Night, Row, World

Customers = dict[str, frozenset[str]]  # by id, the records of each
Tables = dict[str, list[tuple]]

VARS = "{raw_data: lake, sources: [crm, web, shop, email], as_of: '2026-06-15 12:00:00'}"
LAYER = ("--select", "+path:models/identity", "suppressed_identifiers")
RUN = ("--quiet", "build", *LAYER, "--exclude-resource-type", "unit_test", "test")

LEDGER = "ledger.customer_id_assignments"
# What a run decides about ids, by the ledger that it found; of another ledger, something else.
DECISIONS = {
    f"identity.identity_{name}"
    for name in (
        "open_records",
        "open_ids",
        "id_holders",
        "id_parts",
        "returned_ids",
        "given_ids",
    )
}
OF_THE_LEDGER = {LEDGER, "identity.customer_id_changes", *DECISIONS}


def shuffled(rows: list[Row], rng: random.Random) -> list[Row]:
    """Rows in another order, but versions of one key in theirs.

    Of versions that nothing else tells apart the later line of the later file is the newer one.
    """
    versions = defaultdict(list)
    for row in rows:
        versions[next(iter(row.values()))].append(row)
    waiting = {key: iter(of_key) for key, of_key in versions.items()}
    return [next(waiting[next(iter(row.values()))]) for row in rng.sample(rows, len(rows))]


class Shop:
    def __init__(self, folder: Path) -> None:
        """In a new folder, or one that has been copied from another shop's."""
        self.folder = folder
        self.warehouse = folder / "penpal.duckdb"
        if not folder.exists():
            folder.mkdir()
            copy_project(folder)

    def receive(self, night: Night, files: int = 1, rng: random.Random | None = None) -> None:
        """The state of a night in its lake and its rules; shuffled into so many files."""
        self._write_lake(night.rows, files, rng)
        rules = self.folder / "seeds" / "rules"
        with (rules / "identity_overrides.csv").open("w") as sink:
            sink.write("record_key_a,record_key_b,decision,decided_by,decided_at,why\n")
            for a, b, decision in night.overrides:
                sink.write(f"{a},{b},{decision},a tester,2026-01-01 00:00:00,a test\n")
        for name in ("blocked_identifiers", "identifier_limits"):
            shutil.copy(ROOT / "seeds" / "rules" / f"{name}.csv", rules)
        with (rules / "blocked_identifiers.csv").open("a") as sink:
            sink.writelines(f"{kind},{pattern},a test\n" for kind, pattern in night.blocked)
        limits = rules / "identifier_limits.csv"
        with limits.open(newline="") as source:
            rows = list(csv.DictReader(source))
        with limits.open("w", newline="") as sink:
            writer = csv.DictWriter(sink, list(rows[0]))
            writer.writeheader()
            for row in rows:
                people = night.max_people.get(row["identifier_type"], row["max_people"])
                writer.writerow(row | {"max_people": people})

    def _write_lake(self, tables: World, files: int, rng: random.Random | None) -> None:
        lake = self.folder / "lake"
        shutil.rmtree(lake, ignore_errors=True)
        for table, rows in tables.items():
            # Events of one second happen in their order in the source: that one stays.
            is_shuffled = rng and table != "web.events"
            ordered = shuffled(rows, rng) if is_shuffled else rows
            path = lake / table.replace(".", "/")
            path.mkdir(parents=True)
            size = -(-len(rows) // files)
            for number in range(files):
                if part := ordered[number * size : (number + 1) * size]:
                    with (path / f"{number}.csv").open("w", newline="", encoding="utf-8") as sink:
                        writer = csv.DictWriter(sink, list(part[0]))
                        writer.writeheader()
                        writer.writerows(part)

    def build(self, *options: str) -> None:
        """Runs the identity layer and all before it."""
        dbt_in_project(self.folder, *RUN, *options, given=VARS)

    def build_killed_after(self, table: str) -> None:
        """A run that is killed when it has written this table."""
        log = self.folder / "logs" / "dbt.log"
        written = re.compile(rf"OK created sql \w+ model {re.escape(table)} ")
        begun_at = log.stat().st_size
        killed = threading.Event()

        def kill() -> None:
            while not killed.is_set():
                if written.search(log.read_text(encoding="utf-8"), begun_at):
                    killed.set()
                    dbt_server().terminate()  # which hands the signal on to the run
                time.sleep(0.02)

        watch = threading.Thread(target=kill)
        watch.start()
        environment = dbt_environment(self.folder) | PROJECT_PATHS
        done = run_dbt((*RUN, "--vars", VARS), self.folder, environment)
        was_killed = killed.is_set()
        killed.set()
        watch.join()
        assert was_killed and done.returncode < 0, f"{table} was not written: {done.stdout}"

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> Tables:
        """Every table and view of the layer, and the ledger: its rows in their order."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            names = connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables"
                " where table_schema = 'identity'"
                " or table_name in ('suppressed_identifiers', 'customer_identifiers')"
                " order by all"
            ).fetchall()
            return {
                name: connection.execute(f"select * from {name} order by all").fetchall()
                for (name,) in [*names, (LEDGER,)]
            }

    def customers(self) -> Customers:
        found = defaultdict(set)
        for record, customer in self.query(
            "select record_key, customer_id from identity.identity_map"
        ):
            found[customer].add(record)
        return {customer: frozenset(records) for customer, records in found.items()}


def without_ids(tables: Tables) -> Tables:
    """What does not depend on the ledger: with the records of a customer in the place of its id."""
    records = defaultdict(list)
    for row in tables["identity.identity_map"]:
        record_key, customer_id = row[1], row[4]
        records[customer_id].append(record_key)
    names = {customer: " ".join(sorted(keys)) for customer, keys in records.items()}
    return {
        table: sorted((tuple(names.get(value, value) for value in row) for row in rows), key=repr)
        for table, rows in tables.items()
        if table not in OF_THE_LEDGER
    }


def differing(tables: Tables, others: Tables) -> Tables:
    """Of each table some rows that one side has and the other has not; {} when all are the same."""
    assert tables.keys() == others.keys()
    found = {}
    for table, rows in tables.items():
        one, other = Counter(rows), Counter(others[table])
        if one != other:
            found[table] = [*sorted((one - other).elements(), key=repr)[:3], ("but",)]
            found[table] += sorted((other - one).elements(), key=repr)[:3]
    return found
