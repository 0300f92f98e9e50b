"""The page that everybody reads: sound data? what worked? one HTML file, no network, no names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from penpal import pages
from penpal.results import charts
from penpal.results.panels import PANELS, Chart, Panel
from penpal.sections import Section, word
from penpal.settings import UserError

# Which panels tell of one segment, of one campaign.
OF_SEGMENT = "$segment"
OF_CAMPAIGN = "$campaign"


def build(
    connection: duckdb.DuckDBPyConnection,
    runs: Path,
    campaign: str | None = None,
    segment: str | None = None,
) -> str:
    """The page as HTML. With a campaign or a segment, only what tells of it.

    Raises UserError for one that does not exist, with those that do.
    """
    _known(
        connection,
        "campaign",
        campaign,
        "select distinct campaign from marts.email_decisions"
        " union select distinct campaign from marts.campaign_performance",
    )
    _known(connection, "segment", segment, "select name from marts.segment_catalog")
    told = _told(connection)
    sections = [] if campaign or segment else [changes(records(runs))]
    for panel in PANELS:
        wanted = [name for name, value in ((OF_CAMPAIGN, campaign), (OF_SEGMENT, segment)) if value]
        if all(name in panel.query for name in wanted):
            sections.append(section(connection, panel, campaign, segment))
    if not campaign and not segment:
        sections.append(times(records(runs)))
    title = "How the letters do" + "".join(f": {name}" for name in (campaign, segment) if name)
    return pages.page(title, told, sections, style=charts.STYLE, is_open=len(sections))


def _known(connection: duckdb.DuckDBPyConnection, kind: str, name: str | None, query: str) -> None:
    there = sorted(found for (found,) in connection.execute(query).fetchall())
    if name and name not in there:
        raise UserError(f"There is no {kind} '{name}'; there are {', '.join(there) or 'none'}.")


def _told(connection: duckdb.DuckDBPyConnection) -> list[str]:
    ((clock,),) = connection.execute(
        "select max(evaluated_at) from marts.email_decisions"
    ).fetchall()
    return [f"As of {word(clock)} UTC. Counts and shares only: nobody is named."]


def section(
    connection: duckdb.DuckDBPyConnection,
    panel: Panel,
    campaign: str | None = None,
    segment: str | None = None,
) -> Section:
    """The panel's table and chart; where its mart is absent (other engines), it says so."""
    given = {"campaign": campaign, "segment": segment}
    named = {name: value for name, value in given.items() if f"${name}" in panel.query}
    try:
        found = connection.execute(panel.query, named)
    except duckdb.CatalogException:
        return Section(panel.title, (), [], "not in this warehouse")
    columns = tuple(column[0] for column in found.description)
    cells = found.fetchall()
    picture = _picture(panel.title, panel.chart, columns, cells) if panel.chart else ""
    return Section(panel.title, columns, cells, panel.empty, picture)


def _picture(
    title: str, chart: Chart, columns: tuple[str, ...], cells: list[tuple[Any, ...]]
) -> str:
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    drawn = [
        charts.Bar(
            word(row[chart.label]),
            float(row[chart.value]),
            word(row[chart.value]),
            _number(row.get(chart.low)),
            _number(row.get(chart.high)),
        )
        for row in rows
        if row[chart.value] is not None and row[chart.value] >= 0
    ]
    return charts.bars(title, drawn, chart.most)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def records(runs: Path) -> list[dict[str, Any]]:
    """The records of the last two runs that ended well, newest first."""
    found = []
    for file in sorted(runs.glob("*/run.json"), reverse=True):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if record.get("result"):
            found.append(record)
        if len(found) == 2:
            break
    return found


def changes(found: list[dict[str, Any]]) -> Section:
    """What is not as it was after the run before."""
    title = "What changed since the last run"
    if len(found) < 2:
        return Section(title, (), [], "there is no run before to compare with")
    now, before = (_numbers(record["result"]) for record in found)
    cells = [
        (name, before.get(name, 0), now.get(name, 0), now.get(name, 0) - before.get(name, 0))
        for name in sorted(now | before)
        if now.get(name, 0) != before.get(name, 0)
    ]
    return Section(title, ("what", "then", "now", "difference"), cells, "nothing")


def _numbers(result: dict[str, Any]) -> dict[str, int]:
    numbers = {"customers": result["customers"]}
    numbers |= {f"segment {row['name']}": row["size"] for row in result["segments"]}
    numbers |= {f"rows of {row['table']}": row["rows_in"] for row in result["tables"]}
    numbers |= {f"rejected of {row['table']}": row["rows_rejected"] for row in result["tables"]}
    for row in result["decisions"]:
        name = f"letters: {row['decision']}, {row['reason']}"
        numbers[name] = numbers.get(name, 0) + row["letters"]
    return numbers


def times(found: list[dict[str, Any]]) -> Section:
    """How long each step of the last run took, beside the run before."""
    if not found:
        return Section("Times of the run's steps", (), [], "no run is on record")
    seconds = [{step["name"]: step["seconds"] for step in run["steps"]} for run in found]
    before = seconds[1] if len(seconds) > 1 else {}
    cells = [(name, taken, before.get(name)) for name, taken in seconds[0].items()]
    drawn = [charts.Bar(name, taken, f"{taken} s") for name, taken, _ in cells]
    title = "Times of the run's steps"
    columns = ("step", "seconds", "the run before")
    return Section(title, columns, cells, "none", charts.bars(title, drawn))
