"""Who will not order within a quarter: logistic regression on what was known at past moments.

A moment is a quarter of a year after the one before. The method is judged at the last moment whose
quarter is over, having learnt from the four moments before it; today's is learnt from the last
four that are over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import expit

from penpal.predictions.history import History, Numbers, OrderDays, history, outcome
from penpal.predictions.metrics import Fit, auc, of_probabilities

QUARTER = 90
MOMENTS = 4
MIN_CASES = 100
MIN_OF_A_CLASS = 20
# Keeps coefficients finite where a feature tells all; weak beside a hundred cases.
RIDGE = 1.0

Rows = list[tuple[object, ...]]
Features = dict[str, Numbers]
Tell = Callable[[OrderDays, int], History]

# Each method's features, the plainest last. Whichever has the lowest log loss on the quarter that
# it had not seen is used.
METHODS = {
    "logistic_regression": ["recency", "frequency", "monetary", "tenure", "recent_orders"],
    "recency": ["recency"],
    "base_rate": [],
}

SCORES = pa.schema(
    {
        "customer_id": pa.string(),
        "method": pa.string(),
        "churn_probability": pa.float64(),
        "reason_1": pa.string(),
        "reason_2": pa.string(),
        "reason_3": pa.string(),
    }
)


def features(known: History) -> Features:
    """What the regression sees: logarithms, since the tenth day tells more than the hundredth."""
    return {
        "recency": np.log1p(known.last_to_moment),
        "frequency": np.log1p(known.repeat_days),
        "monetary": np.log1p(known.revenue / (known.repeat_days + 1)),
        "tenure": np.log1p(known.first_to_moment),
        "recent_orders": np.log1p(known.recent_days),
    }


@dataclass(frozen=True)
class Logistic:
    """Coefficients by feature, of its distance from the mean in standard deviations."""

    intercept: float
    mean: dict[str, float]
    deviation: dict[str, float]
    coefficient: dict[str, float]

    def contributions(self, seen: Features) -> Features:
        """What each feature adds to the log odds of a customer, beside a customer at the mean."""
        return {
            name: (seen[name] - self.mean[name]) / self.deviation[name] * weight
            for name, weight in self.coefficient.items()
        }

    def probability(self, seen: Features) -> Numbers:
        log_odds = np.full(len(seen["recency"]), self.intercept)
        for added in self.contributions(seen).values():
            log_odds = log_odds + added
        return expit(log_odds)

    def parameters(self) -> dict[str, float]:
        found = {"intercept": self.intercept}
        for kind in ("mean", "deviation", "coefficient"):
            for name, number in getattr(self, kind).items():
                found[f"{kind}/{name}"] = number
        return found


def fit_logistic(seen: Features, happened: Numbers) -> Logistic | None:
    """The most likely coefficients, a little shrunk (Newton's method); None with too few cases."""
    size, churned = len(happened), np.count_nonzero(happened)
    if size and not seen:
        # Half a case of each class more: nobody is certain.
        return Logistic(float(np.log((churned + 0.5) / (size - churned + 0.5))), {}, {}, {})
    if size < MIN_CASES or min(churned, size - churned) < MIN_OF_A_CLASS:
        return None
    mean = {name: float(np.sum(column) / size) for name, column in seen.items()}
    spread = {
        name: float(np.sqrt(np.sum((column - mean[name]) ** 2) / size))
        for name, column in seen.items()
    }
    deviation = {name: number or 1.0 for name, number in spread.items()}
    columns = [np.ones(size)] + [(seen[name] - mean[name]) / deviation[name] for name in seen]
    matrix = np.stack(columns)
    ridge = np.diag([0.0] + [RIDGE] * len(seen))
    weights = np.zeros(len(matrix))
    for _ in range(50):
        # Sums by einsum: a matrix product would depend on the number of threads.
        likely = expit(np.einsum("i,ij->j", weights, matrix))
        slope = np.einsum("ij,j->i", matrix, happened - likely) - ridge @ weights
        curve = np.einsum("ij,j,kj->ik", matrix, likely * (1 - likely), matrix) + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.max(np.abs(step)) < 1e-10:
            break
    coefficient = dict(zip(seen, weights[1:].tolist(), strict=True))
    return Logistic(float(weights[0]), mean, deviation, coefficient)


def cases(days: OrderDays, moments: list[int], tell: Tell = history) -> tuple[Features, Numbers]:
    """Features at each of the moments, and whether no order came in the quarter after it."""
    told = [tell(days, moment) for moment in moments]
    seen = [features(known) for known in told]
    came = [
        outcome(days, known, moment, QUARTER).order_days
        for known, moment in zip(told, moments, strict=True)
    ]
    joined = {name: np.concatenate([part[name] for part in seen]) for name in seen[0]}
    return joined, np.concatenate(came) == 0


def moments_before(moment: int) -> list[int]:
    """The last moments whose quarter was over by then."""
    return [moment + QUARTER * number for number in range(1, MOMENTS + 1)]


def learnt(days: OrderDays, moment: int, tell: Tell = history) -> dict[str, Logistic]:
    """Each method that has enough to learn from, as it was at a moment."""
    seen, churned = cases(days, moments_before(moment), tell)
    found = {
        method: fit_logistic({name: seen[name] for name in names}, churned)
        for method, names in METHODS.items()
    }
    return {method: fit for method, fit in found.items() if fit}


def judged(days: OrderDays, moment: int = QUARTER) -> dict[str, dict[str, float]]:
    """How good each method was at a moment, on the quarter after it."""
    known = history(days, moment)
    if not len(known.customer):
        return {}
    churned = outcome(days, known, moment, QUARTER).order_days == 0
    return {
        method: of_probabilities(fit.probability(features(known)), churned)
        for method, fit in learnt(days, moment).items()
    }


def ranked(days: OrderDays, moment: int, length: int) -> dict[str, float]:
    """AUC of each method, learnt at a moment, for no order in the next `length` days."""
    known = history(days, moment)
    gone = outcome(days, known, moment, length).order_days == 0
    methods = learnt(days, moment).items()
    return {method: auc(fit.probability(features(known)), gone) for method, fit in methods}


def fitted(days: OrderDays) -> Rows:
    """The coefficients as of the clock, and how those of a quarter ago did since."""
    today, past = learnt(days, 0), judged(days)
    # Of those that could not be judged yet, the plainest.
    losses = {method: past.get(method, {}).get("log_loss", np.inf) for method in today}
    used = min(reversed(losses), key=lambda method: losses[method], default=None)
    then, now = (len(history(days, moment).customer) for moment in (QUARTER, 0))
    rows: Rows = []
    for method, metrics in past.items():
        rows += Fit("churn", method, method == used, then, QUARTER, QUARTER).rows(metrics)
    for method, fit in today.items():
        rows += Fit("churn", method, method == used, now).rows(fit.parameters())
    return rows


def in_words(known: History) -> dict[str, Callable[[int], str]]:
    """Each feature of a customer as a reason reads."""

    def days(number: int) -> str:
        return f"{number} day" if number == 1 else f"{number} days"

    return {
        "recency": lambda row: f"last order {days(known.last_to_moment[row])} ago",
        "frequency": lambda row: f"{days(known.repeat_days[row] + 1)} with an order",
        "monetary": lambda row: (
            f"{known.revenue[row] / (known.repeat_days[row] + 1):.2f} a day with an order"
        ),
        "tenure": lambda row: f"first order {days(known.first_to_moment[row])} ago",
        "recent_orders": lambda row: (
            f"{days(known.recent_days[row])} with an order in the last 90 days"
        ),
    }


def reasons(known: History, fit: Logistic) -> list[list[str | None]]:
    """The three strongest reasons of each customer, strongest first, and which way they speak."""
    added = fit.contributions(features(known))
    words, names = in_words(known), list(added)
    size = len(known.customer)
    table = np.array([added[name] for name in names]).reshape(len(names), size)
    order = np.argsort(-np.abs(table), axis=0, kind="stable")[:3]
    found: list[list[str | None]] = [[None] * size for _ in range(3)]
    for place, chosen in enumerate(order):
        for row, feature in enumerate(chosen):
            way = "raises" if table[feature, row] > 0 else "lowers"
            found[place][row] = f"{words[names[feature]](row)} ({way} it)"
    return found


def scores(days: OrderDays, models: pa.Table) -> pa.Table:
    """The probability of each customer and its reasons, by the rows of `fitted` in use."""
    known = history(days, 0)
    size = len(known.customer)
    method, fit = fit_of(models)
    columns = [
        days.ids.take(pa.array(known.customer)),
        pa.array([method] * size, pa.string()),
        pa.array(fit.probability(features(known)) if fit else [None] * size, pa.float64()),
        *(reasons(known, fit) if fit else [[None] * size] * 3),
    ]
    kinds = SCORES.types
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(arrays, schema=SCORES)


def fit_of(models: pa.Table) -> tuple[str, Logistic | None]:
    """The method in use, and its coefficients; `unknown` where no quarter of anybody is over."""
    parts: dict[str, dict[str, float]] = {"mean": {}, "deviation": {}, "coefficient": {}}
    method = "unknown"
    for row in models.to_pylist():
        if row["model"] == "churn" and row["is_used"] and row["judged_days"] is None:
            method = row["method"]
            parts.setdefault(row["metric"], {})[row["part"]] = row["value"]
    if method == "unknown":
        return method, None
    intercept = parts.pop("intercept")[""]
    return method, Logistic(intercept, **parts)
