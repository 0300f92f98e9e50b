"""Persistent customer ids: the real ledger model, run over a history of partitions."""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict

import pytest
from conftest import ROOT, ScratchProject

MODEL = ROOT / "models" / "ledger" / "ledger_customer_id_assignments.sql"
RECORDS = 12
SCENARIOS = 60
STEPS = 4

Partition = dict[str, str]  # record -> component


@pytest.fixture(scope="module")
def engine() -> str:
    return "duckdb"  # appends to plain Parquet tables are covered by the whole build on Spark


def random_partition(rng: random.Random, scenario: int) -> Partition:
    """Most of the scenario's records, in up to four components."""
    partition = {
        f"{scenario}:{record}": f"{scenario}:{rng.randrange(4)}"
        for record in range(RECORDS)
        if rng.random() < 0.9
    }
    # Components are named after their smallest record, as the real ones are.
    smallest: dict[str, str] = {}
    for record, component in sorted(partition.items()):
        smallest.setdefault(component, record)
    return {record: smallest[component] for record, component in partition.items()}


def run(scratch: ScratchProject, partition: Partition) -> list[tuple[str, str, int]]:
    """One build over a partition; the whole ledger (record, id, sequence) after it."""
    scratch.table(
        "identity_clusters",
        {
            "record_key": list(partition),
            "component": list(partition.values()),
            "first_seen_at": ["2026-01-01"] * len(partition),
        },
    )
    scratch.model("customer_id_assignments", MODEL.read_text())
    done = scratch.dbt("run", "--full-refresh", "--vars", "{as_of: '2026-06-15 12:00:00'}")
    assert done.returncode == 0, done.stdout
    return scratch.rows("customer_id_assignments", "record_key", "customer_id", "sequence")


def current(ledger: list[tuple[str, str, int]]) -> dict[str, str]:
    return {record: id_ for record, id_, _ in sorted(ledger, key=lambda row: row[2])}


def members(partition: Partition) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, component in partition.items():
        found[component].add(record)
    return found


def test_ids_persist_through_random_histories(scratch: ScratchProject) -> None:
    rng = random.Random(11)
    history = [
        {k: v for s in range(SCENARIOS) for k, v in random_partition(rng, s).items()}
        for _ in range(STEPS)
    ]
    before: dict[str, str] = {}
    issued: dict[str, int] = {}
    for step, partition in enumerate(history):
        ledger = run(scratch, partition)
        now = {record: current(ledger)[record] for record in partition}
        by_component = members(partition)

        # One id a component, one component an id, and every id is a UUID.
        assert all(len({now[r] for r in records}) == 1 for records in by_component.values())
        assert len({now[next(iter(r))] for r in by_component.values()}) == len(by_component)
        assert all(str(uuid.UUID(id_)) == id_ for id_ in now.values())

        for component, records in by_component.items():
            votes = Counter(before[r] for r in records if r in before)
            keepers = {
                id_
                for id_ in votes
                if max(
                    by_component.items(),
                    key=lambda part: (sum(before.get(r) == id_ for r in part[1]), _less(part[0])),
                )[0]
                == component
            }
            id_ = now[component]
            if keepers:  # the oldest of the ids whose larger part this is
                assert issued[id_] == min(issued[k] for k in keepers)
                assert id_ in keepers
            else:  # nobody ever had this id
                assert id_ not in issued
        for id_ in now.values():
            issued.setdefault(id_, step)
        before |= now

        # The same partition again writes nothing, not even with --full-refresh.
        if step == STEPS - 1:
            assert sorted(run(scratch, partition)) == sorted(ledger)


class _less:
    """Reverses the order of text, so that max() prefers the smaller one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: _less) -> bool:
        return self.text > other.text


def test_from_scratch_the_ids_come_out_the_same(scratch: ScratchProject) -> None:
    partition = random_partition(random.Random(3), 1_000)
    alone = current(run(scratch, partition))
    (scratch.folder / "scratch.duckdb").unlink()
    again = current(run(scratch, dict(reversed(partition.items()))))
    assert {record: alone[record] for record in partition} == again
