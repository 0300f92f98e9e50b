"""The checks of a layer, raw or marts, once its tables are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penpal import settings
from penpal.checks.contract import public_marts, raw_contract
from penpal.project_vars import clock, listed_sources
from penpal.settings import UserError


def require_tables(warehouse: Path, schema: str, tables: list[str], remedy: str) -> None:
    """Stop with one sentence where a table is missing (before the slow import of GX)."""
    connection = settings.connect(warehouse, read_only=True)
    query = "select table_name from duckdb_tables() where schema_name = $1 union all"
    query += " select view_name from duckdb_views() where schema_name = $1"
    found = {name for (name,) in connection.execute(query, [schema]).fetchall()}
    connection.close()
    missing = [f"{schema}.{table}" for table in tables if table not in found]
    if missing:
        raise UserError(f"{warehouse} has no {', '.join(missing)}: {remedy}")


def checks_of(layer: str, warehouse: Path, given: dict[str, Any]) -> list[Any]:
    """The checks of one layer; imports GX (some seconds), so late and only when needed.

    `given` are the dbt vars of the run.
    """
    if layer == "raw":
        contract = raw_contract()
        sources = listed_sources(given)
        remedy = "run `dbt build --select path:models/staging` first."
        needed = [name for table in contract for name in (table.view, table.checked)]
        require_tables(warehouse, "staging", needed, remedy)
        from penpal.checks.raw import raw_checks  # noqa: PLC0415

        return [
            check
            for table in contract
            for check in raw_checks(table, listed=table.source in sources, clock=clock(given))
        ]
    marts = [mart.name for mart in public_marts()]
    require_tables(warehouse, "marts", marts, "run `dbt build` first.")
    from penpal.checks.marts import marts_checks  # noqa: PLC0415

    return marts_checks()
