"""Draws of 100,000 customers: shares within chance, and the same whoever else is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import pytest
from decision_models import DecisionModels
from decision_oracle import GLOBAL_HOLDOUT, VARS

CUSTOMERS, CLOCK = 100_000, datetime(2026, 6, 15, 12)
RULE = {"trigger": "t", "kind": "marketing", "is_active": True, "expires_after_hours": 48}
CAMPAIGNS = [
    RULE | {"campaign": "cart", "holdout_share": 0.1, "experiment": "tone"},
    RULE | {"campaign": "birthday", "holdout_share": 0.5, "experiment": "grid"},
    RULE | {"campaign": "receipt", "holdout_share": 0.5, "kind": "transactional"},
]
WEIGHTS = {
    "tone": {"calm": 0.2, "loud": 0.8},
    "grid": {"long-red": 0.25, "long-blue": 0.25, "short-red": 0.25, "short-blue": 0.25},
}
ARMS = "select campaign, customer_id, arm from marts.experiment_arms order by campaign, customer_id"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> DecisionModels:
    return DecisionModels(tmp_path_factory.mktemp("draws"), **VARS)


def draw(
    models: DecisionModels, customers: int, campaigns: list[dict[str, Any]]
) -> dict[tuple[str, str], str]:
    """(campaign, customer) -> arm, where each customer has an occasion of each campaign."""
    variants = [
        {"experiment": experiment, "variant": variant, "weight": weight}
        for experiment, weights in WEIGHTS.items()
        for variant, weight in weights.items()
    ]
    models.fill("rules.campaigns", campaigns)
    models.fill("rules.campaign_variants", variants)
    models.fill("activity.order_receipts", [{"is_late": False}])
    connection = models.connection
    for table in ("marts.customers", "identity.customer_id_changes", "marts.trigger_occasions"):
        models.fill(table, [])
    people = f"select 'customer ' || range as id from range({customers})"
    connection.execute(
        "insert into marts.customers by name"
        f" select id as customer_id, 'UTC' as timezone from ({people})"
    )
    connection.execute(
        "insert into identity.customer_id_changes by name"
        f" select id as customer_id, id as current_customer_id from ({people})"
    )
    connection.execute(
        "insert into marts.trigger_occasions by name select id as customer_id, 't' as trigger,"
        f" 'o' as occasion, timestamp '{CLOCK}' as happened_at, false as is_over,"
        f" timestamp '{CLOCK}' as qualified_at from ({people})"
    )
    models.run(CLOCK, until="experiment_arms")
    return {(campaign, customer): arm for campaign, customer, arm in models.rows(ARMS)}


@pytest.fixture(scope="module")
def drawn(models: DecisionModels) -> dict[tuple[str, str], str]:
    models.fill("ledger.experiment_assignments", [])
    return draw(models, CUSTOMERS, CAMPAIGNS)


def shares(drawn: dict[tuple[str, str], str], campaign: str) -> dict[str, int]:
    arms = [arm for (name, _), arm in drawn.items() if name == campaign]
    return {arm: arms.count(arm) for arm in set(arms)}


def test_arms_are_as_large_as_chance_allows(drawn: dict[tuple[str, str], str]) -> None:
    expected = {
        ("all_campaigns", "holdout"): GLOBAL_HOLDOUT,
        ("all_campaigns", "default"): 1 - GLOBAL_HOLDOUT,
    }
    for rule in CAMPAIGNS[:2]:
        expected[rule["campaign"], "holdout"] = rule["holdout_share"]
        for variant, weight in WEIGHTS[rule["experiment"]].items():
            expected[rule["campaign"], variant] = weight * (1 - rule["holdout_share"])
    found = {
        (campaign, arm): count
        for campaign in ("all_campaigns", "cart", "birthday")
        for arm, count in shares(drawn, campaign).items()
    }
    assert set(found) == set(expected)
    for arm, share in expected.items():
        # 4 standard deviations: one of 16,000 such numbers is beyond them.
        chance = 4 * sqrt(CUSTOMERS * share * (1 - share))
        assert abs(found[arm] - CUSTOMERS * share) < chance, arm
    assert not shares(drawn, "receipt"), "nobody is kept from a transactional letter"


def test_draws_of_two_campaigns_have_nothing_to_do_with_each_other(
    drawn: dict[tuple[str, str], str],
) -> None:
    both = sum(
        arm == "holdout" and drawn["birthday", customer] == "holdout"
        for (campaign, customer), arm in drawn.items()
        if campaign == "cart"
    )
    assert abs(both - CUSTOMERS * 0.05) < 4 * sqrt(CUSTOMERS * 0.05 * 0.95)


def test_new_customers_and_campaigns_change_no_draw(
    models: DecisionModels, drawn: dict[tuple[str, str], str]
) -> None:
    more = [*CAMPAIGNS, RULE | {"campaign": "another", "holdout_share": 0.3}]
    again = draw(models, CUSTOMERS + 1_000, more)
    assert len(again) > len(drawn)
    assert {key: again[key] for key in drawn} == drawn


def test_a_recorded_draw_outlives_new_weights_and_a_merge(models: DecisionModels) -> None:
    recorded = [("customer 1", "loud", 2), ("customer 2", "calm", 1), ("customer 3", "gone", 1)]
    models.fill(
        "ledger.experiment_assignments",
        [
            {"campaign": "cart", "experiment": "tone", "customer_id": name, "arm": arm}
            | {"assigned_at": CLOCK - timedelta(days=days)}
            for name, arm, days in recorded
        ],
    )
    draw(models, 6, CAMPAIGNS)
    # Customers 1 and 2 became customer 0, who had never been drawn; 5's draw is this very run's.
    models.connection.execute(
        "update identity.customer_id_changes set current_customer_id = 'customer 0'"
        " where customer_id in ('customer 1', 'customer 2')"
    )
    models.run(CLOCK, until="experiment_arms")
    arms = dict(
        models.rows("select customer_id, arm from marts.experiment_arms where campaign = 'cart'")
    )
    assert arms["customer 0"] == "loud", "the first of both"
    assert arms["customer 3"] in {"calm", "loud", "holdout"}, "an arm that there is no more"
    models.fill("ledger.experiment_assignments", [])
