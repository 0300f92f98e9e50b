"""A shop with true effects: what the results, the review of rules and the page make of it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest
import results_shop
from conftest import copy_project, dbt_in_project

from penpal.results import clickmap, report
from penpal.results.review import CAMPAIGNS, findings

CAUSED = 0.06 * 45  # orders that a cart's letter causes, times the mean order


@pytest.fixture(scope="module")
def marts(
    tmp_path_factory: pytest.TempPathFactory, built_warehouse: Path
) -> duckdb.DuckDBPyConnection:
    """The shop's marts of performance, built by the models as they are."""
    folder = tmp_path_factory.mktemp("shop")
    copy_project(folder)
    shutil.copy(built_warehouse, folder / "penpal.duckdb")
    results_shop.fill(folder / "penpal.duckdb")
    dbt_in_project(folder, "run", "-s", "path:models/marts/performance", given="{}")
    with duckdb.connect(str(folder / "penpal.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of campaigns, with the shop's experiments and holdouts."""
    with CAMPAIGNS.open(encoding="utf-8", newline="") as file:
        rows = {row["campaign"]: row for row in csv.DictReader(file)}
    for campaign in results_shop.CAMPAIGNS:
        held = str(campaign.shares.get("holdout", 0))
        rows[campaign.name] |= {"experiment": campaign.experiment, "holdout_share": held}
    path = tmp_path_factory.mktemp("rules") / "campaigns.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows["win_back"]))
        writer.writeheader()
        writer.writerows(rows.values())
    return path


def verdicts(marts: duckdb.DuckDBPyConnection, metric: str) -> dict[tuple[str, str, str], str]:
    rows = marts.execute(
        """select experiment, comparison, arm, verdict from marts.experiment_results
        where segment = 'all' and metric = $1""",
        [metric],
    ).fetchall()
    return {tuple(row[:3]): row[3] for row in rows}


def test_one_wins_one_does_not_and_one_is_broken(marts: duckdb.DuckDBPyConnection) -> None:
    clicked = verdicts(marts, "clicked")
    assert clicked["cart_subject", "arm", "b"] == "winner"
    assert clicked["win_back_aa", "arm", "b"] in {"keep_running", "no_difference"}
    assert clicked["birthday_layout", "arm", "b"] == "broken"
    assert clicked["welcome_grid", "arm", "sc"] == "winner"


def test_factors_that_depend_on_each_other_are_told(marts: duckdb.DuckDBPyConnection) -> None:
    clicked = verdicts(marts, "clicked")
    assert clicked["welcome_grid", "interaction", "offer=none with subject=short"] == "interacts"


def test_what_letters_caused_is_within_its_interval(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        """select campaign, increment_low, increment_high, verdict
        from marts.campaign_increments where segment = 'all'"""
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    low, high, verdict = found["cart_abandonment"]
    assert 0 < low <= CAUSED <= high
    assert verdict == "winner"
    low, high, verdict = found["win_back"]
    assert low < 0 < high
    assert verdict == "keep_running"


def test_segments_are_told_of_too(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        """select distinct segment from marts.experiment_results where comparison = 'arm'"""
    ).fetchall()
    assert {name for (name,) in rows} == {"all", "recent_browsers", "young_urban"}


@pytest.mark.parametrize("model", ["last_touch", "position_based", "data_driven"])
def test_attribution_adds_up_to_the_revenue(marts: duckdb.DuckDBPyConnection, model: str) -> None:
    ours, told, orders = marts.execute(
        """select (select sum(revenue_base) from marts.customer_orders where is_paid),
            (select sum(revenue_base) from marts.order_attributions where attribution_model = $1),
            (select count(*) from (select order_id from marts.order_attributions
                where attribution_model = $1 group by order_id
                having abs(sum(share) - 1) > 0.000001))""",
        [model],
    ).fetchone()
    assert ours == told
    assert orders == 0


def test_the_click_map_has_the_shares_that_are_true(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        """select block, link_place, sum(clicks_count), min(share_of_clicks)
        from marts.template_block_performance where campaign = 'cart_abandonment' group by all"""
    ).fetchall()
    total = sum(row[2] for row in rows)
    shares = {f"{block}.{place}": clicks / total for block, place, clicks, _ in rows}
    assert shares == pytest.approx(dict(results_shop.CART), abs=0.06)
    page = report.click_map(marts, "cart_abandonment")
    assert {row[:3] for row in page.cells} == {(b, p, n) for b, p, n, _ in rows}
    assert "60%" in page.picture or f"{shares['button.2']:.0%}" in page.picture


def test_the_outline_is_that_of_the_letter() -> None:
    blocks = {block.name: block.places for block in clickmap.outline("cart_abandonment")}
    first, *_, last = blocks
    assert (first, last) == ("header", "footer")
    assert blocks["button"] == [2]
    assert blocks["hero"] == []
    assert clickmap.outline("of_another_sender") == []
    found = clickmap.with_clicks(clickmap.outline("cart_abandonment"), {("grid", 9): 1.0})
    assert found[-1] == clickmap.Block("grid", [9])


def test_the_review_finds_what_is_wrong_and_nothing_else(
    marts: duckdb.DuckDBPyConnection, rules: Path
) -> None:
    found = {(one.kind, one.rule) for one in findings(marts, campaigns=rules)}
    assert found == {
        ("no_increment", "campaign win_back"),
        ("no_holdout", "campaign birthday"),
        ("no_holdout", "campaign welcome"),
        ("readers_lost", "campaign win_back"),
        ("experiment_is_decided", "experiment cart_subject"),
        ("experiment_is_decided", "experiment welcome_grid"),
        ("broken_split", "experiment birthday_layout"),
        ("segment_like_others", "segment young_urban"),
        ("letters_too_many", "var letter_caps"),
    }


def test_each_finding_has_evidence_and_an_owner(
    marts: duckdb.DuckDBPyConnection, rules: Path
) -> None:
    for one in findings(marts, campaigns=rules):
        assert one.owner
        assert one.evidence.endswith(".")
        assert any(letter.isdigit() for letter in one.evidence)
        assert one.advice


def test_few_letters_say_nothing(marts: duckdb.DuckDBPyConnection, rules: Path) -> None:
    ((customers,),) = marts.execute(
        """select customers_count from marts.campaign_increments
        where campaign = 'win_back' and segment = 'all'"""
    ).fetchall()

    def kinds(letters: int) -> set[str]:
        return {one.kind for one in findings(marts, letters, rules)}

    assert "no_increment" in kinds(customers)
    assert "no_increment" not in kinds(customers + 1)
    assert kinds(10_000_000) == {"experiment_is_decided", "broken_split"}
