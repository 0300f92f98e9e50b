"""Tables that an explanation reads where they are: a warehouse, and the published copy of one.

A copy has the marts and the evidence that publishing takes along; an older warehouse may lack what
came later. What is not there reads as nothing, except what no explanation can do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from penpal.identity.evidence import Row, open_evidence, relations, rows
from penpal.settings import UserError

NEEDED = ("customers", "email_decisions")


class Warehouse:
    """An open warehouse (`connection`), and the names of the tables in it (`there`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        self.there = relations(connection)
        if lacking := [f"marts.{mart}" for mart in NEEDED if f"marts.{mart}" not in self.there]:
            raise UserError(f"The warehouse has no {', '.join(lacking)}: run `dbt build` first.")
        open_evidence(connection)

    def rows(self, table: str, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The result of a query of a table (and others, as `table, table`); [] without them."""
        if not {name.strip() for name in table.split(",")} <= self.there:
            return []
        return rows(self.connection, query, parameters)

    def of(self, table: str, customer_id: str, order: str = "all") -> list[Row]:
        """A customer's rows of a table."""
        query = f"select * from {table} where customer_id = $1 order by {order}"
        return self.rows(table, query, [customer_id])

    def columns(self, table: str) -> list[str]:
        """Names of a table's columns, in their order; [] where there is no such table."""
        if table not in self.there:
            return []
        return [name for name, *_ in self.connection.execute(f"describe {table}").fetchall()]
