"""What experiments showed: each arm beside the base, by metric, with a verdict in words.

The base is the holdout where there is one, else the arm whose name comes first. Units are customers
whose time after the first letter is over, and who saw one arm only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.results import statistics as st
from penpal.results.statistics import NAN, Estimate, Numbers

HOLDOUT = "holdout"
ALPHA = 0.05
BROKEN_SPLIT = 0.001  # of such a split by accident; the usual limit, since it is looked at often
CAP_QUANTILE = 0.99
ENOUGH = 100  # units an arm, below which nothing is said but "keep running"
NO_MATTER = 0.1  # a relative difference within this of nothing does not matter
EXPECTED_SPREAD = 0.1  # of the base: what differences one expects, for the p that may be looked at

RATES = ("clicked", "ordered", "unsubscribed")
WORSE_WHEN_HIGHER = {"unsubscribed"}


@dataclass(frozen=True)
class Arms:
    """Units of one experiment: arm of each, and columns of numbers, all of one length."""

    experiment: str
    arm: np.ndarray
    day: Numbers
    columns: dict[str, Numbers]

    def of(self, arm: str, column: str) -> Numbers:
        return self.columns[column][self.arm == arm]


@dataclass
class Row:
    """A row of experiment_results; see the mart for what its columns mean."""

    experiment: str
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


def results(units: pa.Table) -> pa.Table:
    """Rows of SCHEMA from experiment_units."""
    rows = [row for arms in _experiments(units) for row in _experiment_rows(arms)]
    columns = {name: [_null(getattr(row, name)) for row in rows] for name in SCHEMA.names}
    return pa.table(columns, schema=SCHEMA)


def _null(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _experiments(units: pa.Table) -> Iterator[Arms]:
    units = units.filter(pc.and_not(units["is_complete"], units["is_crossed"]))
    names = np.array(units["experiment"].to_pylist(), dtype=object)
    arm = np.array(units["arm"].to_pylist(), dtype=object)
    days = np.array([at.toordinal() for at in units["started_at"].to_pylist()], dtype=float)
    numbers = {
        name: np.array(units[name].to_pylist(), dtype=float)
        for name in (
            "clicked",
            "unsubscribed",
            "orders_count",
            "revenue",
            "revenue_before",
            "share",
        )
    }
    numbers["ordered"] = (numbers["orders_count"] > 0).astype(float)
    for name in sorted(set(names)):
        mine = names == name
        yield Arms(name, arm[mine], days[mine], {key: v[mine] for key, v in numbers.items()})


def _experiment_rows(arms: Arms) -> list[Row]:
    present = sorted(set(arms.arm), key=lambda arm: (arm != HOLDOUT, arm))
    base, *others = present
    counts = [int((arms.arm == arm).sum()) for arm in present]
    # Arms whose shares nobody stated are taken to be equal.
    weights = [float(np.nan_to_num(arms.of(arm, "share")[0], nan=1.0)) for arm in present]
    split = st.sample_ratio(counts, weights)
    cap = float(np.quantile(arms.columns["revenue"], CAP_QUANTILE)) if len(arms.arm) else 0.0
    arms.columns["capped_revenue"] = st.capped(arms.columns["revenue"], cap)
    rows = [
        row
        for arm in others
        for row in (
            *(_rate_row(arms, metric, arm, base) for metric in RATES),
            _revenue_row(arms, arm, base),
            _ratio_row(arms, arm, base),
        )
    ]
    corrected = st.holm([row.p_value for row in rows])
    for row, p_value in zip(rows, corrected, strict=True):
        row.p_value_holm = p_value
        row.sample_ratio_p_value = split
        row.verdict, row.verdict_reason = _verdict(row)
    return rows


def _row(arms: Arms, metric: str, arm: str, base: str, found: Estimate, **more: float) -> Row:
    numbers = {field.name: NAN for field in fields(Row) if field.type == "float"} | more
    return Row(
        experiment=arms.experiment,
        metric=metric,
        arm=arm,
        base_arm=base,
        units_count=int((arms.arm == arm).sum()),
        base_units_count=int((arms.arm == base).sum()),
        verdict="",
        verdict_reason="",
        **numbers
        | {
            "difference": found.value,
            "difference_low": found.low,
            "difference_high": found.high,
            "p_value": found.p,
            "relative_difference": found.value / more["base_value"] if more["base_value"] else NAN,
        },
    )


def _rate_row(arms: Arms, metric: str, arm: str, base: str) -> Row:
    mine, theirs = arms.of(arm, metric), arms.of(base, metric)
    found = st.difference_of_rates(mine.sum(), len(mine), theirs.sum(), len(theirs))
    value, base_value = float(mine.mean()), float(theirs.mean())
    return _row(
        *(arms, metric, arm, base, found),
        value=value,
        base_value=base_value,
        p_value_always_valid=_looked_at(arms, metric, arm, base),
        detectable_difference=_detectable(arms, metric, arm, base),
        units_needed=st.units_needed(min(1.0, base_value * (1 + NO_MATTER)), base_value),
    )


def _revenue_row(arms: Arms, arm: str, base: str) -> Row:
    mine, theirs = arms.of(arm, "capped_revenue"), arms.of(base, "capped_revenue")
    low, high = st.bootstrap_interval(mine, theirs)
    adjusted, _ = st.cuped(
        mine, arms.of(arm, "revenue_before"), theirs, arms.of(base, "revenue_before")
    )
    spread = float(np.var(theirs, ddof=1)) if len(theirs) > 1 else NAN
    wanted = NO_MATTER * float(theirs.mean())
    detectable = st.detectable_difference(spread, 2)
    return _row(
        *(arms, "revenue_per_customer", arm, base, st.difference_of_means(mine, theirs)),
        value=float(mine.mean()),
        base_value=float(theirs.mean()),
        p_value_always_valid=_looked_at(arms, "capped_revenue", arm, base),
        bootstrap_low=low,
        bootstrap_high=high,
        cuped_difference=adjusted.value,
        cuped_low=adjusted.low,
        cuped_high=adjusted.high,
        detectable_difference=_detectable(arms, "capped_revenue", arm, base),
        units_needed=math.ceil(2 * (detectable / wanted) ** 2) if wanted > 0 else NAN,
    )


def _ratio_row(arms: Arms, arm: str, base: str) -> Row:
    columns = [arms.of(a, c) for a in (arm, base) for c in ("revenue", "orders_count")]
    value, base_value = (
        float(over.sum() / under.sum()) if under.sum() else NAN
        for over, under in (columns[:2], columns[2:])
    )
    found = st.difference_of_ratios(*columns)
    return _row(arms, "revenue_per_order", arm, base, found, value=value, base_value=base_value)


def _detectable(arms: Arms, metric: str, arm: str, base: str) -> float:
    theirs = arms.of(base, metric)
    if len(theirs) < 2:
        return NAN
    return st.detectable_difference(
        float(np.var(theirs, ddof=1)), min(len(theirs), int((arms.arm == arm).sum()))
    )


def _looked_at(arms: Arms, metric: str, arm: str, base: str) -> float:
    """The lowest always-valid p of all daily looks so far; what one expects is told by the base's
    first ENOUGH units, and looking begins after them."""
    lowest = NAN
    sums = {name: _daily(arms, metric, name) for name in (arm, base)}
    order = np.argsort(arms.day[arms.arm == base], kind="stable")[:ENOUGH]
    first = arms.of(base, metric)[order]
    if len(first) < ENOUGH:
        return NAN
    spread = EXPECTED_SPREAD * (float(first.mean()) or float(first.std()))
    for day in sorted(set(arms.day)):
        (n, s, q), (m, t, r) = (_until(sums[name], day) for name in (arm, base))
        if min(n, m) < ENOUGH:
            continue
        variance = (q / n - (s / n) ** 2) / (n - 1) + (r / m - (t / m) ** 2) / (m - 1)
        p = st.always_valid_p(s / n - t / m, variance, spread)
        lowest = p if math.isnan(lowest) else min(lowest, p)
    return lowest


def _daily(arms: Arms, metric: str, arm: str) -> tuple[Numbers, Numbers]:
    """Days in order, and the running count, sum and sum of squares by then."""
    mine = arms.arm == arm
    days, values = arms.day[mine], arms.columns[metric][mine]
    order = np.argsort(days, kind="stable")
    values = values[order]
    ones = np.ones(len(values))
    return days[order], np.cumsum(np.stack([ones, values, values**2]), axis=1)


def _until(daily: tuple[Numbers, Numbers], day: float) -> Numbers:
    days, sums = daily
    count = int(np.searchsorted(days, day, side="right"))
    return sums[:, count - 1] if count else np.zeros(3)


def _verdict(row: Row) -> tuple[str, str]:
    """winner, loser, no_difference, keep_running or broken; and why, in a sentence."""
    if row.sample_ratio_p_value < BROKEN_SPLIT:
        return "broken", (
            f"The arms have {row.units_count} and {row.base_units_count} customers, which their"
            f" weights would give once in {1 / max(row.sample_ratio_p_value, 1e-12):,.0f} times:"
            " find out why before believing any of it."
        )
    if min(row.units_count, row.base_units_count) < ENOUGH:
        return "keep_running", f"Fewer than {ENOUGH} customers in an arm."
    if row.p_value_holm < ALPHA:
        is_better = (row.difference > 0) != (row.metric in WORSE_WHEN_HIGHER)
        return "winner" if is_better else "loser", (
            f"{row.arm} {'gains' if row.difference > 0 else 'loses'}"
            f" {abs(row.difference):.4g} ({_percent(row.relative_difference)}) on {row.base_arm};"
            f" by accident once in {1 / max(row.p_value_holm, 1e-12):,.0f} times, several metrics"
            " looked at."
        )
    matters = NO_MATTER * abs(row.base_value)
    if max(abs(row.difference_low), abs(row.difference_high)) < matters:
        return "no_difference", (
            f"Whatever difference there is, it is below {NO_MATTER:.0%} of {row.base_arm}'s."
        )
    if math.isnan(row.units_needed):
        return "keep_running", "Nothing can be told from these numbers yet."
    missing = max(0, math.ceil(row.units_needed - min(row.units_count, row.base_units_count)))
    return "keep_running", (
        f"A difference of {NO_MATTER:.0%} needs {row.units_needed:,.0f} customers an arm:"
        f" {missing:,} more."
    )


def _percent(share: float) -> str:
    return "no base" if math.isnan(share) else f"{share:+.1%}"
