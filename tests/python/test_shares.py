"""The guard of raw data: next to the last good run, and never because of one person."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from penpal.checks import shares
from penpal.checks.contract import raw_contract
from penpal.checks.shares import is_too_many
from penpal.settings import Settings

CONTRACT = raw_contract()


@pytest.mark.parametrize(
    ("bad", "every", "stops"),
    [(1, 1, False), (1, 3, False), (2, 3, True), (2, 4, False), (4, 20, False), (5, 20, True)],
)
def test_one_person_stops_nobody(bad: int, every: int, stops: bool) -> None:
    assert is_too_many(bad, every, 0.1) is stops


def measured(rows: int = 1_000, bad: int = 0, **columns: dict[str, int]) -> dict[str, Any]:
    """Shares of shop.orders; in the other tables nothing is bad."""
    found = {}
    for table in CONTRACT:
        of_columns = {column.name: {"given": rows, "bad": 0} for column in table.columns}
        found[f"{table.source}.{table.table}"] = {
            "raw": rows, "seen": rows, "rejected": 0, "columns": of_columns,
        }  # fmt: skip
    orders = found["shop.orders"]
    orders["rejected"] = bad
    for name, changed in columns.items():
        orders["columns"][name] |= changed
    return found


def told(now: dict[str, Any], then: dict[str, Any]) -> list[tuple[str, str]]:
    return [(o.severity, o.line) for o in shares.changes(CONTRACT, now, then, "RUN")]


SINCE = " since the last good run, RUN"
REMEDY = "; if that is right, run once with --accept-shares"


def test_what_changed_is_said() -> None:
    then = measured(bad=1, total={"bad": 1}, phone={"bad": 10})
    now = measured(bad=620, total={"bad": 620}, phone={"bad": 300}, cart_id={"given": 0})
    assert told(now, then) == [
        ("error", f"shop.orders: rejected rows: 0.1 % → 62.0 %{SINCE}"),
        ("warning", f"shop.orders.phone: unreadable values: 1.0 % → 30.0 %{SINCE}"),
        ("error", f"shop.orders.total: missing or unreadable: 0.1 % → 62.0 %{SINCE}"),
        ("warning", f"shop.orders.cart_id: rows with a value: 100.0 % → 0.0 %{SINCE}"),
    ]


def test_what_may_be_right_can_be_accepted() -> None:
    says = f"shop.orders: rejected rows: 0.0 % → 9.0 %{SINCE}{REMEDY}"
    assert told(measured(bad=90), measured()) == [("error", says)]


@pytest.mark.parametrize(
    ("now", "then", "severity"),
    [
        ((1_000, 20), (1_000, 0), None),
        ((1_000, 21), (1_000, 0), "warning"),
        ((1_000, 50), (1_000, 0), "warning"),
        ((1_000, 51), (1_000, 0), "error"),
        ((1_000, 190), (1_000, 100), None),  # not twofold
        ((1_000, 200), (1_000, 100), "error"),
        ((40, 4), (40, 0), None),  # four rows may be one person's
        ((40, 5), (40, 0), "error"),
        ((3, 1), (3, 0), None),
        ((3, 2), (3, 0), "error"),
        ((0, 0), (1_000, 0), None),
        ((1_000, 500), (0, 0), None),  # then there was nothing to compare with
        ((1_000, 0), (1_000, 500), None),
    ],
)
def test_thresholds(now: tuple[int, int], then: tuple[int, int], severity: str | None) -> None:
    found = [s for s, line in told(measured(*now), measured(*then)) if "rejected rows" in line]
    assert found == ([severity] if severity else [])


def test_the_last_good_run_over_such_data_counts(tmp_path: Path) -> None:
    paths = Settings(tmp_path / "shop.duckdb", tmp_path / "lake")
    kept = measured()
    for run, status, raw_data, text in (
        ("1", "done", "lake", json.dumps(kept)),
        ("2", "done", "lake", "{"),
        ("3", "failed", "lake", json.dumps(measured(bad=9))),
        ("4", "done", "sample", json.dumps(measured(bad=9))),
        ("5", "running", "lake", json.dumps(measured(bad=9))),
    ):
        folder = paths.runs / run
        folder.mkdir(parents=True)
        record = {"status": status, "raw_data": raw_data}
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "shares.json").write_text(text)
    (paths.runs / "6").mkdir()
    assert shares.last_good(paths, "lake") == ("1", kept)
    assert shares.last_good(paths, "warehouse") == ("", {})


def test_a_column_that_is_new_in_the_contract_is_not_compared() -> None:
    then = copy.deepcopy(measured())
    del then["shop.orders"]["columns"]["phone"]
    assert told(measured(phone={"bad": 1_000}), then) == []
