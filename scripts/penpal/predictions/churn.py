"""Who will not order within a quarter, learnt from what was known at past moments.

A moment is a quarter of a year after the one before. The methods are judged at the last moment
whose quarter is over, having learnt from the four moments before it; today's learn from the last
four that are over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from penpal.predictions import learning
from penpal.predictions.activity import EMPTY, NEVER, Activity
from penpal.predictions.history import Features, History, OrderDays, history, outcome
from penpal.predictions.learning import Cases, Rows, Words
from penpal.predictions.metrics import Fit, auc

QUARTER = 90
MOMENTS = 4

Tell = Callable[[OrderDays, int], History]


@dataclass(frozen=True)
class Shop:
    """All that is learnt from: the days with orders, and what their customers did besides."""

    days: OrderDays
    activity: Activity
    tell: Tell = history

    @classmethod
    def of(cls, order_days: pa.Table, activity_days: pa.Table = EMPTY) -> Shop:
        """From rows of customer_order_days, ordered, and of customer_activity_days."""
        days = OrderDays.of(order_days)
        return cls(days, Activity.of(activity_days, days.ids))


def features(shop: Shop, known: History, moment: int) -> Features:
    """What the methods see: logarithms, since the tenth day tells more than the hundredth."""
    moments = np.full(len(known.customer), moment)
    visit = shop.activity.since("visit", known.customer, moments)
    visits = shop.activity.within("visit", known.customer, moments, 90)
    click = shop.activity.since("click", known.customer, moments)
    return {
        "recency": np.log1p(known.last_to_moment),
        "frequency": np.log1p(known.repeat_days),
        "monetary": np.log1p(known.revenue / (known.repeat_days + 1)),
        "tenure": np.log1p(known.first_to_moment),
        "recent_orders": np.log1p(known.recent_days),
        "visit_recency": np.log1p(visit),
        "recent_visits": np.log1p(visits),
        "click_recency": np.log1p(click),
    }


def cases(shop: Shop, moments: list[int], length: int = QUARTER) -> Cases:
    """Features at each of the moments, and whether no order came in the days after it."""
    parts = []
    for number, moment in enumerate(moments):
        known = shop.tell(shop.days, moment)
        came = outcome(shop.days, known, moment, length).order_days
        seen = features(shop, known, moment)
        parts.append(Cases(seen, came == 0, np.full(len(came), number)))
    joined = {name: np.concatenate([part.seen[name] for part in parts]) for name in parts[0].seen}
    happened, fold = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("happened", "fold")
    )
    return Cases(joined, happened, fold)


def moments_before(moment: int) -> list[int]:
    """The last moments whose quarter was over by then."""
    return [moment + QUARTER * number for number in range(1, MOMENTS + 1)]


def judged(shop: Shop, moment: int = QUARTER) -> dict[str, dict[str, float]]:
    """How good each method was at a moment, on the quarter after it."""
    return learning.judged(cases(shop, moments_before(moment)), cases(shop, [moment]))


def ranked(shop: Shop, moment: int, length: int) -> dict[str, float]:
    """AUC of each method, learnt at a moment, for no order in the next `length` days."""
    past, later = cases(shop, moments_before(moment)), cases(shop, [moment], length)
    fits = {method: learning.learn(past, method) for method in learning.METHODS}
    return {
        method: auc(fit.probability(later.seen), later.happened)
        for method, fit in fits.items()
        if fit
    }


def fitted(shop: Shop) -> Rows:
    """How the methods of a quarter ago did since, and the coefficients as of the clock."""
    then, now = (len(history(shop.days, moment).customer) for moment in (QUARTER, 0))
    return learning.told(
        Fit("churn", "", False, then, QUARTER, QUARTER),
        Fit("churn", "", False, now),
        judged(shop),
        cases(shop, moments_before(0)),
    )


def scores(shop: Shop, models: pa.Table) -> pa.Table:
    """The probability of each customer and its reasons, by the method in use in `models`."""
    known = history(shop.days, 0)
    return learning.scores(
        shop.days.ids.take(pa.array(known.customer)),
        features(shop, known, 0),
        in_words(shop, known),
        cases=cases(shop, moments_before(0)),
        method=learning.method_in_use(models, "churn"),
        name="churn_probability",
    )


def in_words(shop: Shop, known: History) -> Words:
    """Each feature of a customer as a reason reads."""
    today = np.zeros(len(known.customer), dtype=np.int64)
    visit, click = (shop.activity.since(kind, known.customer, today) for kind in ("visit", "click"))
    visits = shop.activity.within("visit", known.customer, today, 90)
    return {
        "recency": lambda row: f"last order {counted(known.last_to_moment[row], 'day')} ago",
        "frequency": lambda row: f"{counted(known.repeat_days[row] + 1, 'day')} with an order",
        "monetary": lambda row: (
            f"{known.revenue[row] / (known.repeat_days[row] + 1):.2f} a day with an order"
        ),
        "tenure": lambda row: f"first order {counted(known.first_to_moment[row], 'day')} ago",
        "recent_orders": lambda row: (
            f"{counted(known.recent_days[row], 'day')} with an order in the last 90 days"
        ),
        "visit_recency": lambda row: ago("visit", visit[row]),
        "recent_visits": lambda row: f"{counted(visits[row], 'visit')} in the last 90 days",
        "click_recency": lambda row: ago("click in a letter", click[row]),
    }


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ago(what: str, days: int) -> str:
    """`last visit 1 day ago`, or that there was none in two years."""
    return f"no {what} in two years" if days >= NEVER else f"last {what} {counted(days, 'day')} ago"
