"""Would a threshold one notch away have done better? Asked of the past.

A moment HORIZON days ago is taken as the clock: who would have been in the segment then, by the
threshold as it is and by one a notch away, and what did they do in the days since? The better
threshold is the one whose members differ more from everybody else (phi, the correlation of two
shares); how sure that is, a bootstrap tells. Only segments made of orders, of idleness and of
letters are asked: their past can be told from marts alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import numpy as np

from penpal.results.statistics import NAN

HORIZON = 90  # days
DRAWS = 2_000
Members = np.ndarray  # of booleans, one a customer

# Customers known then: a number as of $clock less $horizon days, and whether it came true since.
ORDERS = """
select count(*) filter (
        orders.created_at <= $clock - to_days($horizon)
        and orders.created_at > $clock - to_days($horizon + $days)
    ) as value,
    coalesce(bool_or(orders.created_at > $clock - to_days($horizon)), false) as outcome
from marts.customers
left join marts.customer_orders as orders
    on customers.customer_id = orders.customer_id
    and orders.is_paid and orders.created_at <= $clock
where customers.first_seen_at <= $clock - to_days($horizon)
group by customers.customer_id order by customers.customer_id
"""
IDLE = """
with seen as (
    select customer_id, created_at as at, true as is_order from marts.customer_orders
    union all
    select customer_id, event_at, false from marts.customer_web_events
    union all
    select customer_id, first_human_click_at, false from marts.message_facts
    where first_human_click_at is not null
)
select date_diff(
        'day',
        max(seen.at) filter (seen.at <= $clock - to_days($horizon)),
        $clock - to_days($horizon)
    ) as value,
    coalesce(bool_or(seen.is_order and seen.at > $clock - to_days($horizon)), false) as outcome
from seen
where seen.at <= $clock and customer_id is not null
group by customer_id
having min(seen.at) <= $clock - to_days($horizon) order by customer_id
"""
LETTERS = """
select case
        when count(*) filter (
            is_before and (first_human_open_at <= $clock - to_days($horizon)
                or first_human_click_at <= $clock - to_days($horizon))
        ) = 0
        then count(*) filter (is_before) else 0
    end as value,
    coalesce(bool_or(first_human_click_at > $clock - to_days($horizon)), false) as outcome
from (
    select *, delivered_at <= $clock - to_days($horizon)
        and delivered_at > $clock - to_days($horizon + 90) as is_before
    from marts.message_facts
    where delivered_at <= $clock and customer_id is not null
)
group by customer_id having count(*) filter (is_before) > 0 order by customer_id
"""


@dataclass(frozen=True)
class Criterion:
    """From how much of what (and to how much, within how many days) one is in a segment."""

    query: str
    at_least: int
    at_most: int | None = None
    days: int | None = None

    def members(self, values: np.ndarray) -> Members:
        return (values >= self.at_least) & (values <= (self.at_most or np.inf))


@dataclass(frozen=True)
class Better:
    """A threshold a notch away that sets members apart better: phi of both, and how sure it is."""

    threshold: str
    now: int
    instead: int
    members_count: int
    instead_count: int
    outcome_rate: float
    instead_rate: float
    phi: float
    instead_phi: float
    gain_low: float
    gain_high: float


def notches(
    segment: str, thresholds: dict[str, float]
) -> Iterator[tuple[str, int, int, Criterion]]:
    """(threshold, now, instead, criterion with it) of each notch, the present one first."""
    present = _criterion(segment, thresholds)
    if not present:
        return
    criterion, named = present
    yield "", 0, 0, criterion
    for name, attribute in named.items():
        now = getattr(criterion, attribute)
        step = 1 if attribute == "at_least" and now < 10 else max(1, round(now / 4))
        for instead in (now - step, now + step):
            is_band = criterion.at_most is None or instead <= criterion.at_most
            if instead >= 1 and (attribute == "days" or is_band):
                yield name, now, instead, replace(criterion, **{attribute: instead})


def _criterion(
    segment: str, thresholds: dict[str, float]
) -> tuple[Criterion, dict[str, str]] | None:
    """What a segment asks for, and which of its thresholds is which part of it."""
    orders = next((name for name in ("orders", "from_orders") if name in thresholds), None)
    if segment == "inactive" and "idle_days" in thresholds:
        return Criterion(IDLE, int(thresholds["idle_days"])), {"idle_days": "at_least"}
    if segment == "email_fatigued" and "letters" in thresholds:
        return Criterion(LETTERS, int(thresholds["letters"])), {"letters": "at_least"}
    if orders and "within_days" in thresholds:
        most = thresholds.get("to_orders")
        days = int(thresholds["within_days"])
        criterion = Criterion(ORDERS, int(thresholds[orders]), int(most) if most else None, days)
        return criterion, {orders: "at_least", "within_days": "days"}
    return None


def better(
    connection: duckdb.DuckDBPyConnection,
    clock: object,
    segment: str,
    thresholds: dict[str, float],
    enough: int,
) -> list[Better]:
    """Thresholds a notch away that would have done better, beyond chance (95 %); [] where the
    segment cannot be asked, or has fewer than `enough` members by either threshold."""
    found: list[Better] = []
    now_members = outcome = None
    for name, now, instead, criterion in notches(segment, thresholds):
        values, outcome = _history(connection, clock, criterion)
        members = criterion.members(values)
        if not name:
            now_members = members
            continue
        if min(now_members.sum(), members.sum()) < enough:
            continue
        low, high = gain_interval(now_members, members, outcome)
        if low > 0:
            phis = (abs(phi(now_members, outcome)), abs(phi(members, outcome)))
            counts = (int(now_members.sum()), int(members.sum()))
            rates = (float(outcome[now_members].mean()), float(outcome[members].mean()))
            found.append(Better(name, now, instead, *counts, *rates, *phis, low, high))
    return found


def _history(
    connection: duckdb.DuckDBPyConnection, clock: object, criterion: Criterion
) -> tuple[np.ndarray, np.ndarray]:
    given = {"clock": clock, "horizon": HORIZON}
    if criterion.days is not None:
        given["days"] = criterion.days
    rows = connection.execute(criterion.query, given).fetchall()
    values = np.array([row[0] for row in rows], dtype=float)
    return values, np.array([row[1] for row in rows], dtype=bool)


def phi(members: Members, outcome: np.ndarray) -> float:
    """Correlation of membership and outcome, -1 to 1; 0 where either does not vary."""
    return _phi(np.histogram2d(members, outcome, bins=2, range=((0, 1), (0, 1)))[0])


def _phi(table: np.ndarray) -> float:
    margins = np.prod([*table.sum(axis=0), *table.sum(axis=1)])
    determinant = table[0, 0] * table[1, 1] - table[0, 1] * table[1, 0]
    return float(determinant / np.sqrt(margins)) if margins > 0 else 0.0


def gain_interval(
    now: Members, instead: Members, outcome: np.ndarray, draws: int = DRAWS, seed: int = 1
) -> tuple[float, float]:
    """95 % interval of |phi| instead less |phi| now, both of the same resampled customers."""
    if not len(outcome):
        return NAN, NAN
    cells = np.bincount(now * 4 + instead * 2 + outcome, minlength=8)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(outcome), cells / cells.sum(), size=draws).reshape(-1, 2, 2, 2)
    gains = [abs(_phi(table.sum(axis=0))) - abs(_phi(table.sum(axis=1))) for table in drawn]
    low, high = np.quantile(gains, [0.025, 0.975])
    return float(low), float(high)
