"""Compare every mart of a Spark build with the same mart of a DuckDB build, row by row.

    python scripts/compare_engines.py SPARK_WAREHOUSE

SPARK_WAREHOUSE is the folder that spark.sql.warehouse.dir names; the other side is the warehouse
(PENPAL_WAREHOUSE). Rows are compared as bags, whatever their order, floating-point numbers to nine
significant digits. Prints a line for each mart that differs, with its columns; then exit code 1.
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


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return connection.execute(f"select count(*) from ({query})").fetchone()[0]


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
    missing = count(connection, "from here except all from there")
    extra = count(connection, "from there except all from here")
    if not missing and not extra:
        return None
    differing = [
        name
        for name in columns
        if count(connection, f'select "{name}" from here except all select "{name}" from there')
    ]
    return (
        f"{count(connection, 'from here')} rows on DuckDB, "
        f"{count(connection, 'from there')} on Spark, "
        f"{missing} only on DuckDB, {extra} only on Spark; "
        f"columns: {', '.join(differing) or 'only in combination'}"
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
            rows += count(connection, f"from marts.{mart}")
            if found:
                differing += 1
                print(f"{mart}: {found}")
    print(
        f"{len(marts)} marts, {rows:,} rows compared: "
        f"{len(marts) - differing} alike, {differing} different"
    )
    return settings.EXIT_CHECK_FAILED if differing else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
