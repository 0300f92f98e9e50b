"""Probabilities learnt from past cases: methods fitted, calibrated, judged, chosen and told.

Methods are judged on cases that came after all that they learnt from. Whichever has the lowest log
loss there is used: a probability is promised, not only an order. Each is calibrated by Platt's
logistic curve on what it said of each fold of the past while it had learnt from the other folds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa
from scipy.special import expit, logit

from penpal.predictions.boosting import fit_boosting
from penpal.predictions.history import Features, Numbers
from penpal.predictions.logistic import fit_logistic
from penpal.predictions.metrics import Fit as Told
from penpal.predictions.metrics import of_probabilities

MIN_CASES = 100
MIN_OF_A_CLASS = 20
MOST_CASES = 50_000
# A plainer method is left for one whose log loss is lower by this.
BETTER = 0.001
# The plainest last. `recency` looks at the first feature alone, `base_rate` at none.
METHODS = ("gradient_boosting", "logistic_regression", "recency", "base_rate")

Rows = list[tuple[object, ...]]
Words = dict[str, Callable[[int], str]]


class Fit(Protocol):
    def log_odds(self, seen: Features) -> Numbers: ...

    def contributions(self, seen: Features) -> Features: ...

    def parameters(self) -> dict[str, float]: ...


@dataclass(frozen=True)
class Cases:
    """What was known in each past case, whether it happened then, and the fold it is in."""

    seen: Features
    happened: Numbers
    fold: Numbers

    def of(self, rows: Numbers) -> Cases:
        seen = {name: column[rows] for name, column in self.seen.items()}
        return Cases(seen, self.happened[rows], self.fold[rows])

    def looking_at(self, method: str) -> Cases:
        """With the features of the method."""
        names = list(self.seen)
        used = {"recency": names[:1], "base_rate": []}.get(method, names)
        return replace(self, seen={name: self.seen[name] for name in used})

    def are_enough(self) -> bool:
        size, times = len(self.happened), np.count_nonzero(self.happened)
        return size >= MIN_CASES and min(times, size - times) >= MIN_OF_A_CLASS


@dataclass(frozen=True)
class Calibrated:
    """A fit whose log odds are moved by a straight line."""

    fit: Fit
    intercept: float = 0.0
    slope: float = 1.0

    def probability(self, seen: Features) -> Numbers:
        return expit(self.intercept + self.slope * self.fit.log_odds(seen))

    def contributions(self, seen: Features) -> Features:
        added = self.fit.contributions(seen)
        return {name: self.slope * column for name, column in added.items()}

    def parameters(self) -> dict[str, float]:
        line = {"calibration/intercept": self.intercept, "calibration/slope": self.slope}
        return self.fit.parameters() | line


def evenly(size: int, wanted: int = MOST_CASES) -> Numbers:
    """At most so many places of a list, evenly spaced."""
    return np.unique(np.linspace(0, size - 1, min(size, wanted)).astype(np.int64))


def learn(cases: Cases, method: str) -> Calibrated | None:
    """The method, fitted and calibrated; None with too few cases."""
    cases = cases.of(evenly(len(cases.happened))).looking_at(method)
    if not cases.seen:
        return Calibrated(fit_logistic({}, cases.happened)) if len(cases.happened) else None
    if not cases.are_enough():
        return None
    fit = fit_boosting if method == "gradient_boosting" else fit_logistic
    return Calibrated(fit(cases.seen, cases.happened), *line(cases, fit))


def line(cases: Cases, fit: Callable[[Features, Numbers], Fit]) -> tuple[float, float]:
    """Intercept and slope that would have been right of each fold, learnt from the others."""
    said = np.zeros(len(cases.happened))
    for number in np.unique(cases.fold):
        inside = cases.fold == number
        others = cases.of(~inside)
        if not others.are_enough():
            return 0.0, 1.0
        said[inside] = fit(others.seen, others.happened).log_odds(cases.of(inside).seen)
    curve = fit_logistic({"said": said}, cases.happened)
    slope = curve.coefficient["said"] / curve.deviation["said"]
    if slope <= 0:
        # What it says is no better than nothing: everybody gets the share of the past.
        return float(logit(np.count_nonzero(cases.happened) / len(said))), 0.0
    return curve.intercept - slope * curve.mean["said"], slope


def judged(past: Cases, later: Cases) -> dict[str, dict[str, float]]:
    """How good each method was of the later cases, having learnt from the past ones."""
    if not len(later.happened):
        return {}
    fits = {method: learn(past, method) for method in METHODS}
    return {
        method: of_probabilities(fit.probability(later.seen), later.happened)
        for method, fit in fits.items()
        if fit
    }


def chosen(metrics: dict[str, dict[str, float]], cases: Cases) -> str | None:
    """The method to use: judged best, and fit to be learnt today; else the plainest."""
    able = [
        method
        for method in METHODS
        if len(cases.happened) and (method == "base_rate" or cases.are_enough())
    ]
    best = None
    for method in reversed(able):
        loss = metrics.get(method, {}).get("log_loss", np.inf)
        if best is None or loss < metrics.get(best, {}).get("log_loss", np.inf) - BETTER:
            best = method
    return best


def told(then: Told, now: Told, metrics: dict[str, dict[str, float]], cases: Cases) -> Rows:
    """Rows of metrics.SCHEMA: how good each method was, and the parameters of today.

    `then` and `now` say which model it is, of how many customers, and up to when it had seen.
    """
    used = chosen(metrics, cases)
    rows: Rows = []
    for method, numbers in metrics.items():
        rows += replace(then, method=method, is_used=method == used).rows(numbers)
    for method in METHODS:
        # Trees have no parameters to tell; they are fitted where they are used.
        if method != "gradient_boosting" and (fit := learn(cases, method)):
            rows += replace(now, method=method, is_used=method == used).rows(fit.parameters())
    return rows


def method_in_use(models: pa.Table, model: str) -> str:
    """The method that rows of `told` say is used; `unknown` where there is none."""
    rows = models.select(["model", "method", "is_used"]).to_pylist()
    used = {row["method"] for row in rows if row["model"] == model and row["is_used"]}
    return used.pop() if used else "unknown"


def scores(
    ids: pa.Array, seen: Features, words: Words, *, cases: Cases, method: str, name: str
) -> pa.Table:
    """The probability (column `name`) of each customer by a method, and its strongest reasons."""
    size = len(ids)
    fit = None if method == "unknown" else learn(cases, method)
    kinds = [pa.string(), pa.string(), pa.float64(), *[pa.string()] * 3]
    columns = [
        ids,
        [method] * size,
        fit.probability(seen) if fit and size else [None] * size,
        *(reasons(fit.contributions(seen), words, size) if fit else [[None] * size] * 3),
    ]
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)],
        names=["customer_id", "method", name, "reason_1", "reason_2", "reason_3"],
    )


def reasons(added: Features, words: Words, size: int) -> list[list[str | None]]:
    """The three strongest reasons of each customer, strongest first, and which way they speak."""
    names = list(added)
    table = np.array([added[name] for name in names]).reshape(len(names), size)
    order = np.argsort(-np.abs(table), axis=0, kind="stable")[:3]
    found: list[list[str | None]] = [[None] * size for _ in range(3)]
    for place, features in enumerate(order):
        for row, feature in enumerate(features):
            if number := table[feature, row]:
                way = "raises" if number > 0 else "lowers"
                found[place][row] = f"{words[names[feature]](row)} ({way} it)"
    return found
