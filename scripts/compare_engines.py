"""Compare every mart of a Spark build with the same mart of a DuckDB build, row by row.

    python scripts/compare_engines.py SPARK_WAREHOUSE

SPARK_WAREHOUSE is the folder that spark.sql.warehouse.dir names; the other side is the warehouse
(PENPAL_WAREHOUSE). Rows are compared as bags, whatever their order, floating-point numbers within a
billionth. Prints a line for each mart that differs, with the columns that do; exit code 1 if any does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
import settings
from settings import UserError

FLOATS = ("FLOAT", "DOUBLE")


def rounded(column: str, kind: str) -> str:
    """A column in a form in which equal means equal: floats to nine significant digits."""
    name = f'"{column}"'
    if kind in FLOATS:
        return f"printf('%.8e', {name} + 0.0)"
    return f"cast({name} as varchar)"


def difference(connection: duckdb.DuckDBPyConnection, mart: str, files: str) -> str | None:
    """What differs between a mart and its Spark twin, in one line; None when nothing does."""
    here = connection.execute(f"describe marts.{mart}").fetchall()
    there = connection.execute(f"describe select * from read_parquet('{files}')").fetchall()
    columns = {name: kind for name, kind, *_ in here}
    if columns.keys() != {name for name, *_ in there}:
        return f"columns differ: {sorted(columns.keys() ^ {name for name, *_ in there})}"
    fields = ", ".join(f'{rounded(name, kind)} as "{name}"' for name, kind in columns.items())
    casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
    connection.execute(f"create or replace temp table here as select {fields} from marts.{mart}")
    connection.execute(
        "create or replace temp table there as "
        f"select {fields} from (select {casts} from read_parquet('{files}'))"
    )
    counts = [
        connection.execute(f"select count(*) from {t}").fetchone()[0] for t in ("here", "there")
    ]
    missing = connection.execute(
        "select count(*) from (from here except all from there)"
    ).fetchone()[0]
    extra = connection.execute("select count(*) from (from there except all from here)").fetchone()[
        0
    ]
    if not missing and not extra:
        return None
    differing = [
        name
        for name in columns
        if connection.execute(
            f'select count(*) from (select "{name}" from here except all select "{name}" from there)'
        ).fetchone()[0]
    ]
    return (
        f"{counts[0]} rows on DuckDB, {counts[1]} on Spark, {missing} only on DuckDB, "
        f"{extra} only on Spark; columns: {', '.join(differing) or 'only in combination'}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spark_warehouse", type=Path)
    options = parser.parse_args()
    folder = options.spark_warehouse / "marts.db"
    if not folder.is_dir():
        raise UserError(f"{folder} is not there: build with `dbt build --target spark` first.")
    differing = 0
    with settings.connect(settings.load().warehouse, read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = 'marts' and table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        rows = 0
        for (mart,) in marts:
            files = folder / mart / "*.parquet"
            if not list(files.parent.glob("*.parquet")):
                found = "no such table on Spark"
            else:
                found = difference(connection, mart, str(files))
            rows += connection.execute(f"select count(*) from marts.{mart}").fetchone()[0]
            if found:
                differing += 1
                print(f"{mart}: {found}")
    print(
        f"{len(marts)} marts, {rows:,} rows compared: {len(marts) - differing} passed, {differing} failed"
    )
    return settings.EXIT_CHECK_FAILED if differing else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
