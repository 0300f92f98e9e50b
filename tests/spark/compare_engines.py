"""Compares a mart of a Spark build with the same mart of a DuckDB build, row by row.

Rows are compared as bags, whatever their order, floating-point numbers to nine significant digits.
"""

from __future__ import annotations

import duckdb

FLOATS = ("FLOAT", "DOUBLE")


def rounded(column: str, kind: str) -> str:
    """A column in a form in which equal means equal: floats to nine significant digits."""
    name = f'"{column}"'
    if kind in FLOATS:
        return f"printf('%.8e', {name} + 0.0)"
    return f"cast({name} as varchar)"


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return connection.execute(f"select count(*) from ({query})").fetchone()[0]


def difference(
    connection: duckdb.DuckDBPyConnection,
    mart: str,
    files: str,
    *,
    but: tuple[str, ...] = (),
    without: str = "false",
) -> str | None:
    """What differs between a mart and its Spark twin, in one line; None when nothing does.

    The values of the columns `but` may differ; rows of the mart that are `without` are only there.
    """
    here = connection.execute(f"describe marts.{mart}").fetchall()
    there = connection.execute(f"describe select * from read_parquet('{files}')").fetchall()
    columns = {name: kind for name, kind, *_ in here}
    if columns.keys() != {name for name, *_ in there}:
        return f"columns differ: {sorted(columns.keys() ^ {name for name, *_ in there})}"
    for name in but:
        del columns[name]
    fields = ", ".join(f'{rounded(name, kind)} as "{name}"' for name, kind in columns.items())
    casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
    connection.execute(
        "create or replace temp table here as "
        f"select {fields} from marts.{mart} where not ({without})"
    )
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
