"""What was known of each customer at a moment, and what came after it.

The moment is a number of days before the clock, so past features and today's are made by one code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

Numbers = np.ndarray
Features = dict[str, Numbers]


@dataclass(frozen=True)
class OrderDays:
    """The rows of profile.customer_order_days; `customer` counts from 0 in the order of the ids."""

    ids: pa.Array
    customer: Numbers
    days_ago: Numbers
    orders_count: Numbers
    revenue: Numbers

    @classmethod
    def of(cls, table: pa.Table) -> OrderDays:
        """From a table that is ordered by customer_id and days_ago."""
        ids = table["customer_id"].combine_chunks().cast(pa.string()).dictionary_encode()
        return cls(
            ids.dictionary,
            ids.indices.to_numpy(),
            table["days_ago"].to_numpy().astype(np.int64),
            table["orders_count"].to_numpy(),
            table["revenue"].cast(pa.float64()).to_numpy(),
        )


@dataclass(frozen=True)
class History:
    """One row per customer who had ordered by the end of the moment's day; times in days."""

    customer: Numbers
    repeat_days: Numbers  # days with an order, the first one not counted
    first_to_last: Numbers
    first_to_moment: Numbers
    last_to_moment: Numbers
    recent_days: Numbers  # days with an order in the last 90 days
    revenue: Numbers  # net, never below 0
    repeat_value: Numbers  # mean revenue of a day with an order after the first; 0 without


def history(days: OrderDays, moment: int) -> History:
    """What was known at the end of the day that was `moment` days ago."""
    size = len(days.ids)
    seen = days.days_ago >= moment
    ordered = seen & (days.orders_count > 0)
    first = np.full(size, -1)
    last = np.full(size, np.iinfo(np.int64).max)
    np.maximum.at(first, days.customer[ordered], days.days_ago[ordered])
    np.minimum.at(last, days.customer[ordered], days.days_ago[ordered])
    later = seen & (days.days_ago < first[days.customer])
    recent = ordered & (days.days_ago < moment + 90)

    def total(rows: Numbers, values: Numbers | None = None) -> Numbers:
        weights = None if values is None else values[rows]
        return np.bincount(days.customer[rows], weights, minlength=size)

    known = np.flatnonzero(first >= 0)
    repeats = total(ordered)[known] - 1
    repeat_revenue = np.maximum(total(later, days.revenue)[known], 0)
    return History(
        customer=known,
        repeat_days=repeats,
        first_to_last=(first - last)[known],
        first_to_moment=(first - moment)[known],
        last_to_moment=(last - moment)[known],
        recent_days=total(recent)[known],
        revenue=np.maximum(total(seen, days.revenue)[known], 0),
        repeat_value=repeat_revenue / np.maximum(repeats, 1),
    )


@dataclass(frozen=True)
class Outcome:
    """What the customers of a history did in the days after its moment."""

    order_days: Numbers
    revenue: Numbers


def outcome(days: OrderDays, known: History, moment: int, length: int) -> Outcome:
    """The `length` days after the moment; they must lie in the past."""
    if length > moment:
        raise ValueError(f"{length} days after {moment} days ago are not over yet.")
    inside = (days.days_ago < moment) & (days.days_ago >= moment - length)
    size = len(days.ids)
    ordered = inside & (days.orders_count > 0)
    return Outcome(
        np.bincount(days.customer[ordered], minlength=size)[known.customer],
        np.bincount(days.customer[inside], days.revenue[inside], minlength=size)[known.customer],
    )
