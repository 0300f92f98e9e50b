"""The figures that stand on top of the page, each a query of the marts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from penpal.pages import safe
from penpal.sections import word

STYLE = """
dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px;
  margin: 0 0 16px; }
dl.tiles div { padding: 10px 14px; background: var(--sheet); border: 1px solid var(--line);
  border-radius: 10px; }
dl.tiles dt { color: var(--soft); font-size: 14px; }
dl.tiles dd { margin: 0; font: 24px/1.3 Georgia, serif; }
"""


@dataclass(frozen=True)
class Tile:
    """A figure: its name, the query of one row and column that gives it, what stands behind it."""

    name: str
    query: str
    unit: str = ""


CLICKS = "sum(clicked_count) / nullif(sum(delivered_count), 0)"
TILES = (
    Tile(
        "health of the worst source",
        """select round(min(score), 1) from marts.data_health
        where day = (select max(day) from marts.data_health)""",
        " of 100",
    ),
    Tile("customers", "select count(*) from marts.customers"),
    Tile("letters that go now", "select count(*) from marts.email_queue"),
    Tile(
        "click rate of all letters",
        f"select round(100 * {CLICKS}, 2) from marts.campaign_performance where cut = 'all'",
        " %",
    ),
    Tile(
        "revenue that letters had a part in (last touch)",
        "select sum(revenue_last_touch) from marts.campaign_performance where cut = 'all'",
    ),
    Tile(
        "revenue a customer that all letters caused",
        """select round(increment_per_customer, 2) from marts.campaign_increments
        where campaign = 'all_campaigns' and segment = 'all'""",
    ),
)


def figure(connection: duckdb.DuckDBPyConnection, tile: Tile) -> Any:
    """The figure; None where there is none, or its mart is not in this warehouse."""
    try:
        row = connection.execute(tile.query).fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row else None


def tiles(connection: duckdb.DuckDBPyConnection) -> str:
    """The figures as HTML; those that are not known are left out."""
    known = [(tile, figure(connection, tile)) for tile in TILES]
    drawn = "".join(
        f"<div><dt>{safe(tile.name)}</dt><dd>{safe(word(value) + tile.unit)}</dd></div>"
        for tile, value in known
        if value is not None
    )
    return f'<dl class="tiles">{drawn}</dl>' if drawn else ""
