"""Gradient boosting: scikit-learn's, small trees, on one thread: the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from penpal.predictions.history import Features, Numbers

SETTINGS = {
    "max_iter": 60,
    "learning_rate": 0.08,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}


@dataclass(frozen=True)
class Boosted:
    """The trees, the features that they look at, and each one's middle value."""

    trees: HistGradientBoostingClassifier
    middle: dict[str, float]

    def log_odds(self, seen: Features) -> Numbers:
        with threadpool_limits(1):
            return self.trees.decision_function(matrix({name: seen[name] for name in self.middle}))

    def contributions(self, seen: Features) -> Features:
        """What each adds to the log odds, beside the same customer with its middle value."""
        told = self.log_odds(seen)
        size = len(told)
        return {
            name: told - self.log_odds(seen | {name: np.full(size, middle)})
            for name, middle in self.middle.items()
        }

    def parameters(self) -> dict[str, float]:
        """None: trees are no few numbers. Whoever wants them fits them again: the same come out."""
        return {}


def fit_boosting(seen: Features, happened: Numbers) -> Boosted:
    with threadpool_limits(1):
        trees = HistGradientBoostingClassifier(**SETTINGS).fit(matrix(seen), happened)
    return Boosted(trees, {name: float(np.median(column)) for name, column in seen.items()})


def matrix(seen: Features) -> Numbers:
    return np.stack(list(seen.values()), axis=1).astype(np.float64)
