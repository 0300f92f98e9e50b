"""What experiments showed: each arm beside the base, by metric, with a verdict in words.

The base is the arm whose name comes first. Units are customers whose time after the first letter is
over, and who saw one arm only. Where there is a holdout, each arm and all together stand beside it
(what the letters brought); where arms are made of several factors, penpal.results.factors tells the
effect of each. Segments are told of where each arm has enough customers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.results import factors
from penpal.results import statistics as st
from penpal.results.statistics import NAN, Estimate, Numbers
from penpal.results.verdicts import (
    ANY_LETTER,
    ARM,
    ENOUGH,
    EVERYBODY,
    HOLDOUT,
    INTERACTION,
    LETTERS,
    MAIN_EFFECT,
    NO_MATTER,
    SCHEMA,
    Row,
    verdict,
)

CAP_QUANTILE = 0.99
EXPECTED_SPREAD = 0.1  # of the base: what differences one expects, for the p that may be looked at

RATES = ("clicked", "ordered", "unsubscribed")
BOUGHT = ("ordered", "revenue_per_customer", "revenue_per_order")
METRICS = ("clicked", "unsubscribed", *BOUGHT)
REVENUE = ("revenue_per_customer", "capped_revenue")  # metric, and the numbers that it is made of
NUMBERS = ("clicked", "unsubscribed", "orders_count", "revenue", "revenue_before", "share")


@dataclass(frozen=True)
class Arms:
    """Units of one experiment: arm of each, and columns of numbers, all of one length."""

    experiment: str
    arm: np.ndarray
    day: Numbers
    columns: dict[str, Numbers]
    customers: list[str] = field(default_factory=list)
    factors: dict[str, str] = field(default_factory=dict)  # arm -> subject=short;offer=none

    def of(self, arm: str, column: str) -> Numbers:
        return self.columns[column][self.arm == arm]

    def only(self, mine: np.ndarray) -> Arms:
        """The units of a mask (or of positions)."""
        columns = {name: values[mine] for name, values in self.columns.items()}
        return replace(self, arm=self.arm[mine], day=self.day[mine], columns=columns)


def results(units: pa.Table, segments: pa.Table | None = None) -> pa.Table:
    """Rows of SCHEMA from experiment_units, and from experiment_segments where they are given."""
    members = _members(segments)
    rows = [
        row
        for arms in _experiments(units)
        for row in _experiment_rows(arms, members.get(arms.experiment, {}))
    ]
    columns = {name: [_null(getattr(row, name)) for row in rows] for name in SCHEMA.names}
    return pa.table(columns, schema=SCHEMA)


def _members(segments: pa.Table | None) -> dict[str, dict[str, list[str]]]:
    """Experiment -> segment -> customers."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in segments.to_pylist() if segments else []:
        of_segment = found.setdefault(row["experiment"], {}).setdefault(row["segment"], [])
        of_segment.append(row["customer_id"])
    return found


def _null(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _experiments(units: pa.Table) -> Iterator[Arms]:
    units = units.filter(pc.and_not(units["is_complete"], units["is_crossed"]))
    names = np.array(units["experiment"].to_pylist(), dtype=object)
    arm = np.array(units["arm"].to_pylist(), dtype=object)
    days = np.array([at.toordinal() for at in units["started_at"].to_pylist()], dtype=float)
    customers = np.array(units["customer_id"].to_pylist(), dtype=object)
    factors_of = np.array(units["factors"].to_pylist(), dtype=object)
    numbers = {name: np.array(units[name].to_pylist(), dtype=float) for name in NUMBERS}
    numbers["ordered"] = (numbers["orders_count"] > 0).astype(float)
    for name in sorted(set(names)):
        mine = names == name
        columns = {key: values[mine] for key, values in numbers.items()}
        cap = float(np.quantile(columns["revenue"], CAP_QUANTILE))
        columns["capped_revenue"] = st.capped(columns["revenue"], cap)
        made_of = dict(zip(arm[mine], factors_of[mine], strict=True))
        made_of = {key: value for key, value in made_of.items() if value}
        yield Arms(name, arm[mine], days[mine], columns, list(customers[mine]), made_of)


def _experiment_rows(arms: Arms, members: dict[str, list[str]]) -> list[Row]:
    """All of an experiment; p values are corrected within each kind of comparison, those of
    segments together."""
    families = [_arm_rows(arms), _letter_rows(arms), *_factor_rows(arms)]
    places = {customer: place for place, customer in enumerate(arms.customers)}
    parts = [
        (segment, arms.only(np.array([places[c] for c in found if c in places], dtype=int)))
        for segment, found in sorted(members.items())
    ]
    enough = [(segment, part) for segment, part in parts if _has_enough(part)]
    for rows_of in (_arm_rows, _letter_rows):
        families.append([row for name, part in enough for row in rows_of(part, name)])
    for family in families:
        for row, p_value in zip(family, st.holm([row.p_value for row in family]), strict=True):
            row.p_value_holm = p_value
            row.verdict, row.verdict_reason = verdict(row)
    return [row for family in families for row in family]


def _has_enough(arms: Arms) -> bool:
    counts = [int((arms.arm == arm).sum()) for arm in set(arms.arm)]
    return len(counts) > 1 and min(counts) >= ENOUGH


def _arm_rows(arms: Arms, segment: str = EVERYBODY) -> list[Row]:
    """Each arm that got letters beside the first of them by name."""
    return _beside_base(arms.only(arms.arm != HOLDOUT), segment, METRICS)


def _letter_rows(arms: Arms, segment: str = EVERYBODY) -> list[Row]:
    """Each arm beside the holdout, and all together: what the letters brought. Who gets no letter
    can neither click nor unsubscribe: that is not compared."""
    is_held = arms.arm == HOLDOUT
    if not is_held.any() or is_held.all():
        return []
    # A holdout whose share nobody stated is taken to be as large as each other arm.
    held = float(np.nan_to_num(arms.of(HOLDOUT, "share")[0], nan=1 / len(set(arms.arm))))
    pooled = replace(
        arms,
        arm=np.where(is_held, HOLDOUT, ANY_LETTER),
        columns=arms.columns | {"share": np.where(is_held, held, 1 - held)},
    )
    rows = _beside_base(pooled, segment, BOUGHT)
    if len(set(arms.arm)) > 2:
        rows += _beside_base(arms, segment, BOUGHT)
    return [replace(row, comparison=LETTERS) for row in rows]


def _beside_base(arms: Arms, segment: str, metrics: tuple[str, ...]) -> list[Row]:
    present = sorted(set(arms.arm), key=lambda arm: (arm != HOLDOUT, arm))
    if not present:
        return []
    base, *others = present
    counts = [int((arms.arm == arm).sum()) for arm in present]
    # Arms whose shares nobody stated are taken to be equal.
    weights = [float(np.nan_to_num(arms.of(arm, "share")[0], nan=1.0)) for arm in present]
    split = st.sample_ratio(counts, weights)
    rows = [
        _metric_row(arms, metric, arm, base, resample=segment == EVERYBODY)
        for arm in others
        for metric in metrics
    ]
    return [replace(row, segment=segment, sample_ratio_p_value=split) for row in rows]


def _metric_row(arms: Arms, metric: str, arm: str, base: str, *, resample: bool) -> Row:
    if metric == "revenue_per_customer":
        return _revenue_row(arms, arm, base, resample=resample)
    if metric == "revenue_per_order":
        return _ratio_row(arms, arm, base)
    return _rate_row(arms, metric, arm, base)


def _factor_rows(arms: Arms) -> list[list[Row]]:
    """Main effects and interactions of arms that are made of several factors."""
    split = [row.sample_ratio_p_value for row in _arm_rows(arms)][:1] or [NAN]
    families: dict[str, list[Row]] = {MAIN_EFFECT: [], INTERACTION: []}
    contrasts = factors.contrasts({arm: factors.levels(made) for arm, made in arms.factors.items()})
    for contrast in contrasts:
        for metric, column in (*((rate, rate) for rate in RATES), REVENUE):
            found = factors.effect({arm: arms.of(arm, column) for arm in contrast.arms}, contrast)
            kind = INTERACTION if contrast.is_interaction else MAIN_EFFECT
            row = _row(
                *(arms, metric, contrast.name, contrast.base_name, found.estimate),
                value=found.value,
                base_value=found.base_value,
            )
            families[kind].append(
                replace(
                    row,
                    comparison=kind,
                    units_count=found.units,
                    base_units_count=found.base_units,
                    sample_ratio_p_value=split[0],
                )
            )
    return list(families.values())


def _row(arms: Arms, metric: str, arm: str, base: str, found: Estimate, **more: float) -> Row:
    numbers = {field.name: NAN for field in fields(Row) if field.type == "float"} | more
    return Row(
        experiment=arms.experiment,
        segment=EVERYBODY,
        comparison=ARM,
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


def _revenue_row(arms: Arms, arm: str, base: str, *, resample: bool) -> Row:
    mine, theirs = arms.of(arm, "capped_revenue"), arms.of(base, "capped_revenue")
    low, high = st.bootstrap_interval(mine, theirs) if resample else (NAN, NAN)
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
