"""Persistent customer ids: the ledger's SQL over histories of partitions, and real builds."""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from conftest import ROOT, ScratchProject, scratch_project
from hypothesis import given, settings
from hypothesis import strategies as st

from penpal import settings as penpal
from penpal.publishing import export_ledgers

LEDGER = "ledger_customer_id_assignments"
# What each reads of the ledger is what it held before the run.
STEPS = (
    "identity_open_records",
    "identity_open_ids",
    "identity_id_holders",
    "identity_id_parts",
    "identity_returned_ids",
    "identity_given_ids",
)
CUSTOMERS = ("identity_map", "identity_customers", "customer_id_changes")
COLUMNS = "record_key, customer_id, seed_record_key, sequence, cause, previous_customer_id"

Partition = dict[str, str]  # record -> component, which is named after its smallest record
Row = tuple[str, str, str, int, str | None, str | None]  # COLUMNS


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    return scratch_project(tmp_path_factory.mktemp("scratch"), "duckdb")


@pytest.fixture(scope="module")
def on_engine(tmp_path_factory: pytest.TempPathFactory, engine: str) -> ScratchProject:
    return scratch_project(tmp_path_factory.mktemp("engine"), engine)


def partition(*parts: Iterable[str]) -> Partition:
    """From parts like "ab", "c": records a and b in one component, c alone."""
    return {record: min(part) for part in map(list, parts) for record in part}


def table_of(clusters: Partition) -> dict[str, pa.Array]:
    """The columns of identity_clusters; records and clusters are numbers of one run."""
    numbers = {record: number for number, record in enumerate(sorted(clusters), start=1)}
    text, number, keys = pa.string(), pa.int64(), list(clusters)
    return {
        "record_id": pa.array([numbers[key] for key in keys], number),
        "record_key": pa.array(keys, text),
        "source_table": pa.array(["crm.contacts"] * len(keys), text),
        "source_key": pa.array(keys, text),
        "cluster": pa.array([numbers[clusters[key]] for key in keys], number),
        "key_group": pa.array([numbers[clusters[key]] for key in keys], number),
        "first_seen_at": pa.array([datetime(2026, 1, 1)] * len(keys), pa.timestamp("us")),
    }


def members(clusters: Partition) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, component in clusters.items():
        found[component].add(record)
    return found


def ledger_model() -> str:
    text = (ROOT / "models" / "ledger" / f"{LEDGER}.sql").read_text()
    return text.replace("alias=", "schema='ledger', alias=")


def identity_model(name: str) -> str:
    return (ROOT / "models" / "identity" / "customers" / f"{name}.sql").read_text()


def write_models(scratch: ScratchProject, clusters: Partition) -> None:
    scratch.table("identity_clusters", table_of(clusters))
    scratch.model(LEDGER, ledger_model())
    for name in STEPS:
        scratch.model(name, identity_model(name))


def run(scratch: ScratchProject, clusters: Partition, *select: str) -> list[Row]:
    """A real build over a partition; the whole ledger after it."""
    write_models(scratch, clusters)
    done = scratch.dbt("run", "--full-refresh", "--vars", "{as_of: '2026-06-15 12:00:00'}", *select)
    assert done.returncode == 0, done.stdout
    return sorted(scratch.rows("customer_id_assignments", COLUMNS, schema="ledger"), key=repr)


# Models as compiled, over an in-memory database


@pytest.fixture(scope="module")
def compiled(scratch: ScratchProject) -> dict[str, str]:
    """The models' own SQL: "first …" for a new ledger, and one text for each model later on."""
    folder = scratch.folder / "target" / "compiled" / "penpal" / "models"

    def compile_all() -> dict[str, str]:
        done = scratch.dbt("compile")
        assert done.returncode == 0, done.stdout
        return {name: (folder / f"{name}.sql").read_text() for name in (LEDGER, *STEPS, *CUSTOMERS)}

    write_models(scratch, partition("a"))
    for name in CUSTOMERS:
        scratch.model(name, identity_model(name))
    new = compile_all()
    run(scratch, partition("a"))
    texts = {f"first {name}": text for name, text in new.items()} | compile_all()
    # The real builds below need the ledger alone.
    for name in CUSTOMERS:
        (scratch.folder / "models" / f"{name}.sql").unlink()
    (scratch.folder / "scratch.duckdb").unlink()
    return texts


class Warehouse:
    """Runs the compiled models over one partition after another."""

    def __init__(self, compiled: dict[str, str]):
        self.compiled = compiled
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as scratch; create schema scratch.ledger")
        self.connection.execute("use scratch.main")
        self.is_new = True

    def build(self, clusters: Partition) -> list[Row]:
        """One run; the rows that it appended to the ledger."""
        self.connection.register("clusters", pa.table(table_of(clusters)))
        self.connection.execute("create or replace table identity_clusters as from clusters")
        for name in STEPS:
            self.create(name)
        appended = self.append()
        for name in CUSTOMERS:
            self.create(name)
        return appended

    def append(self) -> list[Row]:
        """The ledger's own step of a run."""
        self.create("appended", LEDGER)
        target = "ledger.customer_id_assignments"
        self.connection.execute(
            f"create table {target} as from appended"
            if self.is_new
            else f"insert into {target} by name from appended"
        )
        self.is_new = False
        return self.rows("appended")

    def create(self, table: str, model: str | None = None) -> None:
        text = self.compiled[("first " if self.is_new else "") + (model or table)]
        self.connection.execute(f"create or replace table {table} as {text}")

    def rows(self, table: str = "ledger.customer_id_assignments") -> list[Row]:
        rows = self.connection.execute(f"select {COLUMNS} from {table}").fetchall()
        return sorted(rows, key=repr)

    def ids(self, clusters: Partition) -> dict[str, str]:
        """The id of each record of a partition."""
        now = dict(
            self.connection.execute("select record_key, customer_id from identity_map").fetchall()
        )
        assert now.keys() == clusters.keys()
        return now

    def changes(self) -> dict[str, tuple[str | None, str, str]]:
        """customer_id_changes: id -> current id, status, cause."""
        query = "select customer_id, current_customer_id, status, cause from customer_id_changes"
        found = self.connection.execute(query).fetchall()
        assert len({id_ for id_, *_ in found}) == len(found)
        return {id_: (now, status, cause) for id_, now, status, cause in found}


def story(compiled: dict[str, str], *history: Partition) -> tuple[Warehouse, list[dict[str, str]]]:
    """The ids of each step of a history."""
    warehouse = Warehouse(compiled)
    steps = []
    for clusters in history:
        warehouse.build(clusters)
        steps.append(warehouse.ids(clusters))
    return warehouse, steps


# Single rules


def test_a_new_record_takes_the_id_it_joins(compiled: dict[str, str]) -> None:
    warehouse, (first, second) = story(compiled, partition("b", "c"), partition("ab", "c", "d"))
    assert second["a"] == second["b"] == first["b"]
    assert len(set(second.values())) == 3
    assert {row[4] for row in warehouse.rows()} == {"new"}


def test_the_oldest_id_survives_a_merge(compiled: dict[str, str]) -> None:
    history = partition("z"), partition("z", "abc"), partition("zabc")
    warehouse, (first, second, third) = story(compiled, *history)
    assert set(third.values()) == {first["z"]}
    changes = warehouse.changes()
    assert changes[second["a"]] == (first["z"], "merged", "merge")
    assert changes[first["z"]] == (first["z"], "current", "new")


@pytest.mark.parametrize(
    ("before", "after", "keeper"),
    [
        (["abcde"], ["ab", "cde"], "c"),  # the larger part
        (["abcd"], ["ab", "cd"], "a"),  # of equal ones that with the record it was made of
        (["abcd"], ["bc", "d"], "b"),
        (["abcd"], ["c", "bd"], "b"),
        (["abcde"], ["bc", "de"], "b"),  # and without it the smallest component
    ],
)
def test_a_split_id_stays_with_the_larger_part(
    compiled: dict[str, str], before: list[str], after: list[str], keeper: str
) -> None:
    warehouse, (first, second) = story(compiled, partition(*before), partition(*after))
    assert second[keeper] == first[keeper]
    parts = members(partition(*after))
    assert len(set(second.values())) == len(parts)
    others = [part for part in parts if keeper not in parts[part]]
    for part in others:
        assert warehouse.changes()[second[part]] == (second[part], "current", "split")


@pytest.mark.parametrize("guests", ["b", "bcd"])  # fewer records than their host, or more
def test_an_undone_merge_gives_both_ids_back(compiled: dict[str, str], guests: str) -> None:
    apart, joined = partition("az", guests), partition("az" + guests)
    warehouse, (first, second, third) = story(compiled, apart, joined, apart)
    assert set(second.values()) == {first["a"]}
    assert third == first
    assert warehouse.changes()[first["b"]] == (first["b"], "current", "returned")


def test_who_came_from_a_customer_that_went_on_leaves_the_id_to_who_had_it(
    compiled: dict[str, str],
) -> None:
    apart, moved = partition("a", "bcdefg"), partition("abc", "defg")
    _, (first, second, third) = story(compiled, apart, moved, apart)
    assert (second["b"], second["d"]) == (first["a"], first["d"])
    assert third == first


def test_who_was_divided_between_a_customer_and_a_new_id_has_the_old_one_back(
    compiled: dict[str, str],
) -> None:
    apart, moved = partition("abcd", "xyz"), partition("abcdxy", "z")
    warehouse, (first, second, third) = story(compiled, apart, moved, apart)
    assert (second["x"], second["a"]) == (first["a"], first["a"])
    assert second["z"] not in first.values()
    assert third == first
    assert warehouse.changes()[first["x"]] == (first["x"], "current", "returned")
    assert warehouse.changes()[second["z"]] == (first["x"], "merged", "merge")


def test_records_from_after_the_merge_do_not_decide_who_gets_an_id_back(
    compiled: dict[str, str],
) -> None:
    _, (first, _, _, last) = story(
        compiled,
        partition("a", "b"),
        partition("ab"),
        partition("abcdefg"),
        partition("a", "bcdefg"),
    )
    assert (last["a"], last["b"]) == (first["a"], first["b"])


def test_the_earlier_of_two_merges_is_undone(compiled: dict[str, str]) -> None:
    history = partition("a", "bcd", "e"), partition("abcd", "e"), partition("abcde")
    _, (first, _, _, last) = story(compiled, *history, partition("ae", "bcd"))
    assert (last["a"], last["e"], last["b"]) == (first["a"], first["a"], first["b"])


def test_all_of_a_chain_of_merges_is_undone(compiled: dict[str, str]) -> None:
    apart = partition("a", "b", "c")
    chain = [apart, partition("a", "bc"), partition("abc")]
    warehouse, (first, _, _) = story(compiled, *chain)
    assert {now for now, _, _ in warehouse.changes().values()} == {first["a"]}
    warehouse.build(apart)
    assert warehouse.ids(apart) == first


@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_chain_of_merges_is_undone_in_any_steps(
    compiled: dict[str, str], is_at_once: bool
) -> None:
    apart, some, all_ = partition("a", "b", "cd"), partition("a", "bcd"), partition("abcd")
    steps = [all_, apart] if is_at_once else [all_, some, apart]
    _, ids = story(compiled, apart, some, *steps)
    assert ids[-1] == ids[0]


def test_who_had_an_id_while_others_of_it_were_away_shares_it_with_them_again(
    compiled: dict[str, str],
) -> None:
    apart, joined = partition("abc", "de"), partition("abcde")
    while_d_is_away = partition("abc", "e")
    _, (first, *_, last) = story(compiled, apart, joined, while_d_is_away, joined, apart)
    assert last == first


@pytest.mark.parametrize(
    ("apart", "after", "keeper"),
    [
        (["abc", "defgh"], ["abdefgh", "c"], "d"),  # one of its three hosts leaves the customer
        (["ab", "defgh"], ["adefgh", "b"], "d"),  # one of two: the larger part keeps it
        (["abc", "defgh"], ["adefgh", "bc"], "b"),  # most of the hosts leave the guests
        (["abc", "defgh"], ["defgh", "c"], "c"),  # the only host that is still there
        (["abc", "defgh"], ["a", "b", "c", "defgh"], "a"),  # none stays with the guests
    ],
)
def test_an_id_is_where_most_of_its_hosts_are(
    compiled: dict[str, str], apart: list[str], after: list[str], keeper: str
) -> None:
    joined = ["".join(apart)]
    history = [partition(*parts) for parts in (apart, joined, after)]
    _, (first, _, last) = story(compiled, *history)
    assert last[keeper] == first["a"]
    assert len(set(last.values())) == len(after)


def test_an_id_that_comes_back_through_a_younger_one_is_told(compiled: dict[str, str]) -> None:
    apart, moved = partition("abcd", "xyz"), partition("abcdxy", "z")
    warehouse, (first, second, _) = story(compiled, apart, moved, apart)
    (row,) = [row for row in warehouse.rows() if row[0] == "z" and row[3] == 3]
    assert (row[1], row[4], row[5]) == (first["x"], "merge", second["z"])
    assert warehouse.changes()[first["x"]] == (first["x"], "current", "returned")
    younger = [partition("abc", "def", "gh"), partition("abc", "defgh"), partition("bcdf", "aegh")]
    warehouse, steps = story(compiled, *younger, partition("a", "bcdf", "egh"))
    issued: set[str] = set()
    away: set[str] = set()
    returned: set[str] = set()
    for ids in steps:
        now = set(ids.values())
        returned |= away & now
        issued |= now
        away = issued - now
    told = {id_ for id_, (_, _, cause) in warehouse.changes().items() if cause == "returned"}
    assert told == returned & set(steps[-1].values())
    assert told


def test_who_parts_when_a_record_is_back_has_the_id_from_before(compiled: dict[str, str]) -> None:
    # d had its id with g, then b's; they are together again while b is not in the data.
    history = partition("b", "dg"), partition("bd", "g"), partition("dg"), partition("bd", "g")
    warehouse, (first, second, third, last) = story(compiled, *history)
    assert set(third.values()) == {first["b"]}
    assert last == second
    assert warehouse.changes()[first["d"]] == (first["b"], "merged", "merge")


def test_a_minority_does_not_take_an_id_back(compiled: dict[str, str]) -> None:
    history = partition("a", "bcd"), partition("abcd"), partition("abc", "d")
    warehouse, (first, _, last) = story(compiled, *history)
    assert last["d"] not in first.values()
    assert warehouse.changes()[first["b"]] == (first["a"], "merged", "merge")


def test_an_id_comes_back_to_all_who_had_it(compiled: dict[str, str]) -> None:
    # b and c left it by a merge, d and e were split off in the same run: half of them each.
    history = partition("a", "bcde"), partition("abc", "d", "e"), partition("a", "bcde")
    _, (first, _, last) = story(compiled, *history)
    assert last == first


def test_records_that_come_back_have_their_id(compiled: dict[str, str]) -> None:
    both, one = partition("ab", "c"), partition("c")
    warehouse, (first, _, third) = story(compiled, both, one, both)
    assert third == first
    warehouse.build(one)
    assert warehouse.changes()[first["a"]] == (None, "retired", "records_gone")


def test_an_id_that_is_merged_while_a_record_is_away_leads_on(compiled: dict[str, str]) -> None:
    # c is away while its id is merged, b while that one is.
    history = [partition("a", "b", "cd"), partition("a", "bd"), partition("ad"), partition("a")]
    warehouse, (first, *_) = story(compiled, *history)
    changes = warehouse.changes()
    assert {changes[id_] for id_ in first.values()} >= {(first["a"], "merged", "merge")}
    assert {now for now, _, _ in changes.values()} == {first["a"]}
    warehouse.build(history[0])
    assert warehouse.ids(history[0]) == first


@pytest.mark.parametrize(("back", "is_given"), [(["c"], True), (["ab", "c"], False)])
def test_an_id_that_was_merged_meanwhile_returns_to_most_of_its_records(
    compiled: dict[str, str], back: list[str], is_given: bool
) -> None:
    # c is away while its id is merged; the id was made of b, and stays where b is if b is there.
    history = partition("a", "bc"), partition("ab"), partition(*back), partition("abc")
    warehouse, (first, _, third, fourth) = story(compiled, *history)
    assert third["c"] != first["a"]
    assert (third["c"] == first["c"]) == is_given
    assert set(fourth.values()) == {first["a"]}
    assert warehouse.changes()[first["c"]] == (first["a"], "merged", "merge")


# Any history. Each drawn one has records of its own, so that one run takes a step of all of them.

RECORDS = "abcdefgh"
EXAMPLES = 500


def of_labels(labels: list[int | None]) -> Partition:
    """The part of each record in turn; None: not in the data."""
    parts: dict[int, list[str]] = defaultdict(list)
    for record, label in zip(RECORDS, labels, strict=True):
        if label is not None:
            parts[label].append(record)
    return partition(*parts.values())


partitions = st.lists(
    st.one_of(st.none(), st.integers(0, 3)), min_size=len(RECORDS), max_size=len(RECORDS)
).map(of_labels)


def drawn(strategy: st.SearchStrategy[list[Partition]]) -> list[list[Partition]]:
    """Many examples at once."""
    found: list[list[Partition]] = []

    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(strategy)
    def collect(history: list[Partition]) -> None:
        found.append(history)

    collect()
    return found


def together(partitions: Iterable[Partition]) -> Partition:
    """All in one, each with its own records."""
    return {
        f"{number}:{record}": f"{number}:{component}"
        for number, clusters in enumerate(partitions)
        for record, component in clusters.items()
    }


def of_example(values: Iterable[str], number: int) -> set[str]:
    return {value for value in values if value.startswith(f"{number}:")}


def test_ids_persist_through_any_history(compiled: dict[str, str]) -> None:
    histories = drawn(st.lists(partitions, min_size=6, max_size=6))
    warehouse = Warehouse(compiled)
    had: dict[str, set[str]] = defaultdict(set)  # id -> every record that ever had it
    before: dict[str, str] = {}
    for step in range(6):
        clusters = together(history[step] for history in histories)
        warehouse.build(clusters)
        assert warehouse.append() == []  # what the stages found is in the ledger
        now = warehouse.ids(clusters)
        parts = members(clusters)

        # One id a component, one component an id, and every id is a UUID.
        ids = {component: {now[record] for record in parts[component]} for component in parts}
        assert all(len(found) == 1 for found in ids.values())
        assert len({min(found) for found in ids.values()}) == len(parts)
        assert all(str(uuid.UUID(id_)) == id_ for id_ in now.values())

        held: dict[str, set[str]] = defaultdict(set)
        for record, id_ in before.items():
            held[id_].add(record)
        for component, (id_,) in ids.items():
            example = histories[int(component.split(":")[0])][: step + 1]
            # An id never goes to somebody else: it is new, or one of the records had it.
            assert id_ not in had or had[id_] & parts[component], example
            # Who is as before keeps the id, unless somebody who had it comes back.
            old = {before.get(record) for record in parts[component]}
            if len(old) == 1 and held[kept := min(old, key=str)] == parts[component]:
                back = had[kept] & (set(clusters) - set(before))
                assert id_ == kept or back, example
        for record, id_ in now.items():
            had[id_].add(record)
        before = now

        check_changes(warehouse, now, set(had))
        assert warehouse.build(clusters) == []  # the same again changes nothing


def test_a_returning_record_does_not_share_its_id_with_whom_it_has_left(
    compiled: dict[str, str],
) -> None:
    # c had its id with a and b, was away, and comes back as somebody else.
    _, (first, _, third) = story(compiled, partition("abc"), partition("ab"), partition("ab", "c"))
    assert third["a"] == third["b"] == first["a"]
    assert third["c"] not in first.values()


def check_changes(warehouse: Warehouse, now: dict[str, str], issued: set[str]) -> None:
    """Every id that was ever issued leads to one that is in use, where its records are."""
    changes = warehouse.changes()
    assert set(changes) == issued
    rows = sorted(warehouse.rows(), key=lambda row: row[3])
    latest = {row[0]: row[1] for row in rows}
    movers: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for record, _, _, sequence, cause, previous in rows:
        if cause == "merge":
            movers[previous][sequence].append(record)
    in_use = set(now.values())
    for id_, (current_id, status, cause) in changes.items():
        assert (status == "current") == (id_ in in_use)
        if status == "current":
            assert current_id == id_
            assert cause in ("new", "split", "returned")
        elif status == "merged":
            assert cause == "merge"
            last = movers[id_][max(movers[id_])]
            places = Counter(latest[record] for record in last if latest[record] in in_use)
            assert places[current_id] == max(places.values())
        else:
            assert (current_id, status, cause) == (None, "retired", "records_gone")
    merged = {id_ for id_, (_, status, _) in changes.items() if status == "merged"}
    assert not merged & set(latest.values())


@st.composite
def undone_merges(draw: st.DrawFn) -> list[Partition]:
    """Two partitions, then the second with parts joined and records missing, and as it was."""
    earlier, apart = draw(partitions), draw(partitions)
    groups = {component: draw(st.integers(0, 2)) for component in sorted(set(apart.values()))}
    missing = draw(st.sets(st.sampled_from(RECORDS), max_size=3))
    joined: dict[int, list[str]] = defaultdict(list)
    for record, component in apart.items():
        if record not in missing:
            joined[groups[component]].append(record)
    return [earlier, apart, partition(*joined.values()), apart]


def test_undone_merges_give_every_id_back(compiled: dict[str, str]) -> None:
    histories = drawn(undone_merges())
    steps = [together(history[step] for history in histories) for step in range(4)]
    _, (_, apart, _, again) = story(compiled, *steps)
    for number, history in enumerate(histories):
        records = of_example(apart, number)
        assert {r: again[r] for r in records} == {r: apart[r] for r in records}, history


@st.composite
def coarsenings(draw: st.DrawFn) -> list[Partition]:
    """Parts that come one after another, are joined and taken apart; in the end as before.

    Each step joins two groups of parts, undoes the last join, or undoes all.
    """
    labels = draw(st.lists(st.integers(0, 3), min_size=len(RECORDS), max_size=len(RECORDS)))
    apart = list(members(of_labels([*labels])).values())
    known = draw(st.integers(1, len(apart)))
    history = [partition(*draw(st.permutations(apart))[:known]), partition(*apart)]
    groups = [[part] for part in apart]
    undo = []
    for _ in range(6):
        step = draw(st.sampled_from(["join", "join", "undo", "undo all"]))
        if step == "join" and len(groups) > 1:
            undo.append(groups)
            one, other, *rest = draw(st.permutations(groups))
            groups = [one + other, *rest]
        elif step == "undo" and undo:
            groups = undo.pop()
        elif step == "undo all":
            groups, undo = [[part] for part in apart], []
        history.append(partition(*(set().union(*group) for group in groups)))
    return [*history, partition(*apart)]


def test_whatever_is_joined_and_taken_apart_again_has_its_ids(compiled: dict[str, str]) -> None:
    histories = drawn(coarsenings())
    steps = [together(step) for step in zip(*histories, strict=True)]
    _, (_, apart, *_, again) = story(compiled, *steps)
    for number, history in enumerate(histories):
        records = of_example(apart, number)
        assert {r: again[r] for r in records} == {r: apart[r] for r in records}, history


def random_partition(rng: random.Random, scenarios: int) -> Partition:
    """Many small independent partitions at once."""
    drawn: Partition = {}
    for scenario in range(scenarios):
        parts: dict[int, list[str]] = defaultdict(list)
        for record in range(12):
            if rng.random() < 0.9:
                parts[rng.randrange(4)].append(f"{scenario}:{record}")
        drawn |= partition(*parts.values())
    return drawn


def test_from_scratch_the_ids_come_out_the_same(compiled: dict[str, str]) -> None:
    clusters = random_partition(random.Random(3), 200)
    (_, (alone,)) = story(compiled, clusters)
    (_, (again,)) = story(compiled, dict(reversed(clusters.items())))
    assert alone == again


# Real builds


@pytest.fixture
def paths(scratch: ScratchProject, monkeypatch: pytest.MonkeyPatch) -> penpal.Settings:
    """A new warehouse, and nothing beside it."""
    warehouse = scratch.folder / "scratch.duckdb"
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(warehouse))
    found = penpal.Settings(warehouse=warehouse, lake=scratch.folder)
    warehouse.unlink(missing_ok=True)
    export_of(found).unlink(missing_ok=True)
    return found


def export_of(paths: penpal.Settings) -> Path:
    return paths.ledger_dir / "customer_id_assignments.parquet"


def test_builds_do_as_the_compiled_models(
    compiled: dict[str, str], on_engine: ScratchProject
) -> None:
    rng = random.Random(11)
    warehouse = Warehouse(compiled)
    for _ in range(3):
        clusters = random_partition(rng, 60)
        warehouse.build(clusters)
        ledger = run(on_engine, clusters)
        assert ledger == warehouse.rows()
    assert {row[4] for row in ledger} == {"new", "split", "merge", "returned", "followed"}
    assert run(on_engine, clusters) == ledger  # not even with --full-refresh
    assert run(on_engine, clusters, "--select", LEDGER) == ledger
    assert run(on_engine, {}) == ledger  # nor without any data


def test_a_lost_warehouse_keeps_its_ids(
    compiled: dict[str, str], scratch: ScratchProject, paths: penpal.Settings
) -> None:
    history = partition("z", "abc"), partition("zabc"), partition("z", "abc", "d")
    run(scratch, history[0])
    published = run(scratch, history[1])
    assert export_ledgers(paths) == {"customer_id_assignments": len(published)}
    # Killed between the build and the export: this build's ids are made again, the same.
    lost = run(scratch, history[2])
    assert "returned" in {row[4] for row in lost}
    paths.warehouse.unlink()
    assert run(scratch, history[2]) == lost
    assert export_ledgers(paths) == {"customer_id_assignments": len(lost)}
    paths.warehouse.unlink()
    assert run(scratch, history[2]) == lost


OLD = """
    select record_key, customer_id, record_key as seed_record_key,
        timestamp '2026-01-01' as assigned_at, cast(1 as bigint) as sequence
    from (values ('a', 'id-a'), ('b', 'id-b')) as assigned (record_key, customer_id)
"""


@pytest.mark.parametrize("kept", ["in the warehouse", "in an export"])
def test_a_ledger_from_before_causes_were_kept_goes_on(
    compiled: dict[str, str], scratch: ScratchProject, paths: penpal.Settings, kept: str
) -> None:
    if kept == "in the warehouse":
        with duckdb.connect(str(paths.warehouse)) as connection:
            connection.execute("create schema ledger")
            connection.execute(f"create table ledger.customer_id_assignments as {OLD}")
    else:
        paths.ledger_dir.mkdir(exist_ok=True)
        duckdb.execute(f"copy ({OLD}) to '{export_of(paths)}'")
    old = [("a", "id-a", "a", 1, None, None), ("b", "id-b", "b", 1, None, None)]
    assert run(scratch, partition("a", "b")) == old
    merged = [("b", "id-a", "a", 2, "merge", "id-b"), ("c", "id-a", "a", 2, "new", None)]
    assert run(scratch, partition("abc")) == sorted([*old, *merged])
