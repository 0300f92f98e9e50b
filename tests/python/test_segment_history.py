"""The history of memberships: its SQL against plain Python, and a ledger that no build loses."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from conftest import ROOT, ScratchProject

import penpal.settings as penpal
from penpal.publishing import export_ledgers

LEDGER, HISTORY = "ledger_segment_changes", "segment_membership_history"
MODELS = {LEDGER: "ledger", HISTORY: "marts/segments"}
CLOCKS = [datetime(2026, 6, 1) + timedelta(hours=6 * n) for n in range(12)]
CUSTOMERS = "abcdef"

Members = frozenset[str]
Spell = tuple[str, datetime, datetime | None]


def write_models(scratch: ScratchProject, members: str, ids: dict[str, str]) -> None:
    text = pa.string()
    scratch.table(
        "segment_memberships",
        {
            "segment": pa.array(["s"] * len(members), text),
            "customer_id": pa.array(list(members), text),
        },
    )
    scratch.table(
        "customer_id_changes",
        {
            "customer_id": pa.array(list(ids), text),
            "current_customer_id": pa.array(list(ids.values()), text),
        },
    )
    for name, folder in MODELS.items():
        model = (ROOT / "models" / folder / f"{name}.sql").read_text()
        scratch.model(name, model.replace("alias=", "schema='ledger', alias="))


def run(scratch: ScratchProject, clock: datetime, members: str) -> list[Spell]:
    """A real build with --full-refresh; the history after it."""
    write_models(scratch, members, {name: name for name in CUSTOMERS})
    done = scratch.dbt("run", "--full-refresh", "--vars", f"{{as_of: '{clock}'}}")
    assert done.returncode == 0, done.stdout
    return sorted(scratch.rows(HISTORY, "customer_id, entered_at, left_at"), key=repr)


def spells(seen: dict[datetime, Members], clock: datetime, ids: dict[str, str]) -> list[Spell]:
    """What the history says at a clock, from what was seen at each."""
    clocks = sorted(moment for moment in seen if moment <= clock)
    open_at: dict[str, list[bool]] = defaultdict(lambda: [False] * len(clocks))
    for place, moment in enumerate(clocks):
        for name in seen[moment]:
            open_at[ids[name]][place] = True
    found = []
    for customer, states in open_at.items():
        turns = [m for m, (a, b) in zip(clocks, pairwise([False, *states]), strict=True) if a != b]
        ends = [*turns, None][1::2]
        found += [(customer, *both) for both in zip(turns[::2], ends, strict=True)]
    return sorted(found, key=repr)


@pytest.fixture(scope="module")
def compiled(scratch: ScratchProject) -> dict[str, str]:
    """The models' own SQL, as in a warehouse that has a ledger."""
    run(scratch, CLOCKS[0], "")
    done = scratch.dbt("compile", "--vars", f"{{as_of: '{CLOCKS[0]}'}}")
    assert done.returncode == 0, done.stdout
    folder = scratch.folder / "target" / "compiled" / "penpal" / "models"
    (scratch.folder / "scratch.duckdb").unlink()
    return {name: (folder / f"{name}.sql").read_text() for name in MODELS}


@pytest.mark.parametrize("seed", range(20))
def test_history_is_what_was_seen(compiled: dict[str, str], seed: int) -> None:
    """Clocks in any order, some of them twice, merges at the end."""
    rng = random.Random(seed)
    with duckdb.connect() as connection:
        connection.execute(
            """attach ':memory:' as scratch; create schema scratch.ledger; use scratch;
            create table ledger.segment_changes (segment varchar, customer_id varchar,
                is_member boolean, seen_at timestamp, sequence bigint)"""
        )

        def ask(model: str, clock: datetime) -> str:
            return compiled[model].replace(f"'{CLOCKS[0]}'", f"'{clock}'")

        def appended(clock: datetime, members: Members) -> int:
            connection.execute(
                "create or replace table segment_memberships as"
                " select 's' as segment, unnest($1::varchar[]) as customer_id",
                [sorted(members)],
            )
            return connection.execute(
                f"insert into ledger.segment_changes {ask(LEDGER, clock)}"
            ).fetchone()[0]

        seen: dict[datetime, Members] = {}
        for clock in rng.choices(CLOCKS, k=10):
            members = frozenset(name for name in CUSTOMERS if rng.random() < 0.5)
            appended(clock, members)
            assert appended(clock, members) == 0
            seen[clock] = members
        ids = {name: rng.choice("ab") if rng.random() < 0.4 else name for name in CUSTOMERS}
        connection.execute(
            "create table customer_id_changes (customer_id varchar, current_customer_id varchar)"
        )
        connection.executemany("insert into customer_id_changes values (?, ?)", list(ids.items()))
        connection.execute("create view ledger_segment_changes as from ledger.segment_changes")
        for clock in CLOCKS:
            found = connection.execute(
                f"select customer_id, entered_at, left_at from ({ask(HISTORY, clock)})"
            ).fetchall()
            assert sorted(found, key=repr) == spells(seen, clock, ids)


def test_no_build_loses_the_history(
    compiled: dict[str, str], scratch: ScratchProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = scratch.folder / "scratch.duckdb"
    monkeypatch.setenv("PENPAL_WAREHOUSE", str(warehouse))
    first, second, third = CLOCKS[:3]
    assert run(scratch, first, "ab") == [("a", first, None), ("b", first, None)]
    after = run(scratch, second, "bc")
    assert after == [("a", first, second), ("b", first, None), ("c", second, None)]
    assert run(scratch, first, "ab") == [("a", first, None), ("b", first, None)]
    paths = penpal.Settings(warehouse=warehouse, lake=Path(scratch.folder))
    assert export_ledgers(paths) == {"segment_changes": 6}
    warehouse.unlink()
    assert run(scratch, third, "bc") == after  # a new warehouse has it from the export
