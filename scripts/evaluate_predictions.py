"""How good would the predictions have been? Trained before a day, compared with what came.

    python scripts/evaluate_predictions.py --trained-before 1997-10-01 --days 273

Reads the warehouse (PENPAL_WAREHOUSE), whose clock must be at the end of those days or later. Each
method learns from what was known before the day, and from nothing else; recency alone stands
beside them. AUC: of an order within the days. Errors: mean absolute, a customer.
"""

from __future__ import annotations

import argparse
import datetime
import math

import duckdb

from penpal import settings
from penpal.predictions import churn, value
from penpal.predictions.activity import EMPTY
from penpal.predictions.churn import Shop
from penpal.predictions.history import history
from penpal.settings import UserError

Metrics = dict[tuple[str, str, str], float]


def read_shop(connection: duckdb.DuckDBPyConnection, last: datetime.date) -> tuple[Shop, int]:
    """What was done on which day, and how many days before the clock `last` is."""
    table = "profile.customer_order_days"
    ((clock,),) = connection.execute(f"select max(ordered_on + days_ago) from {table}").fetchall()
    if clock is None:
        raise UserError("The warehouse holds no orders: nothing to learn from.")
    rows = connection.sql(f"select * from {table} order by customer_id, days_ago")
    order_days, activity_days = rows.to_arrow_table(), EMPTY
    there = """
        select 1 from information_schema.tables
        where table_schema = 'profile' and table_name = 'customer_activity_days'
    """
    if connection.execute(there).fetchall():
        activity_days = connection.sql("from profile.customer_activity_days").to_arrow_table()
    return Shop.of(order_days, activity_days), (clock - last).days


def measured(shop: Shop, moment: int, length: int) -> Metrics:
    """Each metric by model and method."""
    rows = value.judged(shop.days, moment, length)
    found = {(model, method, metric): number for model, method, _, metric, _, number, *_ in rows}
    for method, number in churn.ranked(shop, moment, length).items():
        found["churn", method, "auc"] = number
    return found


def line(name: str, *numbers: float | None) -> str:
    shown = ("" if number is None else f"{number:,.3f}" for number in numbers)
    return f"{name:42}" + "".join(f"{number:>16}" for number in shown)


def report(found: Metrics) -> str:
    def row(name: str, model: str, method: str, in_value: str) -> str:
        return line(
            name,
            found.get((model, method, "auc")),
            found.get(("orders", method, "mean_absolute_error")),
            found.get(("value", in_value, "mean_absolute_error")),
        )

    in_value = next((m for model, m, _ in found if model == "value" and m != "recency"), "")
    sums = [
        f"{model}: {found[model, method, 'expected']:,.0f} expected, "
        f"{found[model, method, 'came']:,.0f} came"
        for model, method in (("orders", "bg_nbd"), ("value", in_value))
        if (model, method, "came") in found
    ]
    heads = ("AUC", "error, orders", "error, value")
    table = [f"{'':42}" + "".join(f"{head:>16}" for head in heads)]
    table += [row("BG/NBD (value: with Gamma-Gamma)", "orders", "bg_nbd", in_value)]
    table += [row("logistic regression (churn)", "churn", "logistic_regression", "")]
    table += [row("gradient boosting (churn)", "churn", "gradient_boosting", "")]
    table += [row("recency alone", "orders", "recency", "recency")]
    return "\n".join([*table, *sums])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--trained-before", type=datetime.date.fromisoformat, required=True, metavar="DAY"
    )
    parser.add_argument("--days", type=int, default=90, help="days to compare with (default 90)")
    options = parser.parse_args()
    last = options.trained_before - datetime.timedelta(days=1)
    connection = settings.connect(settings.load().warehouse, read_only=True)
    shop, moment = read_shop(connection, last)
    if not 0 < options.days <= moment:
        raise UserError(
            f"The warehouse's clock is {moment} days after {last}: give --days up to it."
        )
    known = len(history(shop.days, moment).customer)
    found = measured(shop, moment, options.days)
    if not found or all(math.isnan(number) for number in found.values()):
        raise UserError(f"Only {known} customers had ordered by {last}: too few to learn from.")
    print(f"{known:,} customers, trained before {options.trained_before}, next {options.days} days")
    print(report(found))


if __name__ == "__main__":
    settings.run(main)
