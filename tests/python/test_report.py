"""The page that all read: its figures are the marts', nobody is named, nothing is fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from penpal.results import report
from penpal.results.panels import PANELS
from penpal.settings import UserError

HOSTILE = '<img src=x onerror=alert(1)>"&'


@pytest.fixture(scope="module")
def marts(built_warehouse: Path) -> duckdb.DuckDBPyConnection:
    with duckdb.connect(str(built_warehouse), read_only=True) as connection:
        yield connection


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, customers in (("2026-06-14", 600), ("2026-06-15", 614)):
        record = {
            "result": {
                "customers": customers,
                "segments": [{"name": HOSTILE, "size": customers}],
                "tables": [{"table": "web.events", "rows_in": 10, "rows_rejected": 0}],
                "decisions": [{"decision": "send", "reason": "due", "letters": 5}],
            },
            "steps": [{"name": "build", "seconds": 30.5}],
        }
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (tmp_path / "2026-06-16").mkdir()
    (tmp_path / "2026-06-16" / "run.json").write_text("{half", encoding="utf-8")
    return tmp_path


def test_the_page_fetches_nothing_and_names_nobody(
    marts: duckdb.DuckDBPyConnection, runs: Path
) -> None:
    page = report.build(marts, runs)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|<script|<img|@import|url\(", page)
    people = marts.execute(
        """select distinct unnest([primary_email, customer_id, phone, last_name])
        from marts.customers"""
    ).fetchall()
    words = set(re.findall(r"[\w@.+-]{4,}", page.lower()))
    named = {value.lower() for (value,) in people if value and re.search(r"[@\d]", value)}
    assert not words & named
    assert "&lt;img src=x" in page


def test_what_changed_stands_first(runs: Path) -> None:
    changed = report.changes(report.records(runs))
    assert ("customers", 600, 614, 14) in changed.cells
    assert all(row[0] != "rows of web.events" for row in changed.cells)
    assert report.changes([]).cells == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_each_panel_tells_of_its_mart(marts: duckdb.DuckDBPyConnection, panel: object) -> None:
    found = report.section(marts, panel)
    assert found.empty != "not in this warehouse"
    assert found.columns
    if panel.chart:
        assert found.picture.count("<rect") == sum(
            row[found.columns.index(panel.chart.value)] is not None for row in found.cells
        )


def test_totals_are_the_marts(marts: duckdb.DuckDBPyConnection) -> None:
    sections = {panel.title: report.section(marts, panel) for panel in PANELS}

    def one(query: str) -> object:
        return marts.execute(query).fetchone()[0]

    funnel = {row[0]: row[1] for row in sections["Customers on their way to a letter"].cells}
    assert funnel["customers"] == one("select count(*) from marts.customers")
    sent = "select count(distinct customer_id) from marts.email_decisions where decision = 'send'"
    assert funnel["get a letter now"] == one(sent)
    decisions = sections["Decisions of this run"].cells
    assert sum(row[-1] for row in decisions) == one("select count(*) from marts.email_decisions")
    clicks = sections["Clicks by campaign and variant, with 95 % intervals"]
    place = clicks.columns.index("clicked")
    human = "select count(first_human_click_at) from marts.message_facts"
    assert sum(row[place] for row in clicks.cells) == one(human)


def test_attribution_adds_up_to_the_revenue(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        """select attribution_model, sum(revenue_base), count(distinct order_id)
        from marts.order_attributions group by all"""
    ).fetchall()
    revenue, orders = marts.execute(
        "select sum(revenue_base), count(*) from marts.customer_orders where is_paid"
    ).fetchone()
    assert len(rows) == 3
    assert {(found, count) for _, found, count in rows} == {(revenue, orders)}


def test_one_campaign_or_segment(marts: duckdb.DuckDBPyConnection, runs: Path) -> None:
    page = report.build(marts, runs, campaign="win_back")
    assert "win_back" in page
    assert "newsletter" not in page
    page = report.build(marts, runs, segment="high_value")
    assert "high_value" in page
    with pytest.raises(UserError, match=r"no campaign 'nope'; there are .*win_back"):
        report.build(marts, runs, campaign="nope")
    with pytest.raises(UserError, match="no segment 'nope'"):
        report.build(marts, runs, segment="nope")
