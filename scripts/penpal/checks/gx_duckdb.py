"""Great Expectations on DuckDB, in-database and read-only.

GX has no DuckDB backend: its SQL engine returns the connection to the pool before the rows are
fetched, and duckdb-engine's cursor is then gone. So one connection is kept open, as GX itself does
for SQLite. Must be a module (not `__main__`), because GX registers the classes by their module.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)

# GX logs failed queries with their values, and its own trace; a failed check tells its reason.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)

# No values in the results: a report must not become one more copy of customers' addresses.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Runs GX's queries on one open connection."""

    @contextlib.contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        if getattr(self, "_open_connection", None) is None:
            self._open_connection = self.engine.connect()
        try:
            yield self._open_connection
        except Exception:
            # A failed query must not take the following ones, in the same transaction, with it.
            self._open_connection.rollback()
            raise


class DuckDBDatasource(SQLDatasource):
    """A DuckDB file as a GX data source."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> type[SqlAlchemyExecutionEngine]:
        return DuckDBExecutionEngine


class _ColumnValuesSatisfySql(ColumnMapMetricProvider):
    condition_metric_name = "column_values.satisfy_sql"
    condition_value_keys = ("condition",)

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, column: Any, condition: str, **kwargs: Any) -> sa.ColumnElement[bool]:
        quoted = '"' + str(column.name).replace('"', '""') + '"'
        return sa.literal_column(f"({condition.replace('{column}', quoted)})", sa.Boolean)


class ExpectColumnValuesToSatisfySql(ColumnMapExpectation):
    """Expect non-null values to satisfy a DuckDB condition on `{column}`.

    GX computes all such conditions of a table, and its null counts, in one scan; a regular
    expression, which GX cannot translate for DuckDB, is such a condition too.
    """

    condition: str

    map_metric: ClassVar[str] = "column_values.satisfy_sql"
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column", "condition")


class Warehouse:
    """A warehouse opened read-only for validation."""

    def __init__(self, path: Path):
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        url = sa.URL.create("duckdb", database=str(path)).render_as_string()
        self._source = context.add_datasource(
            datasource=DuckDBDatasource(
                name="warehouse",
                connection_string=url.replace("$", r"\$"),  # GX reads $name as a setting
                kwargs={"connect_args": {"read_only": True}},
            )
        )

    def validate(
        self, schema: str, table: str, expectations: list[Any]
    ) -> ExpectationSuiteValidationResult:
        """Validate one table; results hold counts and shares, never values."""
        asset = self._source.add_table_asset(
            name=f"{schema}.{table}", table_name=table, schema_name=schema
        )
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        suite = gx.ExpectationSuite(name=f"{schema}.{table}", expectations=expectations)
        return batch.validate(suite, result_format=RESULT_FORMAT)
