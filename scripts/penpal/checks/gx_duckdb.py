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
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from penpal.checks.shares import exceeds, is_too_many

# GX logs failed queries with their values, and its own trace; a failed check tells its reason.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)

EXAMPLES = 3  # keys of wrong rows that a failure names

# No values in the results: a report must not become one more copy of customers' addresses.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Runs GX's queries on one open connection."""

    @contextlib.contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        if getattr(self, "_open_connection", None) is None:
            self._open_connection = self.engine.connect()
            _reflect_at_once(self.engine, self._open_connection)
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


class _WrongRows(TableMetricProvider):
    """Of the rows that a rule is about: how many are wrong, and the keys of a few of them."""

    metric_name = "table.wrong_rows"
    value_keys = ("wrong", "among", "of", "failed", "key")

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **_: Any
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        wrong, among, of, failed, key = (metric_value_kwargs[name] for name in cls.value_keys)
        where = f"filter (where ({among}) and ({wrong}))"
        examples = f"min(cast({key} as varchar), {EXAMPLES}) {where}" if key else "null"
        every = of or f"count(*) filter (where {among})"
        failed = failed or f"count(*) {where}"
        counts = f"{{'failed': {failed}, 'rows': {every}, 'examples': {examples}}}"
        return sa.literal_column(counts), metric_domain_kwargs, {}


class ExpectRowsToBeRight(BatchExpectation):
    """Expect that no row `among` those a rule is about satisfies the DuckDB condition `wrong`.

    `allowed` is the share that may; with `tolerant`, one or two people's rows never count. `of`
    and `failed` count them otherwise, `key` names them; `at_least` so many rows must there be. GX
    counts for all rules of a table in one scan.
    """

    wrong: str
    among: str = "true"
    of: str | None = None
    failed: str | None = None
    key: str | None = None
    at_least: int = 0
    allowed: float = 0
    tolerant: bool = False

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.wrong_rows",)
    success_keys: ClassVar[tuple[str, ...]] = (
        "wrong", "among", "of", "failed", "key", "at_least", "allowed", "tolerant",
    )  # fmt: skip

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        counts = metrics["table.wrong_rows"]
        failed, rows = counts["failed"], counts["rows"]
        is_wrong = is_too_many if self.tolerant else exceeds
        told = {"observed_value": failed, "details": counts}
        is_right = rows >= self.at_least and not is_wrong(failed, rows, self.allowed)
        return {"success": is_right, "result": told}


def _reflect_at_once(engine: sa.Engine, connection: sa.Connection) -> None:
    """Tell SQLAlchemy the columns of every table by one query: it would ask pg_catalog for each.

    A table that is made later is not known; nothing is, in a warehouse opened read-only.
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for schema, table, name in connection.exec_driver_sql(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where not internal order by table_oid, column_index"
    ):
        column = {"name": name, "type": sa.types.NullType(), "nullable": True, "default": None}
        found.setdefault((schema, table), []).append(column)

    def columns(_: object, table_name: str, schema: str | None = None, **__: Any) -> list[Any]:
        return found.get((schema or "main", table_name), [])

    engine.dialect.get_columns = columns  # type: ignore[method-assign]
    engine.dialect.get_pk_constraint = lambda *_, **__: {}  # type: ignore[method-assign]


class Warehouse:
    """A warehouse opened read-only for validation."""

    def __init__(self, path: Path):
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # GX writes all that it has been told as YAML for each table; nobody reads it.
        context._save_project_config = lambda *_, **__: None
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
