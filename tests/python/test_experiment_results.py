"""Verdicts on generated shops with true effects: found, not found, broken; and no false alarms."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from penpal.results.experiments import ENOUGH, SCHEMA, results


def units(
    sizes: dict[str, int],
    rates: dict[str, float],
    seed: int = 1,
    revenue: dict[str, float] | None = None,
    unsubscribed: dict[str, float] | None = None,
) -> pa.Table:
    """A campaign's customers: who clicks at the arm's rate, an order in ten, revenue by the arm."""
    random = np.random.default_rng(seed)
    parts = []
    for arm, size in sizes.items():
        before = random.gamma(2, 20, size)
        ordered = random.random(size) < 0.5
        spent = before + random.gamma(2, 5, size) + (revenue or {}).get(arm, 0.0)
        days = np.arange(size) % 50
        part = {
            "experiment": np.full(size, "spring"),
            "arm": np.full(size, arm),
            "started_at": np.datetime64("2026-01-01", "s") + days.astype("timedelta64[D]"),
            "share": np.full(size, np.nan),
            "is_complete": np.full(size, True),
            "is_crossed": np.full(size, False),
            "clicked": (random.random(size) < rates[arm]).astype(int),
            "unsubscribed": (random.random(size) < (unsubscribed or {}).get(arm, 0.01)).astype(int),
            "orders_count": ordered.astype(int),
            "revenue": ordered * spent,
            "revenue_before": before,
        }
        parts.append(pa.table(part))
    return pa.concat_tables(parts)


def verdicts(table: pa.Table) -> dict[tuple[str, str], str]:
    return {(r["arm"], r["metric"]): r["verdict"] for r in results(table).to_pylist()}


def test_a_winner_wins_and_says_why() -> None:
    table = units({"A": 4_000, "B": 4_000}, {"A": 0.10, "B": 0.14})
    found = {r["metric"]: r for r in results(table).to_pylist()}
    clicked = found["clicked"]
    assert clicked["verdict"] == "winner"
    assert clicked["difference_low"] <= 0.04 <= clicked["difference_high"]
    assert clicked["p_value_always_valid"] < 0.05
    assert "B gains" in clicked["verdict_reason"]
    assert found["unsubscribed"]["verdict"] != "winner"


def test_more_who_unsubscribe_is_a_loss() -> None:
    table = units({"A": 4_000, "B": 4_000}, {"A": 0.1, "B": 0.1}, unsubscribed={"B": 0.03})
    assert verdicts(table)["B", "unsubscribed"] == "loser"


def test_no_difference_that_matters() -> None:
    table = units({"A": 40_000, "B": 40_000}, {"A": 0.5, "B": 0.5})
    assert verdicts(table)["B", "clicked"] == "no_difference"


def test_a_broken_split_is_broken_whatever_else() -> None:
    table = units({"A": 4_000, "B": 3_500}, {"A": 0.10, "B": 0.20})
    assert set(verdicts(table).values()) == {"broken"}
    weights = np.where(np.array(table["arm"].to_pylist()) == "A", 8.0, 7.0) / 15
    place = table.schema.get_field_index("share")
    assert "broken" not in verdicts(table.set_column(place, "share", pa.array(weights))).values()


@pytest.mark.parametrize(
    ("size", "said"), [(ENOUGH - 1, True), (ENOUGH, False)], ids=["99 units", "100 units"]
)
def test_few_units_keep_running(size: int, said: bool) -> None:
    table = units({"A": size, "B": size}, {"A": 0.0, "B": 1.0})
    assert (verdicts(table)["B", "clicked"] == "keep_running") is said


def test_the_holdout_is_the_base() -> None:
    table = units({"A": 300, "holdout": 300, "B": 300}, dict.fromkeys(("A", "B", "holdout"), 0.1))
    rows = results(table).to_pylist()
    assert {r["base_arm"] for r in rows} == {"holdout"}
    assert {r["arm"] for r in rows} == {"A", "B"}


def test_revenue_is_found_sooner_with_the_past() -> None:
    table = units({"A": 3_000, "B": 3_000}, {"A": 0.1, "B": 0.1}, revenue={"B": 4.0})
    row = next(r for r in results(table).to_pylist() if r["metric"] == "revenue_per_customer")
    assert row["cuped_low"] <= 2.0 <= row["cuped_high"]
    assert row["cuped_high"] - row["cuped_low"] < row["difference_high"] - row["difference_low"]
    assert row["bootstrap_low"] == pytest.approx(row["difference_low"], abs=0.3)


def test_the_stated_power_is_had() -> None:
    """Units that tell 15 % from 12 % with a power of 80 %: found in 80 % of 200 runs, about."""
    found = [
        next(
            r
            for r in results(
                units({"A": 2_036, "B": 2_036}, {"A": 0.12, "B": 0.15}, seed)
            ).to_pylist()
            if r["metric"] == "clicked"
        )["p_value"]
        < 0.05
        for seed in range(40)
    ]
    assert 0.65 <= np.mean(found) <= 0.95


def test_only_whole_times_in_one_arm_count() -> None:
    table = units({"A": 300, "B": 300}, {"A": 0.1, "B": 0.1})
    for name, counted in (("is_complete", True), ("is_crossed", False)):
        wrong = pa.array([counted if i % 3 else not counted for i in range(table.num_rows)])
        place = table.schema.get_field_index(name)
        found = results(table.set_column(place, name, wrong)).to_pylist()
        assert {(r["units_count"], r["base_units_count"]) for r in found} == {(200, 200)}


def test_nothing_gives_no_rows_and_one_arm_too() -> None:
    empty = units({"A": 1, "B": 1}, {"A": 0.1, "B": 0.1}).slice(0, 0)
    assert results(empty).num_rows == 0
    assert results(empty).schema == SCHEMA
    assert results(units({"A": 200}, {"A": 0.1})).num_rows == 0


def test_order_of_rows_does_not_matter_and_no_nan_is_told() -> None:
    table = units({"A": 200, "B": 210}, {"A": 0.1, "B": 0.2})
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    first, second = results(table), results(shuffled)
    for row, other in zip(first.to_pylist(), second.to_pylist(), strict=True):
        for name, value in row.items():
            assert not (isinstance(value, float) and math.isnan(value))
            if isinstance(value, float) and not name.startswith("bootstrap"):
                assert value == pytest.approx(other[name])
