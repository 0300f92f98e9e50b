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

from penpal.predictions import churn, metrics, purchases, value
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
    fit = churn.fit_logistic(seen, random.uniform(size=20_000) < 1 / (1 + np.exp(-log_odds)))
    assert fit.intercept == pytest.approx(-0.5, abs=0.06)
    assert fit.coefficient == pytest.approx({"recency": 1.2, "noise": 0}, abs=0.06)


@pytest.mark.parametrize(("size", "happened", "is_fit"), [(99, 40, 0), (100, 19, 0), (100, 20, 1)])
def test_fewer_cases_than_can_be_learnt_from(size: int, happened: int, is_fit: int) -> None:
    seen = {"recency": np.arange(size, dtype=float)}
    assert bool(churn.fit_logistic(seen, np.arange(size) < happened)) == is_fit


def test_a_quarter_that_is_not_over_is_not_learnt_from() -> None:
    assert churn.moments_before(0) == [90, 180, 270, 360]
    days = order_days(["a", "b", "b", "c"], [90, 91, 1, 89], [1.0] * 4)
    _, churned = churn.cases(days, churn.moments_before(0))
    assert churned.tolist() == [True, False]


def test_churn_learns_nothing_from_what_came_later() -> None:
    days = simulated(400)
    past = days.days_ago >= 90
    before = OrderDays(days.ids, *(column[past] for column in columns(days)))
    assert churn.learnt(days, 90) == churn.learnt(before, 90)

    def leak(days: OrderDays, moment: int) -> History:
        return history(days, max(moment - 180, 0))

    assert churn.learnt(days, 90, leak) != churn.learnt(before, 90, leak)


def test_churn_is_ranked_better_than_by_recency_alone(cdnow: OrderDays) -> None:
    found = churn.judged(cdnow)
    for metric, better in (("auc", 1), ("brier", -1), ("log_loss", -1)):
        pair = found["logistic_regression"][metric], found["recency"][metric]
        assert better * pair[0] > better * pair[1]
    chosen = found["logistic_regression"]
    off = [
        chosen[f"calibration_predicted/{tenth}"] - chosen[f"calibration_observed/{tenth}"]
        for tenth in range(1, 11)
    ]
    assert np.mean(np.abs(off)) < 0.06


def churn_scored(days: OrderDays) -> list[dict[str, object]]:
    return churn.scores(days, metrics.to_table(churn.fitted(days))).to_pylist()


def test_each_probability_comes_with_its_reasons(cdnow: OrderDays) -> None:
    rows = churn_scored(cdnow)
    assert {row["method"] for row in rows} == {"logistic_regression"}
    (first,) = (row for row in rows if row["customer_id"] == "0001")
    told = [first[f"reason_{place}"] for place in (1, 2, 3)]
    assert told[0] == "4 days with an order (lowers it)"
    assert set(told[1:]) == {
        "first order 545 days ago (raises it)",
        "0 days with an order in the last 90 days (raises it)",
    }


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
    models = metrics.to_table(churn.fitted(days))
    return [value.fitted(days), scored(days), models.to_pylist(), churn.scores(days, models)]


def test_same_bytes_whatever_the_number_of_threads() -> None:
    assert len(outputs_by_threads(PROGRAM)) == 1
