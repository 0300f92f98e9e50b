"""Logistic regression: the most likely coefficients, a little shrunk, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from penpal.predictions.history import Features, Numbers

# Keeps coefficients finite where a feature tells all; weak beside a hundred cases.
RIDGE = 1.0


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

    def log_odds(self, seen: Features) -> Numbers:
        found = np.full(len(next(iter(seen.values()))), self.intercept)
        for added in self.contributions(seen).values():
            found = found + added
        return found

    def parameters(self) -> dict[str, float]:
        found = {"intercept": self.intercept}
        for kind in ("mean", "deviation", "coefficient"):
            for name, number in getattr(self, kind).items():
                found[f"{kind}/{name}"] = number
        return found


def fit_logistic(seen: Features, happened: Numbers) -> Logistic:
    """One coefficient a feature; without features the share of what happened."""
    size, times = len(happened), np.count_nonzero(happened)
    if not seen:
        # Half a case of each class more: nobody is certain.
        return Logistic(float(np.log((times + 0.5) / (size - times + 0.5))), {}, {}, {})
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
        curve = np.einsum("ij,kj->ik", matrix * (likely * (1 - likely)), matrix) + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.max(np.abs(step)) < 1e-10:
            break
    coefficient = dict(zip(seen, weights[1:].tolist(), strict=True))
    return Logistic(float(weights[0]), mean, deviation, coefficient)
