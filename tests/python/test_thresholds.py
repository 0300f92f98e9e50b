"""A threshold a notch away: proposed where the past speaks for it, and not where chance does."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pytest

from penpal.results import thresholds

CLOCK = datetime(2026, 6, 15, 12)


def shop(
    rates: tuple[float, float, float, float], people: int = 4_000
) -> duckdb.DuckDBPyConnection:
    """Customers with 0 to 3 orders in the 60 days before the horizon, who then order at `rates`."""
    random = np.random.default_rng(1)
    before = np.arange(people) % 4
    after = random.random(people) < np.array(rates)[before]
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        f"""create table marts.customers as select 'c' || range as customer_id,
            timestamp '2025-01-01' as first_seen_at from range({people})"""
    )
    connection.execute(
        """create table marts.customer_orders (customer_id varchar, is_paid boolean,
            created_at timestamp)"""
    )
    rows = [(f"c{n}", f"2026-02-{10 + k:02d}") for n in range(people) for k in range(before[n])]
    rows += [(f"c{n}", "2026-05-01") for n in range(people) if after[n]]
    who, when = map(list, zip(*rows, strict=True))
    connection.execute(
        """insert into marts.customer_orders
        select unnest($1), true, cast(unnest($2) as timestamp)""",
        [who, when],
    )
    return connection


def proposed(connection: duckdb.DuckDBPyConnection, orders: int) -> list[tuple[str, int, int]]:
    given = {"orders": orders, "within_days": 60}
    found = thresholds.better(connection, CLOCK, "loyalty_reward", given, 100)
    return [(one.threshold, one.now, one.instead) for one in found]


def test_the_better_threshold_is_found_and_then_kept() -> None:
    """From two orders on people come back: three is too many, two is right, one too few."""
    connection = shop((0.1, 0.1, 0.6, 0.6))
    assert ("orders", 3, 2) in proposed(connection, 3)
    assert [one for one in proposed(connection, 2) if one[0] == "orders"] == []
    assert ("orders", 1, 2) in proposed(connection, 1)


def test_chance_proposes_nothing() -> None:
    assert proposed(shop((0.3, 0.3, 0.3, 0.3)), 2) == []


def test_too_few_members_say_nothing() -> None:
    connection = shop((0.1, 0.1, 0.6, 0.6), people=396)  # 99 a group
    assert ("orders", 3, 2) not in proposed(connection, 3)


def test_a_segment_of_something_else_is_not_asked() -> None:
    assert thresholds.better(shop((0.1,) * 4), CLOCK, "young_urban", {"to_age": 35}, 100) == []


def test_a_notch_is_one_order_or_a_quarter_of_the_days() -> None:
    given = {"orders": 3, "within_days": 60}
    steps = {(name, instead) for name, _, instead, _ in thresholds.notches("x", given) if name}
    assert steps == {("orders", 2), ("orders", 4), ("within_days", 45), ("within_days", 75)}
    band = {"from_orders": 1, "to_orders": 1, "within_days": 60}
    assert [s[2] for s in thresholds.notches("x", band) if s[0] == "from_orders"] == []


@pytest.mark.parametrize(
    ("table", "value"),
    [([[1, 0], [0, 1]], 1.0), ([[0, 1], [1, 0]], -1.0), ([[1, 1], [1, 1]], 0.0)],
    ids=["alike", "opposed", "unrelated"],
)
def test_phi_is_the_correlation(table: list[list[int]], value: float) -> None:
    pairs = [(r, c) for r in (0, 1) for c in (0, 1) for _ in range(table[r][c] * 5)]
    members, outcome = (np.array(side, dtype=bool) for side in zip(*pairs, strict=True))
    assert thresholds.phi(members, outcome) == pytest.approx(value)
    assert thresholds.phi(np.array([True, True]), np.array([True, False])) == 0.0
