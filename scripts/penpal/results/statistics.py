"""Comparing two or more groups, by the textbook: rates, means, ratios; intervals at 95 %.

Each function says its source. Samples are arrays of one number a unit (a customer); an arm is one
group of an experiment. Where there is too little to tell (no units, no spread) the answer is nan,
never an exception.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]
CONFIDENCE = 0.95
NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A difference, what it may be (low, high), and the chance of one as large by accident (p)."""

    value: float
    low: float
    high: float
    p: float = NAN


def _z(confidence: float = CONFIDENCE) -> float:
    return float(stats.norm.ppf(0.5 + confidence / 2))


def wilson(successes: float, trials: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a rate (Wilson 1927)."""
    if trials <= 0:
        return NAN, NAN
    z, p = _z(confidence), successes / trials
    middle = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def difference_of_rates(
    successes: float, trials: float, base_successes: float, base_trials: float
) -> Estimate:
    """Rate less the base's; interval by Newcombe's hybrid score method (1998, method 10), p by the
    chi-square test without correction."""
    if trials <= 0 or base_trials <= 0:
        return Estimate(NAN, NAN, NAN)
    rate, base = successes / trials, base_successes / base_trials
    low, high = wilson(successes, trials)
    base_low, base_high = wilson(base_successes, base_trials)
    value = rate - base
    table = [[successes, trials - successes], [base_successes, base_trials - base_successes]]
    return Estimate(
        value,
        value - math.hypot(rate - low, base_high - base),
        value + math.hypot(high - rate, base - base_low),
        chi_square(table),
    )


def chi_square(table: list[list[float]]) -> float:
    """p of Pearson's chi-square test, any number of arms (rows); nan where a column is empty."""
    counts = np.asarray(table, dtype=float)
    counts = counts[counts.sum(axis=1) > 0]
    if len(counts) < 2 or (counts.sum(axis=0) == 0).any():
        return NAN
    return float(stats.chi2_contingency(counts, correction=False).pvalue)


def sample_ratio(counts: list[int], weights: list[float]) -> float:
    """p of the arms having so many units by accident, were they drawn by these weights."""
    total, shares = sum(counts), np.asarray(weights, dtype=float)
    if total == 0 or len(counts) < 2:
        return NAN
    return float(stats.chisquare(counts, total * shares / shares.sum()).pvalue)


def difference_of_means(sample: Numbers, base: Numbers) -> Estimate:
    """Mean less the base's by Welch's t test (Welch 1947)."""
    if len(sample) < 2 or len(base) < 2:
        return Estimate(NAN, NAN, NAN)
    value = float(sample.mean() - base.mean())
    if sample.var() == 0 and base.var() == 0:
        return Estimate(value, NAN, NAN)
    test = stats.ttest_ind(sample, base, equal_var=False)
    low, high = test.confidence_interval(CONFIDENCE)
    return Estimate(value, float(low), float(high), float(test.pvalue))


def capped(sample: Numbers, limit: float) -> Numbers:
    """No unit above the limit, so that one large order does not decide; a quantile of all arms."""
    return np.minimum(sample, limit)


def bootstrap_interval(
    sample: Numbers, base: Numbers, draws: int = 1_000, seed: int = 1
) -> tuple[float, float]:
    """Interval of the difference of means, by percentiles of resamples (Efron 1979).

    Units are put into at most a thousand buckets by lot, and each bucket is drawn a Poisson(1)
    number of times: as good as drawing units, and it costs the same however many there are. The
    order of the units does not matter.
    """
    if len(sample) < 2 or len(base) < 2:
        return NAN, NAN
    random = np.random.default_rng(seed)

    def resampled(values: Numbers) -> Numbers:
        buckets = random.permutation(len(values)) % 1_000
        sums, counts = np.bincount(buckets, np.sort(values)), np.bincount(buckets)
        drawn = random.poisson(1.0, size=(draws, len(counts)))
        return (drawn @ sums) / np.maximum(drawn @ counts, 1)

    found = np.quantile(
        resampled(sample) - resampled(base), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    )
    return float(found[0]), float(found[1])


def difference_of_ratios(
    over: Numbers, under: Numbers, base_over: Numbers, base_under: Numbers
) -> Estimate:
    """Sum of `over` by sum of `under` (revenue an order, say), less the base's.

    Units are customers, not orders; variance by the delta method (Deng, Knoblich and Lu 2018).
    """
    value, variance = _ratio(over, under)
    base, base_variance = _ratio(base_over, base_under)
    return normal(value - base, variance + base_variance)


def _ratio(over: Numbers, under: Numbers) -> tuple[float, float]:
    if len(over) < 2 or under.sum() == 0:
        return NAN, NAN
    ratio = over.sum() / under.sum()
    spread = np.var(over - ratio * under, ddof=1)
    return float(ratio), float(spread / len(over) / under.mean() ** 2)


def normal(value: float, variance: float) -> Estimate:
    """An estimate whose error is normal, by its variance."""
    if not variance > 0:
        return Estimate(value, NAN, NAN)
    error = math.sqrt(variance)
    p = float(2 * stats.norm.sf(abs(value) / error))
    return Estimate(value, value - _z() * error, value + _z() * error, p)


def cuped(
    sample: Numbers, before: Numbers, base: Numbers, base_before: Numbers
) -> tuple[Estimate, float]:
    """The difference of means less what the units' own past tells (CUPED; Deng et al. 2013), and
    the share of the variance that this took away."""
    outcome = np.concatenate([sample, base])
    past = np.concatenate([before, base_before])
    if len(outcome) < 4 or past.var() == 0 or outcome.var() == 0:
        return difference_of_means(sample, base), 0.0
    theta = float(np.cov(outcome, past)[0, 1] / past.var(ddof=1))
    middle = past.mean()
    adjusted = sample - theta * (before - middle), base - theta * (base_before - middle)
    taken = float(np.corrcoef(outcome, past)[0, 1] ** 2)
    return difference_of_means(*adjusted), taken


def holm(p_values: list[float]) -> list[float]:
    """p values corrected for there being several of them (Holm 1979); nan stays nan."""
    known = sorted((p, index) for index, p in enumerate(p_values) if not math.isnan(p))
    corrected, highest = [NAN] * len(p_values), 0.0
    for rank, (p, index) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        corrected[index] = highest
    return corrected


def always_valid_p(difference: float, variance: float, spread: float) -> float:
    """p that stays true however often one looks (mixture SPRT; Johari et al. 2017).

    `variance` is that of the difference, `spread` the standard deviation of the differences that
    one expects (fixed before, such as a tenth of the base). The p of a run of looks is the lowest.
    """
    if not variance > 0 or not spread > 0 or math.isnan(difference):
        return NAN
    mixed = variance + spread * spread
    log_odds = 0.5 * math.log(variance / mixed) + (spread * difference) ** 2 / (
        2 * variance * mixed
    )
    return min(1.0, math.exp(-min(log_odds, 700.0)))


def detectable_difference(
    base_variance: float, units: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The least difference of means that so many units an arm would find with this power."""
    if units < 2:
        return NAN
    wanted = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return float(wanted * math.sqrt(2 * base_variance / units))


def units_needed(rate: float, base: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Units an arm to tell two rates apart (Fleiss, without correction): 12 % from 15 %: 2,036."""
    if rate == base or not 0 <= rate <= 1 or not 0 <= base <= 1:
        return NAN
    middle = (rate + base) / 2
    wanted = stats.norm.ppf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    wanted += stats.norm.ppf(power) * math.sqrt(rate * (1 - rate) + base * (1 - base))
    return math.ceil((wanted / (rate - base)) ** 2)
