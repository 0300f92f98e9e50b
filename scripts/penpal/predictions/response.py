"""Who clicks within five days of a letter, learnt from letters of the past.

A case is a letter; what is known of its customer is what was known at the end of the day before.
The methods are judged on the letters of the last quarter, having learnt from those of the year
before it; today's learn from the last year. A letter counts when its five days are over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.predictions import learning
from penpal.predictions.activity import Activity
from penpal.predictions.churn import ago, counted
from penpal.predictions.history import Features, Numbers
from penpal.predictions.learning import Cases, Rows, Words
from penpal.predictions.metrics import Fit

YEAR = 365
QUARTER = 90
# Days after which the five days of a letter are over, at whatever hour it came.
OVER = 6
FOLDS = 4


@dataclass(frozen=True)
class Letters:
    """Letters that reached somebody and whose days are over; customers by their place in `ids`."""

    ids: pa.Array
    customer: Numbers
    days_ago: Numbers
    is_response: Numbers
    activity: Activity

    @classmethod
    def of(cls, letters: pa.Table, activity_days: pa.Table, customers: pa.Table) -> Letters:
        """From rows of profile.delivered_letters, of customer_activity_days, and all who have an
        address (customer_id); in any order."""
        names = pa.chunked_array(
            [*letters["customer_id"].chunks, *customers["customer_id"].chunks], pa.string()
        )
        ids = pc.unique(names)
        ids = ids.take(pc.array_sort_indices(ids))
        over = letters.filter(pc.is_valid(letters["is_response"]))
        order = ["days_ago", "customer_id", "is_response"]
        over = over.sort_by([(name, "descending") for name in order])
        return cls(
            ids,
            pc.index_in(over["customer_id"], value_set=ids).to_numpy().astype(np.int64),
            over["days_ago"].to_numpy().astype(np.int64),
            over["is_response"].to_numpy().astype(bool),
            Activity.of(activity_days, ids),
        )


def features(activity: Activity, customer: Numbers, moment: Numbers) -> Features:
    """What the methods see, the recency of clicks first: logarithms of days and of numbers."""

    def since(kind: str) -> Numbers:
        return np.log1p(activity.since(kind, customer, moment))

    def within(kind: str, length: int) -> Numbers:
        return np.log1p(activity.within(kind, customer, moment, length))

    return {
        "click_recency": since("click"),
        "clicks": within("click", YEAR),
        "open_recency": since("open"),
        "opens": within("open", YEAR),
        "letters": within("letter", YEAR),
        "recent_letters": within("letter", 30),
        "visit_recency": since("visit"),
        "recent_visits": within("visit", 30),
        "order_recency": since("order"),
        "orders": within("order", YEAR),
    }


def cases(letters: Letters, newest: int, length: int) -> Cases:
    """The letters of `length` days up to `newest` days ago; a fold is a quarter of that time."""
    inside = (letters.days_ago >= newest) & (letters.days_ago < newest + length)
    rows = np.flatnonzero(inside)
    rows = rows[learning.evenly(len(rows))] if len(rows) else rows
    ago_then = letters.days_ago[rows]
    # The day before the letter: nothing of its own day is known.
    seen = features(letters.activity, letters.customer[rows], ago_then + 1)
    return Cases(seen, letters.is_response[rows], (ago_then - newest) * FOLDS // length)


def past(letters: Letters, moment: int) -> Cases:
    """The letters of a year whose days were over at a moment."""
    return cases(letters, moment + OVER, YEAR)


def judged(letters: Letters) -> dict[str, dict[str, float]]:
    """How good each method was of the last quarter's letters, learnt before the first of them."""
    return learning.judged(past(letters, OVER + QUARTER), cases(letters, OVER, QUARTER))


def fitted(letters: Letters) -> Rows:
    """How the methods of a quarter ago did since, and the coefficients as of the clock."""
    known = OVER + QUARTER
    then, now = (
        len(np.unique(letters.customer[letters.days_ago >= moment])) for moment in (known, 0)
    )
    return learning.told(
        # Of the last letters the fifth day after is yesterday.
        Fit("response", "", False, then, known, known - 1),
        Fit("response", "", False, now),
        judged(letters),
        past(letters, 0),
    )


def scores(letters: Letters, models: pa.Table) -> pa.Table:
    """The probability for each customer with an address, by the method in use in `models`."""
    everybody = np.arange(len(letters.ids))
    today = np.zeros(len(letters.ids), dtype=np.int64)
    return learning.scores(
        letters.ids,
        features(letters.activity, everybody, today),
        in_words(letters.activity, everybody, today),
        cases=past(letters, 0),
        method=learning.method_in_use(models, "response"),
        name="response_probability",
    )


def in_words(activity: Activity, customer: Numbers, moment: Numbers) -> Words:
    """Each feature of a customer as a reason reads."""
    days = {kind: activity.since(kind, customer, moment) for kind in activity.tracks}

    def times(kind: str, length: int, noun: str) -> Numbers:
        found = activity.within(kind, customer, moment, length)
        return lambda row: f"{counted(found[row], noun)} in the last {length} days"

    return {
        "click_recency": lambda row: ago("click", days["click"][row]),
        "clicks": times("click", YEAR, "click"),
        "open_recency": lambda row: ago("open", days["open"][row]),
        "opens": times("open", YEAR, "open"),
        "letters": times("letter", YEAR, "letter"),
        "recent_letters": times("letter", 30, "letter"),
        "visit_recency": lambda row: ago("visit", days["visit"][row]),
        "recent_visits": times("visit", 30, "visit"),
        "order_recency": lambda row: ago("order", days["order"][row]),
        "orders": times("order", YEAR, "order"),
    }
