"""The page that everybody reads: sound data? what worked? one HTML file, no network, no names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from penpal import pages
from penpal.results import charts, clickmap
from penpal.results.panels import CAMPAIGNS, EXPERIMENTS, PANELS, REVIEW, RUN, Chart, Panel
from penpal.results.review import findings
from penpal.results.tiles import STYLE as TILES_STYLE
from penpal.results.tiles import tiles
from penpal.sections import Section, word
from penpal.settings import UserError

# Which panels tell of one segment, of one campaign.
OF_SEGMENT = "$segment"
OF_CAMPAIGN = "$campaign"
FOLD = 10  # rows of a table; a longer one opens with a click


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
    is_whole = not campaign and not segment
    sections = [changes(records(runs))] if is_whole else []
    for panel in PANELS:
        if is_whole or _tells_of(panel, campaign, segment):
            if panel.about == EXPERIMENTS and not any(s.about == EXPERIMENTS for s in sections):
                sections += click_maps(connection, campaign)
            sections.append(section(connection, panel, campaign, segment))
    if is_whole:
        sections += [review(connection), times(records(runs))]
    title = "How the letters do" + "".join(f": {name}" for name in (campaign, segment) if name)
    top = tiles(connection) if is_whole else ""
    picture = pages.contents(sections) + top
    style = charts.STYLE + TILES_STYLE
    return pages.page(
        title, told, sections, picture=picture, style=style, is_open=len(sections), fold=FOLD
    )


def _tells_of(panel: Panel, campaign: str | None, segment: str | None) -> bool:
    wanted = [name for name, value in ((OF_CAMPAIGN, campaign), (OF_SEGMENT, segment)) if value]
    return all(name in panel.query for name in wanted)


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
        return Section(panel.title, (), [], "not in this warehouse", about=panel.about)
    columns = tuple(column[0] for column in found.description)
    cells = found.fetchall()
    picture = _picture(panel.title, panel.chart, columns, cells) if panel.chart else ""
    return Section(panel.title, columns, cells, panel.empty, picture, panel.about)


def click_maps(
    connection: duckdb.DuckDBPyConnection, campaign: str | None = None, most: int = 4
) -> list[Section]:
    """Where letters are clicked: a section for each of the campaigns clicked most whose links say
    their block."""
    try:
        found = connection.execute(
            """select campaign from marts.template_block_performance
            where block <> 'unmarked' and ($1 is null or campaign = $1)
            group by campaign order by sum(clicks_count) desc, campaign limit $2""",
            [campaign, most],
        ).fetchall()
    except duckdb.CatalogException:
        return []
    return [click_map(connection, name) for (name,) in found]


def click_map(connection: duckdb.DuckDBPyConnection, campaign: str) -> Section:
    """Share of a campaign's clicks by block and link, all variants together, over its outline."""
    rows = connection.execute(
        """with letters as (
            select sum(delivered_count) as delivered from (
                select distinct template, variant, delivered_count
                from marts.template_block_performance where campaign = $1)
        )
        select block, link_place, cast(sum(clicks_count) as bigint) as clicks,
            sum(clicks_count) / sum(sum(clicks_count)) over () as share,
            cast(sum(clicked_letters_count) as bigint) as letters,
            sum(clicked_letters_count) / nullif(max(letters.delivered), 0) as rate
        from marts.template_block_performance cross join letters
        where campaign = $1 group by block, link_place order by link_place, block""",
        [campaign],
    ).fetchall()
    ((template,),) = connection.execute(
        """select arg_max(template, (clicks_count, template))
        from marts.template_block_performance where campaign = $1""",
        [campaign],
    ).fetchall()
    title = f"Where {campaign} is clicked"
    clicked = {(block, place): share for block, place, _, share, _, _ in rows}
    marked = {key: share for key, share in clicked.items() if key[0] != "unmarked"}
    blocks = clickmap.with_clicks(clickmap.outline(template), marked)
    columns = ("block", "link", "clicks", "percent of clicks", "letters", "percent of delivered")
    cells = [
        (block, place, clicks, _percent(share), letters, _percent(rate))
        for block, place, clicks, share, letters, rate in rows
    ]
    return Section(
        title, columns, cells, picture=clickmap.drawn(title, blocks, marked), about=CAMPAIGNS
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def review(connection: duckdb.DuckDBPyConnection) -> Section:
    """What `scripts/review_rules.py` tells."""
    cells = [(f.owner, f.rule, f.evidence, f.advice) for f in findings(connection)]
    columns = ("owner", "rule", "evidence", "what to do")
    return Section("Rules to look at again", columns, cells, "none", about=REVIEW)


def _picture(
    title: str, chart: Chart, columns: tuple[str, ...], cells: list[tuple[Any, ...]]
) -> str:
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    if chart.kind == "lines":
        series: dict[str, list[tuple[str, float]]] = {}
        for row in rows:
            point = (word(row[chart.over]), float(row[chart.value]))
            series.setdefault(word(row[chart.label]), []).append(point)
        return charts.lines(title, series)
    drawn = [
        charts.Bar(
            word(row[chart.label]),
            float(row[chart.value]),
            word(row[chart.value]),
            _number(row.get(chart.low)),
            _number(row.get(chart.high)),
        )
        for row in rows
        if row[chart.value] is not None and (row[chart.value] >= 0 or chart.kind == "intervals")
    ]
    if chart.kind == "intervals":
        return charts.intervals(title, drawn)
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
        return Section("Times of the run's steps", (), [], "no run is on record", about=RUN)
    seconds = [{step["name"]: step["seconds"] for step in run["steps"]} for run in found]
    before = seconds[1] if len(seconds) > 1 else {}
    cells = [(name, taken, before.get(name)) for name, taken in seconds[0].items()]
    drawn = [charts.Bar(name, taken, f"{taken} s") for name, taken, _ in cells]
    title = "Times of the run's steps"
    columns = ("step", "seconds", "the run before")
    return Section(title, columns, cells, "none", charts.bars(title, drawn), RUN)
