"""Predictions: against published figures, on planted data, with too little data, and for leaks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from conftest import ROOT, outputs_by_threads

from penpal.predictions import churn, learning, logistic, metrics, purchases, response, value
from penpal.predictions.activity import EMPTY, NEVER, Activity
from penpal.predictions.history import History, OrderDays, history, outcome

# 1998-06-30, in days since 1997-01-01; from 1997-10-01 it is 39 weeks.
LAST_DAY, WEEKS_39 = 545, 273


@pytest.fixture(scope="module")
def cdnow() -> OrderDays:
    rows = pyarrow.csv.read_csv(ROOT / "tests/fixtures/cdnow/sample.csv")
    return order_days(
        [f"{customer:04}" for customer in rows["customer"].to_pylist()],
        (LAST_DAY - rows["days"].to_numpy()).tolist(),
        rows["spent"].to_pylist(),
    )


def order_days(
    customers: list[str], ago: list[int], spent: list[float], orders: list[int] | None = None
) -> OrderDays:
    table = pa.table(
        {
            "customer_id": customers,
            "days_ago": ago,
            "orders_count": orders or [1] * len(ago),
            "revenue": spent,
        }
    )
    return OrderDays.of(table.sort_by([("customer_id", "ascending"), ("days_ago", "ascending")]))


def simulated(people: int) -> OrderDays:
    """Customers of a year and a half who order at rates of their own, and some day no more."""
    random = np.random.default_rng(5)
    customers, ago, spent = [], [], []
    for person in range(people):
        day, rate, leaves = random.uniform(100, 540), random.gamma(0.8, 0.05), random.beta(1, 4)
        while day >= 0:
            customers.append(f"{person:05}")
            ago.append(int(day))
            spent.append(round(random.gamma(6, 5), 2))
            day = -1 if random.uniform() < leaves else day - random.exponential(1 / rate) - 1
    return order_days(customers, ago, spent)


def test_bg_nbd_gives_the_published_parameters(cdnow: OrderDays) -> None:
    known = history(cdnow, WEEKS_39)
    assert (len(known.customer), np.count_nonzero(known.repeat_days)) == (2357, 946)
    fit = purchases.fit_bg_nbd(known)
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert asdict(fit) == pytest.approx(published, rel=0.01)
    expected = fit.expected_orders(known, WEEKS_39)
    assert np.sum(expected) == pytest.approx(1653.4, rel=0.001)
    # The worked example of Fader and Hardie's note on the model: two repeat orders, 1.226 to come.
    assert (known.repeat_days[0], known.first_to_moment[0]) == (2, 272)
    assert expected[0] == pytest.approx(1.226, abs=0.002)


def test_gamma_gamma_gives_the_published_parameters(cdnow: OrderDays) -> None:
    fit = purchases.fit_gamma_gamma(history(cdnow, WEEKS_39))
    assert asdict(fit) == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.45}, rel=0.01)


def test_both_tell_more_than_recency_alone(cdnow: OrderDays) -> None:
    rows = value.judged(cdnow, WEEKS_39, WEEKS_39)
    found = {(model, method, metric): number for model, method, _, metric, _, number, *_ in rows}
    for model, method in (("orders", "bg_nbd"), ("value", "gamma_gamma")):
        error = found[model, method, "mean_absolute_error"]
        assert error < 0.95 * found[model, "recency", "mean_absolute_error"]
    assert found["orders", "bg_nbd", "auc"] > found["orders", "recency", "auc"]


def of_one(repeats: int, last: int, first: int) -> History:
    """A customer of so many repeat orders; the last and the first so many days ago."""
    numbers = {field.name: np.zeros(1) for field in fields(History)}
    numbers["repeat_days"] = np.array([repeats])
    numbers["first_to_moment"], numbers["last_to_moment"] = np.array([first]), np.array([last])
    numbers["first_to_last"] = np.array([first - last])
    return History(**numbers)


@pytest.mark.parametrize("a", [1.0, 0.007, 148.0])
def test_expected_orders_at_the_edges_of_the_formula(a: float) -> None:
    known = of_one(300, 10, 700)
    at, near = (purchases.BgNbd(0.5, 5, a * k, 140).expected_orders(known, 365) for k in (1, 1.001))
    assert 0 < at[0] < 365
    assert at == pytest.approx(near, rel=0.01)


def test_alive_means_ordering_as_before() -> None:
    fit = purchases.BgNbd(0.5, 5, 0.8, 2.4)
    assert fit.p_alive(of_one(0, 700, 700)) == 1
    alive = [fit.p_alive(of_one(10, last, 400))[0] for last in (0, 30, 100, 300)]
    assert alive == sorted(alive, reverse=True)
    assert alive[0] > 0.9 and alive[-1] < 0.01


def test_history_counts_days_and_nets_refunds() -> None:
    days = order_days(
        ["a", "a", "a", "b", "c", "c", "d"],
        [100, 40, 30, 90, 100, 95, 30],
        [10.0, 20.0, -5.0, 7.0, 10.0, -30.0, 9.0],
        [1, 2, 0, 1, 1, 0, 0],
    )
    known = history(days, 10)
    # d has a refund, and no order.
    assert known.customer.tolist() == [0, 1, 2]
    assert known.repeat_days.tolist() == [1, 0, 0]
    assert known.first_to_moment.tolist() == [90, 80, 90]
    assert known.last_to_moment.tolist() == [30, 80, 90]
    assert known.recent_days.tolist() == [1, 1, 0]
    assert known.revenue.tolist() == [25, 7, 0]
    assert known.repeat_value.tolist() == [15, 0, 0]


def test_the_day_of_the_moment_is_known_and_the_next_one_comes() -> None:
    days = order_days(["a"] * 4, [20, 10, 9, 5], [1.0, 2.0, 4.0, 8.0])
    known = history(days, 10)
    assert (known.repeat_days.tolist(), known.revenue.tolist()) == ([1], [3])
    came = outcome(days, known, 10, 5)
    assert (came.order_days.tolist(), came.revenue.tolist()) == ([2], [12])
    assert outcome(days, known, 10, 4).order_days.tolist() == [1]
    with pytest.raises(ValueError, match="not over yet"):
        outcome(days, known, 10, 11)


def is_blind_to_the_future(tell: Callable[[OrderDays, int], History], moment: int) -> bool:
    """Whether what is told of a moment stays the same when nothing had come after it."""
    days = simulated(200)
    before = days.days_ago >= moment
    past = OrderDays(days.ids, *(column[before] for column in columns(days)))
    pairs = zip(vars(tell(days, moment)).values(), vars(tell(past, moment)).values(), strict=True)
    return all(np.array_equal(with_future, without) for with_future, without in pairs)


def columns(days: OrderDays) -> list[np.ndarray]:
    return [days.customer, days.days_ago, days.orders_count, days.revenue]


def test_no_feature_knows_the_future_and_a_planted_leak_is_caught() -> None:
    def one_day_too_late(days: OrderDays, moment: int) -> History:
        return history(days, moment - 1)

    def revenue_of_today(days: OrderDays, moment: int) -> History:
        then, now = history(days, moment), history(days, 0)
        spent = now.revenue[np.isin(now.customer, then.customer)]
        return History(**vars(then) | {"revenue": spent})

    assert is_blind_to_the_future(history, 90)
    assert not is_blind_to_the_future(one_day_too_late, 90)
    assert not is_blind_to_the_future(revenue_of_today, 90)


def scored(days: OrderDays) -> list[dict[str, object]]:
    models = metrics.to_table(value.fitted(days))
    return value.scores(days, value.parameters_of(models)).to_pylist()


def test_too_little_data_falls_back_on_the_average_of_the_shop() -> None:
    rows = scored(order_days(["a", "a", "b"], [100, 50, 100], [30.0, 20.0, 10.0]))
    assert [row["customer_id"] for row in rows] == ["a", "b"]
    for row in rows:
        assert (row["orders_method"], row["value_method"]) == ("shop_average", "shop_average")
        assert row["p_alive"] is None
        # One repeat order in 200 customer-days; 60 for three orders.
        assert row["expected_orders_90d"] == pytest.approx(0.45)
        assert row["expected_value_365d"] == pytest.approx(365 / 200 * 20)


def test_on_the_first_day_of_a_shop_nothing_is_expected() -> None:
    (row,) = scored(order_days(["a"], [0], [30.0]))
    assert (row["expected_order_value"], row["expected_orders_90d"]) == (30, None)


def test_without_orders_there_are_no_rows() -> None:
    empty = order_days([], [], [])
    assert metrics.to_table(value.fitted(empty)).schema == metrics.SCHEMA
    assert scored(empty) == []


def test_auc_and_lift_share_ties() -> None:
    happened = np.array([True, False, True, False, False])
    assert metrics.auc(np.array([5, 4, 3, 2, 1]), happened) == pytest.approx(5 / 6)
    assert metrics.auc(np.ones(5), happened) == 0.5
    assert np.isnan(metrics.auc(np.ones(2), np.array([True, True])))
    assert metrics.lift(np.array([5, 4, 3, 2, 1]), happened, 0.2) == pytest.approx(2.5)
    assert metrics.lift(np.ones(5), happened, 0.2) == pytest.approx(1)


def test_probabilities_are_judged_by_the_usual_measures() -> None:
    found = metrics.of_probabilities(np.array([0.8, 0.4, 0.6, 0.2]), np.array([1, 0, 0, 0]) == 1)
    assert (found["auc"], found["base_rate"], found["lift_at_10_percent"]) == (1, 0.25, 4)
    assert found["brier"] == pytest.approx((0.04 + 0.16 + 0.36 + 0.04) / 4)
    assert found["log_loss"] == pytest.approx(-np.log(0.8 * 0.6 * 0.4 * 0.8) / 4)
    tenths = [found[f"calibration_predicted/{tenth}"] for tenth in range(1, 5)]
    assert tenths == [0.2, 0.4, 0.6, 0.8]


def test_the_logistic_regression_finds_planted_coefficients() -> None:
    random = np.random.default_rng(7)
    seen = {"recency": random.normal(3, 2, 20_000), "noise": random.normal(0, 1, 20_000)}
    log_odds = -0.5 + 1.2 * (seen["recency"] - 3) / 2
    fit = logistic.fit_logistic(seen, random.uniform(size=20_000) < 1 / (1 + np.exp(-log_odds)))
    assert fit.intercept == pytest.approx(-0.5, abs=0.06)
    assert fit.coefficient == pytest.approx({"recency": 1.2, "noise": 0}, abs=0.06)


def planted(size: int, folds: int = 4) -> learning.Cases:
    """What happens where both features are high or both are low: no straight line tells it."""
    random = np.random.default_rng(3)
    seen = {"recency": random.normal(size=size), "other": random.normal(size=size)}
    likely = np.where(seen["recency"] * seen["other"] > 0, 0.8, 0.2)
    return learning.Cases(seen, random.uniform(size=size) < likely, np.arange(size) % folds)


def test_boosting_is_chosen_where_no_line_tells_and_a_line_where_it_does() -> None:
    crossed = planted(4_000)
    judged = learning.judged(crossed, planted(2_000))
    assert judged["gradient_boosting"]["auc"] > 0.75
    assert judged["logistic_regression"]["auc"] < 0.6
    assert learning.chosen(judged, crossed) == "gradient_boosting"
    likely = 1 / (1 + np.exp(-1.5 * crossed.seen["other"]))
    happened = np.random.default_rng(1).uniform(size=4_000) < likely
    straight = learning.Cases(crossed.seen, happened, crossed.fold)
    judged = learning.judged(straight.of(np.arange(2_000)), straight.of(np.arange(2_000, 4_000)))
    assert learning.chosen(judged, straight) == "logistic_regression"


def test_a_plainer_method_is_left_only_for_a_better_one() -> None:
    def by(losses: dict[str, float]) -> str | None:
        found = {method: {"log_loss": loss} for method, loss in losses.items()}
        return learning.chosen(found, planted(400))

    losses = {"base_rate": 0.6, "recency": 0.5, "logistic_regression": 0.4}
    assert by(losses | {"gradient_boosting": 0.3991}) == "logistic_regression"
    assert by(losses | {"gradient_boosting": 0.3989}) == "gradient_boosting"
    assert by({}) == "base_rate"


def test_probabilities_that_are_too_sure_are_drawn_back() -> None:
    """Trees learn the noise of few cases; the folds that they had not seen tell by how much."""
    few = planted(400)
    fit = learning.learn(few, "gradient_boosting")
    assert 0 < fit.slope < 0.95
    later = planted(4_000).of(np.arange(400, 4_000))
    raw = learning.Calibrated(fit.fit)
    losses = [
        metrics.of_probabilities(told.probability(later.seen), later.happened)["log_loss"]
        for told in (fit, raw)
    ]
    assert losses[0] < losses[1]
    random = np.random.default_rng(2).uniform(size=400) < 0.5
    nothing = learning.learn(learning.Cases(few.seen, random, few.fold), "logistic_regression")
    assert nothing.slope == pytest.approx(0, abs=0.6)


@pytest.mark.parametrize(("size", "happened", "is_fit"), [(99, 40, 0), (100, 19, 0), (100, 20, 1)])
def test_fewer_cases_than_can_be_learnt_from(size: int, happened: int, is_fit: int) -> None:
    few = learning.Cases({"recency": np.arange(size)}, np.arange(size) < happened, np.zeros(size))
    for method in ("recency", "logistic_regression", "gradient_boosting"):
        assert bool(learning.learn(few, method)) == is_fit


def test_of_more_cases_than_are_needed_evenly_spaced_ones_are_learnt_from() -> None:
    assert learning.evenly(4, 10).tolist() == [0, 1, 2, 3]
    assert learning.evenly(9, 3).tolist() == [0, 4, 8]


def test_a_quarter_that_is_not_over_is_not_learnt_from() -> None:
    assert churn.moments_before(0) == [90, 180, 270, 360]
    days = order_days(["a", "b", "b", "c"], [90, 91, 1, 89], [1.0] * 4)
    assert churn.cases(only(days), churn.moments_before(0)).happened.tolist() == [True, False]


def only(days: OrderDays, tell: Callable[[OrderDays, int], History] = history) -> churn.Shop:
    """A shop of which nothing but orders is known."""
    return churn.Shop(days, Activity.of(EMPTY, days.ids), tell)


def learnt(shop: churn.Shop, moment: int) -> list[dict[str, object]]:
    """What each method says of the shop at a moment, having learnt until then."""
    past, later = churn.cases(shop, churn.moments_before(moment)), churn.cases(shop, [moment])
    fits = [learning.learn(past, method) for method in learning.METHODS]
    return [fit.probability(later.seen).tolist() for fit in fits if fit]


def test_churn_learns_nothing_from_what_came_later() -> None:
    days = simulated(400)
    past = days.days_ago >= 90
    before = OrderDays(days.ids, *(column[past] for column in columns(days)))
    assert learnt(only(days), 90) == learnt(only(before), 90)

    def leak(days: OrderDays, moment: int) -> History:
        return history(days, max(moment - 180, 0))

    assert learnt(only(days, leak), 90) != learnt(only(before, leak), 90)


def test_churn_is_ranked_better_than_by_recency_alone(cdnow: OrderDays) -> None:
    found = churn.judged(only(cdnow))
    for method in ("logistic_regression", "gradient_boosting"):
        for metric, better in (("auc", 1), ("brier", -1), ("log_loss", -1)):
            assert better * found[method][metric] > better * found["recency"][metric]
        off = [
            found[method][f"calibration_predicted/{tenth}"]
            - found[method][f"calibration_observed/{tenth}"]
            for tenth in range(1, 11)
        ]
        assert np.mean(np.abs(off)) < 0.06


def churn_scored(days: OrderDays) -> list[dict[str, object]]:
    shop = only(days)
    return churn.scores(shop, metrics.to_table(churn.fitted(shop))).to_pylist()


def test_each_probability_comes_with_its_reasons(cdnow: OrderDays) -> None:
    models = metrics.to_table([("churn", "logistic_regression", True, *[None] * 6)])
    rows = churn.scores(only(cdnow), models).to_pylist()
    assert {row["method"] for row in rows} == {"logistic_regression"}
    (first,) = (row for row in rows if row["customer_id"] == "0001")
    told = [first[f"reason_{place}"] for place in (1, 2, 3)]
    assert told[0] == "4 days with an order (lowers it)"
    assert set(told[1:]) == {
        "first order 545 days ago (raises it)",
        "0 days with an order in the last 90 days (raises it)",
    }


def test_reasons_of_trees_are_beside_the_middle_customer(cdnow: OrderDays) -> None:
    models = metrics.to_table([("churn", "gradient_boosting", True, *[None] * 6)])
    rows = churn.scores(only(cdnow), models).to_pylist()
    (first,) = (row for row in rows if row["customer_id"] == "0001")
    assert "4 days with an order (lowers it)" in first.values()
    # What is not known of anybody moves nothing, and is no reason.
    told = {row[f"reason_{place}"] for row in rows for place in (1, 2, 3)} - {None}
    assert told and not any("visit" in reason or "click" in reason for reason in told)


def test_churn_of_a_small_shop_is_its_base_rate() -> None:
    rows = churn_scored(order_days(["a", "b", "b", "c"], [100, 100, 50, 3], [1.0] * 4))
    for row in rows:
        # One of two past customers did not come back, and half a case of each kind more.
        assert (row["method"], row["churn_probability"]) == ("base_rate", 0.5)
        assert row["reason_1"] is None
    assert len(rows) == 3


def test_churn_of_a_new_shop_is_unknown() -> None:
    (row,) = churn_scored(order_days(["a"], [89], [1.0]))
    assert (row["method"], row["churn_probability"]) == ("unknown", None)
    assert churn_scored(order_days([], [], [])) == []


def activity_days(*rows: tuple[str, str, int, int]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * 4
    kinds = zip(columns, EMPTY.schema.types, strict=True)
    return pa.table([pa.array(column, kind) for column, kind in kinds], schema=EMPTY.schema)


def test_activity_is_seen_from_its_moment() -> None:
    table = activity_days(("a", "visit", 10, 2), ("a", "visit", 40, 1), ("z", "click", 5, 1))
    activity = Activity.of(table, pa.array(["a", "b"]))
    both, moments = np.array([0, 0, 0, 0, 1]), np.array([0, 10, 11, 41, 0])
    assert activity.since("visit", both, moments).tolist() == [10, 0, 29, NEVER, NEVER]
    assert activity.within("visit", both, moments, 30).tolist() == [2, 2, 1, 0, 0]
    # The day that is `length` days before the moment's is not in.
    assert activity.within("visit", both[:1], np.array([0]), 40).tolist() == [2]
    assert activity.within("visit", both[:1], np.array([0]), 41).tolist() == [3]
    # Of whom nobody asks nothing is known.
    assert activity.since("click", both, moments).tolist() == [NEVER] * 5


def letters_of(rows: list[tuple[str, int, bool | None]], activity: pa.Table) -> response.Letters:
    """Rows are customer, days ago, and whether they clicked."""
    names = ["customer_id", "days_ago", "is_response"]
    kinds = [pa.string(), pa.int32(), pa.bool_()]
    columns = list(zip(*rows, strict=True)) or [()] * 3
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    addresses = pa.table({"customer_id": pa.array(["never-written", "a"], pa.string())})
    return response.Letters.of(pa.table(arrays, names=names), activity, addresses)


def written(people: int = 150) -> tuple[list[tuple[str, int, bool]], list[tuple]]:
    """Letters each fortnight of two years to people who click at rates of their own."""
    random = np.random.default_rng(11)
    letters, activity = [], []
    for person in range(people):
        name, rate = f"{person:04}", random.beta(0.5, 3)
        for ago in range(6 + person % 14, 700, 14):
            clicks = bool(random.uniform() < rate)
            letters.append((name, ago, clicks))
            activity.append((name, "letter", ago, 1))
            activity += [(name, "click", ago - 1, 1)] if clicks else []
    return letters, activity


def test_who_clicked_before_is_told_from_who_did_not() -> None:
    letters, activity = written()
    found = response.judged(letters_of(letters, activity_days(*activity)))
    for method in ("logistic_regression", "gradient_boosting"):
        assert found[method]["auc"] > 0.75
        assert found[method]["log_loss"] < found["recency"]["log_loss"]
    shop = letters_of(letters, activity_days(*activity))
    rows = response.scores(shop, metrics.to_table(response.fitted(shop))).to_pylist()
    assert [row["customer_id"] for row in rows] == sorted(row["customer_id"] for row in rows)
    (new,) = (row for row in rows if row["customer_id"] == "never-written")
    assert 0 < new["response_probability"] < 1
    best = max(rows, key=lambda row: row["response_probability"])
    assert "raises it" in best["reason_1"]


def blind(features: Callable[..., dict[str, np.ndarray]]) -> bool:
    """Whether letters look the same when nothing had come on or after their own day."""
    letters, activity = written(20)
    day = 100
    told = letters_of(letters, activity_days(*activity))
    past = activity_days(*(row for row in activity if row[2] > day))
    before = letters_of(letters, past)
    rows = np.flatnonzero(told.days_ago == day)
    seen = [
        features(each.activity, each.customer[rows], each.days_ago[rows]) for each in (told, before)
    ]
    pairs = zip(seen[0].values(), seen[1].values(), strict=True)
    return all(np.array_equal(with_future, without) for with_future, without in pairs)


def test_no_letter_knows_its_own_day_and_a_planted_leak_is_caught() -> None:
    def as_used(activity: Activity, customer: np.ndarray, ago: np.ndarray) -> dict:
        return response.features(activity, customer, ago + 1)

    def its_own_click(activity: Activity, customer: np.ndarray, ago: np.ndarray) -> dict:
        return response.features(activity, customer, ago - 5)

    assert blind(as_used)
    assert not blind(its_own_click)


def test_the_cases_are_as_blind_as_the_test_of_leaks() -> None:
    """A letter's own click, of the day after, is in the tracks and not among its features."""
    rows, activity = [("a", 100, True)], [("a", "click", 99, 1), ("a", "letter", 100, 1)]
    (seen,) = (response.past(letters_of(rows, activity_days(*activity)), 0).seen,)
    assert seen["clicks"].tolist() == [0] and seen["letters"].tolist() == [0]


def test_letters_are_learnt_from_when_their_days_are_over_and_judged_apart() -> None:
    ago = [5, 6, 95, 96, 101, 102, 370, 371, 466, 467]
    rows = [(f"{number:03}", number, False) for number in ago]
    letters = letters_of([*rows, ("open", 50, None)], EMPTY)

    def days(cases: learning.Cases, newest: int, length: int) -> list[int]:
        inside = [number for number in sorted(ago) if newest <= number < newest + length]
        assert len(cases.happened) == len(inside)
        return inside

    assert days(response.past(letters, 0), 6, 365) == [6, 95, 96, 101, 102, 370]
    assert days(response.cases(letters, 6, 90), 6, 90) == [6, 95]
    # What the letters of the last quarter are judged by was over before the first of them.
    assert days(response.past(letters, 96), 102, 365) == [102, 370, 371, 466]


def response_scored(rows: list[tuple[str, int, bool | None]]) -> list[dict[str, object]]:
    letters = letters_of(rows, EMPTY)
    return response.scores(letters, metrics.to_table(response.fitted(letters))).to_pylist()


def test_response_with_few_letters_is_their_share() -> None:
    rows = response_scored([("a", 10, True), ("b", 12, False), ("b", 3, None)])
    assert {row["customer_id"] for row in rows} == {"a", "b", "never-written"}
    for row in rows:
        assert (row["method"], row["response_probability"]) == ("base_rate", 0.5)
        assert row["reason_1"] is None


def test_response_without_letters_is_unknown() -> None:
    for row in response_scored([]):
        assert (row["method"], row["response_probability"]) == ("unknown", None)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of nothing but the sample's days with orders."""
    path = tmp_path_factory.mktemp("evaluated") / "penpal.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"""
            create schema profile;
            create table profile.customer_order_days as
            select
                customer::varchar as customer_id,
                date '1997-01-01' + days::integer as ordered_on,
                {LAST_DAY} - days::integer as days_ago,
                1::bigint as orders_count,
                spent::decimal(18, 2) as revenue
            from '{ROOT}/tests/fixtures/cdnow/sample.csv'
        """)
    return path


def evaluate(warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/evaluate_predictions.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"PENPAL_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_predictions_are_evaluated_on_a_past_day(warehouse: Path) -> None:
    done = evaluate(warehouse, "--trained-before", "1997-10-01", "--days", "273")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "2,357 customers, trained before 1997-10-01, next 273 days"
    assert [line.split()[-3:] for line in lines[2:3]] == [["0.773", "0.785", "30.408"]]
    assert "orders: 1,653 expected, 1,882 came" in lines


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trained-before", "1998-06-01"], "clock is 30 days after 1998-05-31"),
        (["--trained-before", "1997-01-02"], "too few to learn from"),
    ],
)
def test_what_cannot_be_evaluated_is_told(warehouse: Path, arguments: list[str], told: str) -> None:
    done = evaluate(warehouse, *arguments)
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr


PROGRAM = """
import hashlib, pickle, sys
sys.path[:0] = ["scripts", "tests", "tests/python"]
from test_predictions import everything, simulated
print(hashlib.sha256(pickle.dumps(everything(simulated(400)))).hexdigest())
"""


def everything(days: OrderDays) -> list[object]:
    shop = only(days)
    models = metrics.to_table(churn.fitted(shop))
    told = [value.fitted(days), scored(days), models.to_pylist()]
    letters, activity = written(60)
    sent = letters_of(letters, activity_days(*activity))
    for method in ("gradient_boosting", "logistic_regression"):
        used = [(model, method, True, *[None] * 6) for model in ("churn", "response")]
        models = metrics.to_table(used)
        told += [churn.scores(shop, models).to_pylist(), response.scores(sent, models).to_pylist()]
    return [*told, response.fitted(sent)]


def test_same_bytes_whatever_the_number_of_threads() -> None:
    assert len(outputs_by_threads(PROGRAM)) == 1
