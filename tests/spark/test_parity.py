"""The whole project on DuckDB and on Spark, from one lake: every mart the same, row by row.

The lake is the sample: Parquet and, to try every reader, a table each of CSV and JSON lines.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from compare_engines import difference
from conftest import ROOT, run_dbt

from penpal.project_vars import var

VARS = "{raw_data: lake, as_of: '2026-06-15 12:00:00'}"
# Spark numbers the rows of a file, not its lines, and counts nothing but rows.
ON_DUCKDB_ONLY = {
    "rejected_records": ("source_line",),
    "source_audit": ("files", "records_in_files"),
    # A place among all segments, those of predictions too.
    "segment_performance": ("click_rate_quartile", "order_rate_quartile"),
}
# Segments of predictions, likewise; each cluster is one.
PREDICTED = [name for name in var({}, "predicted_segments") if name != "clusters"]
OTHER_FORMATS = {"raw_crm__surveys": "csv", "raw_shop__checkouts": "json"}
OF_SEGMENTS = (
    *("segment_memberships", "segment_membership_history", "segment_sizes"),
    *("segment_performance", "experiment_segments"),
)
MARTS = sorted(
    path.stem
    for path in (ROOT / "models").rglob("*.sql")
    if "marts" in path.parts or "schema='marts'" in path.read_text()
    # Made by Python models, or of the reader's ledgers: on DuckDB only.
    if not {"predictions", "predicted"} & set(path.parts)
    if path.stem not in {"experiment_results", "campaign_increments", "lake_files"}
    if "materialized: view" not in path.with_suffix(".yml").read_text()
)


@dataclass(frozen=True)
class Builds:
    folder: Path

    def environment(self, engine: str) -> dict[str, str]:
        return os.environ | {
            "PENPAL_LAKE": str(self.folder / "lake"),
            "PENPAL_WAREHOUSE": str(self.folder / "penpal.duckdb"),
            "PENPAL_SPARK_WAREHOUSE": str(self.folder / "spark"),
            "DBT_TARGET_PATH": str(self.folder / f"target-{engine}"),
            "DBT_LOG_PATH": str(self.folder / f"logs-{engine}"),
        }

    def dbt(self, engine: str, *arguments: str) -> None:
        arguments = (*arguments, "--target", engine, "--vars", VARS)
        done = run_dbt(arguments, ROOT, self.environment(engine))
        failures = [line for line in done.stdout.splitlines() if "ERROR" in line or "Error" in line]
        assert done.returncode == 0, "\n".join(failures[-40:])

    def spark_files(self, schema: str, table: str) -> str:
        return str(self.folder / "spark" / f"{schema}.db" / table / "*.parquet")


def write_lake(folder: Path) -> None:
    for seed in sorted((ROOT / "seeds" / "sample").glob("*.csv")):
        source, table = seed.stem.removeprefix("raw_").split("__")
        target = folder / source / table
        target.mkdir(parents=True)
        kind = OTHER_FORMATS.get(seed.stem, "parquet")
        options = {"csv": "(format csv, header)", "json": "(format json)"}.get(kind, "")
        rows = f"select * from read_csv('{seed}', all_varchar = true, header = true, quote = '\"')"
        duckdb.sql(f"copy ({rows}) to '{target}/part-0.{kind}' {options}")


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    built = Builds(tmp_path_factory.mktemp("parity"))
    write_lake(built.folder / "lake")
    # Models only: their tests run in `make test`, and equal marts pass the same ones.
    no_tests = ("build", "--exclude-resource-type", "unit_test", "test")
    built.dbt("duckdb", *no_tests)
    built.dbt("spark", *no_tests)
    return built


@pytest.fixture(scope="module")
def warehouse(builds: Builds) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(builds.folder / "penpal.duckdb"), read_only=True)


@pytest.mark.parametrize("mart", MARTS)
def test_mart_is_the_same(builds: Builds, warehouse: duckdb.DuckDBPyConnection, mart: str) -> None:
    difference_of = difference(
        warehouse,
        mart,
        builds.spark_files("marts", mart),
        but=ON_DUCKDB_ONLY.get(mart, ()),
        without=is_predicted(mart),
    )
    assert difference_of is None


def is_predicted(mart: str) -> str:
    """A condition on the rows of a mart that are about segments of predictions."""
    columns = {"segment_catalog": ["name"], "segment_overlap": ["segment", "other_segment"]}
    about = columns.get(mart, ["segment"] if mart in OF_SEGMENTS else [])
    names = "', '".join(PREDICTED)
    told = [
        f"{column} in ('{names}') or {column} like 'cluster\\_%' escape '\\'" for column in about
    ]
    return " or ".join(told) or "false"


def test_the_sample_is_not_empty(warehouse: duckdb.DuckDBPyConnection) -> None:
    for mart in ("customers", "email_queue", "segment_memberships", "rejected_records"):
        assert warehouse.execute(f"select count(*) from marts.{mart}").fetchone()[0] > 10


def test_a_second_build_issues_no_new_ids(builds: Builds) -> None:
    files = builds.spark_files("ledger", "customer_id_assignments")
    before = duckdb.sql(f"select * from read_parquet('{files}') order by all").fetchall()
    ids = "identity_clusters+,+ledger_customer_id_assignments"
    builds.dbt("spark", "run", "--full-refresh", "-s", ids)
    assert duckdb.sql(f"select * from read_parquet('{files}') order by all").fetchall() == before
