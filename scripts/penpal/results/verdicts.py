"""A row of experiment_results, and the plain verdict on it with the sentence why."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import pyarrow as pa

HOLDOUT, ANY_LETTER = "holdout", "any letter"
EVERYBODY = "all"
# What a row compares: an arm with the base, letters with the holdout, the levels of a factor, the
# effect of a factor at two levels of another.
ARM, LETTERS, MAIN_EFFECT, INTERACTION = "arm", "letters", "main_effect", "interaction"

ALPHA = 0.05
BROKEN_SPLIT = 0.001  # of such a split by accident; the usual limit, since it is looked at often
ENOUGH = 100  # units an arm, below which nothing is said but "keep running"
NO_MATTER = 0.1  # a relative difference within this of nothing does not matter
WORSE_WHEN_HIGHER = {"unsubscribed"}


@dataclass
class Row:
    """A row of experiment_results; see the mart for what its columns mean."""

    experiment: str
    segment: str
    comparison: str
    metric: str
    arm: str
    base_arm: str
    units_count: int
    base_units_count: int
    value: float
    base_value: float
    difference: float
    difference_low: float
    difference_high: float
    relative_difference: float
    p_value: float
    p_value_holm: float
    p_value_always_valid: float
    bootstrap_low: float
    bootstrap_high: float
    cuped_difference: float
    cuped_low: float
    cuped_high: float
    detectable_difference: float
    units_needed: float
    sample_ratio_p_value: float
    verdict: str
    verdict_reason: str


SCHEMA = pa.schema(
    [
        (field.name, {"str": pa.string(), "int": pa.int64(), "float": pa.float64()}[field.type])
        for field in fields(Row)
    ]
)


def verdict(row: Row) -> tuple[str, str]:
    """winner, loser, interacts, no_difference, keep_running or broken; and why, in a sentence."""
    if row.sample_ratio_p_value < BROKEN_SPLIT:
        return "broken", (
            f"The arms have {row.units_count} and {row.base_units_count} customers, which their"
            f" weights would give {_seldom(row.sample_ratio_p_value)}:"
            " find out why before believing any of it."
        )
    if min(row.units_count, row.base_units_count) < ENOUGH:
        return "keep_running", f"Fewer than {ENOUGH} customers in an arm."
    if row.comparison == INTERACTION:
        return _of_interaction(row)
    if row.p_value_holm < ALPHA:
        is_better = (row.difference > 0) != (row.metric in WORSE_WHEN_HIGHER)
        return "winner" if is_better else "loser", (
            f"{row.arm} {'gains' if row.difference > 0 else 'loses'}"
            f" {abs(row.difference):.4g} ({_percent(row.relative_difference)}) on {row.base_arm};"
            f" by accident {_seldom(row.p_value_holm)}, several metrics looked at."
        )
    return _of_no_winner(row)


def _of_interaction(row: Row) -> tuple[str, str]:
    if row.p_value_holm < ALPHA:
        return "interacts", (
            f"{row.arm} changes the metric by {row.value:.4g}, {row.base_arm} by"
            f" {row.base_value:.4g}: choose the combination, not each factor for itself."
        )
    return "keep_running", "No interaction is seen; one has to be large to be seen."


def _of_no_winner(row: Row) -> tuple[str, str]:
    matters = NO_MATTER * abs(row.base_value)
    if max(abs(row.difference_low), abs(row.difference_high)) < matters:
        return "no_difference", (
            f"Whatever difference there is, it is below {NO_MATTER:.0%} of {row.base_arm}'s."
        )
    if math.isnan(row.units_needed):
        return "keep_running", "No difference is seen, and one that matters is not ruled out."
    missing = max(0, math.ceil(row.units_needed - min(row.units_count, row.base_units_count)))
    return "keep_running", (
        f"A difference of {NO_MATTER:.0%} needs {row.units_needed:,.0f} customers an arm:"
        f" {missing:,} more."
    )


def _percent(share: float) -> str:
    return "no base" if math.isnan(share) else f"{share:+.1%}"


def _seldom(p_value: float) -> str:
    """How often by accident: 'once in 250 times'."""
    if p_value < 1e-6:
        return "less than once in a million times"
    return f"once in {1 / p_value:,.0f} times"
