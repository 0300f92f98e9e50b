"""The page that all read: its figures are the marts', nobody is named, nothing is fetched."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from html import unescape
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from penpal.publishing import EVIDENCE
from penpal.results import charts, mail, report
from penpal.results.charts import Bar
from penpal.results.panels import (
    CAMPAIGNS,
    EXPERIMENTS,
    FATIGUE,
    FUNNEL,
    HEALTH,
    IDENTITY,
    PANELS,
    PREDICTIONS,
    REVIEW,
    RUN,
    SEGMENTS,
)
from penpal.results.tiles import TILES, Tile, figure, tiles
from penpal.sections import Section, word
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
        mark = "<rect" if panel.chart.kind == "bars" else "<circle"
        place = found.columns.index(panel.chart.value)
        assert found.picture.count(mark) == sum(row[place] is not None for row in found.cells)


def test_whatever_panels_read_is_published(marts: duckdb.DuckDBPyConnection) -> None:
    """Marts, and of the rest what the published copy takes along: tables, no views."""
    read = {
        name for panel in PANELS for name in re.findall(r"\b(?:identity|rules)\.\w+", panel.query)
    }
    assert read
    assert read <= set(EVIDENCE)
    found = marts.execute(
        """select table_schema || '.' || table_name from information_schema.tables
        where table_type = 'BASE TABLE'"""
    ).fetchall()
    assert read <= {name for (name,) in found}


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


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_figures_on_top_are_the_marts(marts: duckdb.DuckDBPyConnection, tile: Tile) -> None:
    value = figure(marts, tile)
    if value is not None:
        assert f"<dd>{word(value)}{tile.unit}</dd>" in tiles(marts)
    broken = Tile(tile.name, "select 1 from marts.no_such_mart")
    assert figure(marts, broken) is None


def test_figures_are_recounted(marts: duckdb.DuckDBPyConnection) -> None:
    """The same, counted from the letters and decisions themselves."""
    found = {tile.name: figure(marts, tile) for tile in TILES}
    clicked, delivered, revenue = marts.execute(
        """select count(first_human_click_at), count(delivered_at), sum(revenue_last_touch)
        from marts.message_facts"""
    ).fetchone()
    assert found["click rate of all letters"] == pytest.approx(100 * clicked / delivered, abs=0.005)
    assert found["revenue that letters had a part in (last touch)"] == revenue
    queue = "select count(*) from marts.email_decisions where decision = 'send'"
    assert found["letters that go now"] == marts.execute(queue).fetchone()[0]


def test_the_page_is_in_its_order(marts: duckdb.DuckDBPyConnection, runs: Path) -> None:
    page = report.build(marts, runs)
    headings = re.findall(r'<h2 id="([a-z-]+)">([^<]+)</h2>', page)
    assert page.index("What changed since") < page.index("<h2")
    assert [text for _, text in headings] == [
        HEALTH,
        FUNNEL,
        IDENTITY,
        SEGMENTS,
        CAMPAIGNS,
        EXPERIMENTS,
        FATIGUE,
        PREDICTIONS,
        REVIEW,
        RUN,
    ]
    assert all(f'<a href="#{name}">' in page for name, _ in headings)


def test_long_tables_are_folded_and_whole_on_paper(
    marts: duckdb.DuckDBPyConnection, runs: Path
) -> None:
    page = report.build(marts, runs)
    assert re.search(r"<details><summary>Decisions of this run", page)
    assert re.search(r"<details open><summary>Segments <small>", page)
    assert "details::details-content { content-visibility: visible" in page


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


def test_intervals_stand_beside_nothing() -> None:
    drawn = charts.intervals("lift", [Bar("b", -1.0, "-1", -2.0, 1.0), Bar("c", 3.0, "3")])
    zero = float(re.search(r'class="rule" x1="([\d.]+)"', drawn)[1])
    points = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    assert points[0] < zero < points[1]
    assert charts.intervals("lift", []) == ""


def test_lines_name_themselves_apart() -> None:
    series = {name: [("1", 5.0), ("2", 9.0)] for name in ("a", "b", "c")}
    drawn = charts.lines("sizes", series)
    heights = [float(y) for y in re.findall(r'<text x="340" y="([\d.]+)"', drawn)]
    assert len(heights) == 3
    assert all(later - earlier >= 15 for earlier, later in pairwise(heights))
    assert charts.lines("sizes", {}) == ""
    assert "<polyline" in charts.lines("one day", {"a": [("1", 0.0)]})


def test_it_goes_by_mail_too(marts: duckdb.DuckDBPyConnection, runs: Path) -> None:
    """One letter of text and HTML, the same bytes each time, with the page's own figures."""
    sent = mail.message(marts, runs, "team@example.com")
    assert sent == mail.message(marts, runs, "team@example.com")
    letter = message_from_bytes(sent, policy=policy.default)
    assert letter["To"] == "team@example.com"
    html = letter.get_body(("html",)).get_content()
    text = letter.get_body(("plain",)).get_content()
    for tile in TILES:
        if (value := figure(marts, tile)) is not None:
            assert f"{tile.name} {word(value)}{tile.unit}" in text
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert not re.search(r"""(?:href|src|background)=["']http|url\(""", html)


@pytest.mark.parametrize("hostile", ["{{ 7*7 }}", "[[ accent ]]", "{% for x in y %}", "*|FNAME|*"])
def test_no_value_of_the_letter_is_a_template(hostile: str) -> None:
    html = mail.rendered(hostile, hostile, [Section(hostile, (hostile,), [(hostile,)])])
    assert unescape(html).count(hostile) >= 6  # title, preheader, headings, two cells


@pytest.mark.parametrize("to", ["", "a@example.com, b@example.com", "Ann <a@example.com>", "a@b"])
def test_a_letter_is_to_one_address(marts: duckdb.DuckDBPyConnection, runs: Path, to: str) -> None:
    with pytest.raises(UserError, match="is not exactly one e-mail address"):
        mail.message(marts, runs, to)
