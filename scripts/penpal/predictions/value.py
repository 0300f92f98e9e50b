"""Orders and their value to expect of each customer: fitted, judged on the past, applied."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from penpal.predictions.history import History, Numbers, OrderDays, history, outcome
from penpal.predictions.metrics import Fit, auc, mean_absolute_error
from penpal.predictions.purchases import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma

QUARTER = 90
YEAR = 365
Rows = list[tuple[object, ...]]
Methods = tuple[str, str]
Parameters = dict[tuple[str, str], dict[str, float | None]]

BY_FIT = ("bg_nbd", "gamma_gamma")
SCORES = pa.schema(
    {
        "customer_id": pa.string(),
        "orders_method": pa.string(),
        "value_method": pa.string(),
        "p_alive": pa.float64(),
        "expected_orders_90d": pa.float64(),
        "expected_orders_365d": pa.float64(),
        "expected_order_value": pa.float64(),
        "expected_value_90d": pa.float64(),
        "expected_value_365d": pa.float64(),
    }
)


def fitted(days: OrderDays) -> Rows:
    """The parameters as of the clock, and how those of a quarter ago did since."""
    known = history(days, 0)
    size = len(known.customer)
    if not size:
        return []
    orders, value = fit_bg_nbd(known), fit_gamma_gamma(known)
    orders_method = "bg_nbd" if orders else "shop_average"
    value_method = "gamma_gamma" if value else "shop_average"
    rows = judged(days, QUARTER, QUARTER, used=(orders_method, value_method))
    parameters = asdict(orders) if orders else {"orders_per_day": _orders_per_day(known)}
    rows += Fit("orders", orders_method, True, size).rows(_parts(parameters))
    parameters = asdict(value) if value else {"order_value": _order_value(known)}
    rows += Fit("value", value_method, True, size).rows(_parts(parameters))
    return rows


def judged(
    days: OrderDays, moment: int, length: int, learnt: int = QUARTER, used: Methods = BY_FIT
) -> Rows:
    """What was expected `moment` days ago of the next `length` days, beside what came.

    Recency alone: as many orders as those had of a like recency in the `learnt` days before.
    """
    known = history(days, moment)
    size = len(known.customer)
    orders = fit_bg_nbd(known)
    if orders is None:
        return []
    came = outcome(days, known, moment, length)
    value = fit_gamma_gamma(known)
    expected = orders.expected_orders(known, length)
    worth = expected * (value.expected_value(known) if value else _order_value(known))

    def told(model: str, method: str, metrics: dict[str, float | None]) -> Rows:
        return Fit(model, method, method in used, size, moment, length).rows(metrics)

    method = "gamma_gamma" if value else "shop_average"
    ranked = auc(-known.last_to_moment, came.order_days > 0)
    rows = told("orders", "bg_nbd", _compared(expected, came.order_days))
    rows += told("value", method, _compared(worth, came.revenue))
    rows += told("orders", "recency", {"auc": ranked})
    before = history(days, moment + learnt)
    if not len(before.customer):
        return rows
    then = outcome(days, before, moment + learnt, learnt)
    expected = length / learnt * _by_recency(before, then.order_days, known)
    error = mean_absolute_error(expected, came.order_days)
    rows += told("orders", "recency", {"mean_absolute_error": error})
    expected = length / learnt * _by_recency(before, then.revenue, known)
    error = mean_absolute_error(expected, came.revenue)
    return rows + told("value", "recency", {"mean_absolute_error": error})


def _compared(expected: Numbers, came: Numbers) -> dict[str, float]:
    return {
        "auc": auc(expected, came > 0),
        "mean_absolute_error": mean_absolute_error(expected, came),
        "expected": np.sum(expected),
        "came": np.sum(came),
    }


def scores(days: OrderDays, parameters: Parameters) -> pa.Table:
    """What to expect of each customer, by the parameters of `fitted`; in the order of the ids."""
    known = history(days, 0)
    size = len(known.customer)
    orders_method = next((method for model, method in parameters if model == "orders"), "")
    value_method = next((method for model, method in parameters if model == "value"), "")
    orders = parameters.get(("orders", orders_method), {})
    value = parameters.get(("value", value_method), {})
    if orders_method == "bg_nbd":
        model = BgNbd(**orders)
        alive = model.p_alive(known)
        quarter, year = (model.expected_orders(known, length) for length in (QUARTER, YEAR))
    else:
        alive, rate = np.full(size, np.nan), _or_nan(orders.get("orders_per_day"))
        quarter, year = np.full(size, rate * QUARTER), np.full(size, rate * YEAR)
    if value_method == "gamma_gamma":
        worth = GammaGamma(**value).expected_value(known)
    else:
        worth = np.full(size, _or_nan(value.get("order_value")))
    numbers = [alive, quarter, year, worth, quarter * worth, year * worth]
    return pa.table(
        [
            days.ids.take(pa.array(known.customer)),
            pa.array([orders_method] * size, pa.string()),
            pa.array([value_method] * size, pa.string()),
            *(pa.array(column, pa.float64(), from_pandas=True) for column in numbers),
        ],
        schema=SCORES,
    )


def parameters_of(models: pa.Table) -> Parameters:
    """The parameters in use, by model and method, from rows of metrics.SCHEMA."""
    found: Parameters = {}
    for row in models.to_pylist():
        if row["metric"] == "parameter" and row["is_used"]:
            method = found.setdefault((row["model"], row["method"]), {})
            method[row["part"]] = row["value"]
    return found


def _parts(parameters: dict[str, float]) -> dict[str, float]:
    return {f"parameter/{name}": value for name, value in parameters.items()}


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _orders_per_day(known: History) -> float:
    days = np.sum(known.first_to_moment)
    return np.sum(known.repeat_days) / days if days else float("nan")


def _order_value(known: History) -> float:
    return np.sum(known.revenue) / np.sum(known.repeat_days + 1)


def _by_recency(before: History, came: Numbers, now: History) -> Numbers:
    """The mean of what came, by tenths of recency as they were, for the recency of now."""
    limits = np.quantile(before.last_to_moment, np.linspace(0.1, 0.9, 9))
    tenths = np.searchsorted(limits, before.last_to_moment)
    counts = np.bincount(tenths, minlength=10)
    means = np.bincount(tenths, came, minlength=10) / np.maximum(counts, 1)
    # A tenth without anybody, since many share a recency, takes the mean of all.
    means = np.where(counts > 0, means, np.sum(came) / len(came))
    return means[np.searchsorted(limits, now.last_to_moment)]
