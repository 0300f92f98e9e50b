"""Statistics of experiments: equal to SciPy's and statsmodels', and to published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from penpal.results import statistics as ours

trials = st.integers(1, 5_000)
share = st.floats(0, 1)


def counts(total: int, part: float) -> int:
    return round(total * part)


@given(trials, share)
def test_wilson_equals_scipy(total: int, part: float) -> None:
    successes = counts(total, part)
    found = stats.binomtest(successes, total).proportion_ci(method="wilson")
    assert ours.wilson(successes, total) == pytest.approx((found.low, found.high), abs=1e-9)


def test_wilson_published() -> None:
    """Newcombe 1998 (Statistics in Medicine 17:857), table I: 81 of 263, 15 of 148, 0 of 20."""
    assert ours.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert ours.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert ours.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_difference_of_rates_published() -> None:
    """Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10: 56/70 and 48/80."""
    found = ours.difference_of_rates(56, 70, 48, 80)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    found = ours.difference_of_rates(9, 10, 3, 10)
    assert (found.low, found.high) == pytest.approx((0.1705, 0.8090), abs=5e-5)


@given(trials, share, trials, share)
def test_difference_of_rates_is_chi_squares(n1: int, p1: float, n2: int, p2: float) -> None:
    s1, s2 = counts(n1, p1), counts(n2, p2)
    found = ours.difference_of_rates(s1, n1, s2, n2)
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12
    if 0 < s1 + s2 < n1 + n2:
        pooled = (s1 + s2) / (n1 + n2)
        z = (s1 / n1 - s2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        assert found.p == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-6, abs=1e-12)
    else:
        assert math.isnan(found.p)


@given(trials, share, trials, share)
def test_intervals_of_rates_equal_statsmodels(n1: int, p1: float, n2: int, p2: float) -> None:
    s1, s2 = counts(n1, p1), counts(n2, p2)
    wanted = proportion_confint(s1, n1, method="wilson")
    assert ours.wilson(s1, n1) == pytest.approx(np.clip(wanted, 0, 1), abs=1e-9)
    found = ours.difference_of_rates(s1, n1, s2, n2)
    wanted = confint_proportions_2indep(s1, n1, s2, n2, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-9)


@given(st.lists(st.lists(st.integers(1, 500), min_size=2, max_size=2), min_size=2, max_size=6))
def test_chi_square_is_pearsons_sum(table: list[list[int]]) -> None:
    seen = np.array(table, dtype=float)
    expected = seen.sum(1, keepdims=True) * seen.sum(0, keepdims=True) / seen.sum()
    statistic = ((seen - expected) ** 2 / expected).sum()
    wanted = stats.chi2.sf(statistic, len(table) - 1)
    assert ours.chi_square(table) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


samples = st.lists(st.floats(0, 1_000), min_size=3, max_size=40).filter(lambda v: np.std(v) > 0.01)


@given(samples, samples)
def test_welch_equals_statsmodels(a: list[float], b: list[float]) -> None:
    found = ours.difference_of_means(np.array(a), np.array(b))
    compared = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    assert found.p == pytest.approx(compared.ttest_ind(usevar="unequal")[1], rel=1e-6, abs=1e-12)
    wanted = compared.tconfint_diff(usevar="unequal")
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@settings(max_examples=10, deadline=None)  # it collects garbage each time
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_equals_statsmodels(p_values: list[float]) -> None:
    wanted = multipletests(p_values, method="holm")[1]
    assert ours.holm(p_values) == pytest.approx(list(wanted), abs=1e-12)


def test_chi_square_takes_any_number_of_arms() -> None:
    """Fisher's example of Mendel's peas as a goodness of fit: 315, 108, 101, 32 by 9:3:3:1."""
    assert ours.sample_ratio([315, 108, 101, 32], [9, 3, 3, 1]) == pytest.approx(0.9254, abs=1e-4)
    table = [[10, 90], [20, 80], [30, 70]]
    assert ours.chi_square(table) == pytest.approx(stats.chi2_contingency(table).pvalue)


def test_welch_published() -> None:
    """Snedecor and Cochran's form of Welch's test, by SciPy on the same numbers."""
    a = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0])
    b = np.array([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9])
    found, wanted = ours.difference_of_means(a, b), stats.ttest_ind(a, b, equal_var=False)
    assert found.p == pytest.approx(wanted.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(wanted.confidence_interval(0.95)))


def test_ratio_equals_linear_algebra_of_the_delta_method() -> None:
    random = np.random.default_rng(3)
    under = random.poisson(2, 5_000).astype(float)
    over = under * random.gamma(2, 10, 5_000)
    value, variance = ours._ratio(over, under)
    gradient = np.array([1 / under.mean(), -over.mean() / under.mean() ** 2])
    wanted = gradient @ np.cov(over, under) @ gradient / len(over)
    assert value == pytest.approx(over.sum() / under.sum())
    assert variance == pytest.approx(wanted, rel=1e-6)


def test_bootstrap_agrees_with_the_normal_interval() -> None:
    random = np.random.default_rng(4)
    a, b = random.normal(10, 3, 4_000), random.normal(9, 3, 4_000)
    low, high = ours.bootstrap_interval(a, b)
    wanted = ours.difference_of_means(a, b)
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=0.02)


def test_cuped_takes_away_what_the_past_tells() -> None:
    random = np.random.default_rng(5)
    before = random.gamma(2, 20, 8_000)
    after = before + random.normal(0, 10, 8_000)
    arm = np.arange(8_000) % 2 == 0
    after[arm] += 1.0
    plain = ours.difference_of_means(after[arm], after[~arm])
    found, taken = ours.cuped(after[arm], before[arm], after[~arm], before[~arm])
    assert found.low <= 1.0 <= found.high
    assert taken == pytest.approx(0.89, abs=0.02)
    assert found.high - found.low < 0.4 * (plain.high - plain.low)


def test_holm_published() -> None:
    """As statsmodels: multipletests([0.01, 0.04, 0.03, 0.005], method='holm')."""
    assert ours.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(ours.holm([0.01, math.nan])[1])
    assert ours.holm([0.01, math.nan])[0] == 0.01


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers(p_values: list[float]) -> None:
    corrected = ours.holm(p_values)
    assert all(c >= p for c, p in zip(corrected, p_values, strict=True))
    assert max(corrected) <= 1


def test_sample_sizes_published() -> None:
    """Fleiss: 12 % from 15 % with 80 % power takes 2,036 an arm; and that many detect it."""
    assert ours.units_needed(0.15, 0.12) == 2036
    assert ours.detectable_difference(0.135 * 0.865, 2036) == pytest.approx(0.03, abs=2e-4)


def looks(random: np.random.Generator, lift: float, days: int = 50) -> float:
    """The lowest always-valid p of daily looks at 100 more units an arm."""
    a = random.binomial(100, 0.1 + lift, days).cumsum()
    b = random.binomial(100, 0.1, days).cumsum()
    n = 100.0 * np.arange(1, days + 1)
    pooled = (a + b) / (2 * n)
    variance = 2 * pooled * (1 - pooled) / n
    return min(
        ours.always_valid_p(d, v, 0.03) for d, v in zip((a - b) / n, variance, strict=True) if v > 0
    )


def test_looking_daily_is_allowed() -> None:
    """2,000 A/A tests with 50 looks each: at most 5 % false alarms; a true lift is found."""
    random = np.random.default_rng(6)
    alarms = np.mean([looks(random, 0.0) < 0.05 for _ in range(2_000)])
    assert alarms <= 0.05
    assert np.mean([looks(random, 0.03) < 0.05 for _ in range(200)]) > 0.8


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3), st.integers(0, 3))
def test_too_little_is_nan_and_no_error(n: int, m: int) -> None:
    a, b = np.zeros(n), np.zeros(m)
    assert math.isnan(ours.difference_of_means(a, b).p)
    assert math.isnan(ours.difference_of_ratios(a, b, a, b).p)
    ours.cuped(a, a, b, b)
    ours.bootstrap_interval(a, b)
    assert math.isnan(ours.difference_of_rates(0, 0, 1, 2).value)
    assert math.isnan(ours.always_valid_p(0.1, 0.0, 0.1))
