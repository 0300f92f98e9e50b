"""How good predictions are: the usual measures, and the rows that tell of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.stats import rankdata

from penpal.predictions.history import Numbers

SCHEMA = pa.schema(
    {
        "model": pa.string(),
        "method": pa.string(),
        "is_used": pa.bool_(),
        "metric": pa.string(),
        "part": pa.string(),
        "value": pa.float64(),
        "customers_count": pa.int64(),
        "known_days_ago": pa.int32(),
        "judged_days": pa.int32(),
    }
)


@dataclass(frozen=True)
class Fit:
    """A method of a model, on how many customers, and up to how many days ago it had seen."""

    model: str
    method: str
    is_used: bool
    customers: int
    known_days_ago: int = 0
    judged_days: int | None = None

    def rows(self, metrics: dict[str, float | None]) -> list[tuple[object, ...]]:
        """A row of SCHEMA each; `metric/part` names a part of a metric."""
        return [
            (
                self.model,
                self.method,
                self.is_used,
                *(name.split("/", 1) if "/" in name else (name, "")),
                None if value is None or not np.isfinite(value) else float(value),
                self.customers,
                self.known_days_ago,
                self.judged_days,
            )
            for name, value in metrics.items()
        ]


def to_table(rows: list[tuple[object, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)],
        schema=SCHEMA,
    )


def auc(score: Numbers, happened: Numbers) -> float:
    """Chance that whom it happened to has the higher score; ties are half; nan with one class."""
    positives = np.count_nonzero(happened)
    negatives = len(happened) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = np.sum(rankdata(score)[happened])
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def lift(score: Numbers, happened: Numbers, share: float = 0.1) -> float:
    """Rate among the highest share of scores, by the rate of all; of equal scores a fair part."""
    wanted = max(1, round(share * len(score)))
    limit = np.sort(score)[-wanted]
    above, equal = score > limit, score == limit
    part = (wanted - np.count_nonzero(above)) / np.count_nonzero(equal)
    found = np.count_nonzero(happened & above) + part * np.count_nonzero(happened & equal)
    rate = np.count_nonzero(happened) / len(happened)
    return found / wanted / rate if rate else float("nan")


def mean_absolute_error(predicted: Numbers, actual: Numbers) -> float:
    return float(np.sum(np.abs(predicted - actual)) / len(actual))


def of_probabilities(probability: Numbers, happened: Numbers) -> dict[str, float]:
    """AUC, Brier score, log loss, lift at 10 %, base rate, cases, and calibration by tenths."""
    likely = np.clip(probability, 1e-12, 1 - 1e-12)
    size = len(happened)
    found = {
        "auc": auc(probability, happened),
        "brier": float(np.sum((probability - happened) ** 2) / size),
        "log_loss": float(-np.sum(np.log(np.where(happened, likely, 1 - likely))) / size),
        "lift_at_10_percent": lift(probability, happened),
        "base_rate": np.count_nonzero(happened) / size,
        "cases": size,
    }
    tenths = np.array_split(np.argsort(probability, kind="stable"), 10)
    for number, rows in enumerate(tenths, start=1):
        if len(rows):
            found[f"calibration_predicted/{number}"] = np.sum(probability[rows]) / len(rows)
            found[f"calibration_observed/{number}"] = np.count_nonzero(happened[rows]) / len(rows)
    return found
