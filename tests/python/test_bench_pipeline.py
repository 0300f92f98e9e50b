"""The benchmark of the pipeline: its lake in three parts, its plain copy, its table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import bench_pipeline
from penpal.benchmark import pipeline_report
from penpal.benchmark.all_sources import ARRIVALS, AS_OF
from penpal.benchmark.process import run_process
from penpal.benchmark.shop_lake import ShopLake, files_of, plain_copy, shop_lake, size_of

GIB = 2**30


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ShopLake:
    return shop_lake(300, 3, tmp_path_factory.mktemp("bench"))


def rows_of(lake: Path, table: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(
        f"select columns(*)::varchar from read_parquet('{lake}/{table}/*.parquet') order by all"
    ).fetchall()


def latest(lake: Path, table: str, column: str) -> str:
    return duckdb.sql(
        f"select strftime(max(try_cast({column} as timestamptz) at time zone 'UTC'),"
        f" '%Y-%m-%d %H:%M:%S') from read_parquet('{lake}/{table}/*.parquet')"
    ).fetchall()[0][0]


def test_the_rows_come_in_three_parts(shop: ShopLake) -> None:
    """And all together they are the whole shop, but for what comes after its clock."""
    before = shop.begin()
    for table, column in ARRIVALS.items():
        assert latest(shop.folder, table, column) <= shop.early
    quarter = shop.add("quarter", shop.early, shop.quarter)
    rest = shop.add("rest", shop.quarter, "2999-01-01 00:00:00")
    tables = {path.parent.relative_to(shop.whole).as_posix() for path in files_of(shop.whole)}
    assert tables >= ARRIVALS.keys()
    for table in tables:
        assert rows_of(shop.folder, table) == rows_of(shop.whole, table)
    everything = sum(len(rows_of(shop.whole, table)) for table in tables)
    assert before + quarter + rest == everything
    assert 0.005 < (quarter + rest) / everything < 0.05
    assert shop.early < shop.quarter < AS_OF


def test_the_plain_copy_holds_every_row(shop: ShopLake, tmp_path: Path) -> None:
    shop.begin()
    database = tmp_path / "copy.duckdb"
    rows = plain_copy(shop.folder, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("show tables").fetchall()]
        counts = [connection.execute(f"select count(*) from {t}").fetchall()[0][0] for t in tables]
    assert "web__events" in tables
    assert sum(counts) == rows
    assert size_of(database) == database.stat().st_size
    assert size_of(tmp_path / "none") == 0


def test_processor_seconds_of_a_process_and_its_children() -> None:
    """The program starts others: they count, too."""
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])"
    done = run_process("It", ["python3", "-c", program], {})
    assert done.cpu_seconds > 0.05
    assert done.peak_bytes > 2**20


def found(**more: Any) -> dict[str, Any]:
    step = {"cpu_seconds": 10.0, "seconds": 6.0, "peak_bytes": GIB}
    models = {"models": 3, "model_seconds": 5.0, "slowest": {"orders": 3.0, "carts": 2.0}}
    return {
        "people": 1000,
        "rows": {"before": 990, "quarter": 1, "rest": 9},
        "parquet_bytes": 2**20,
        "machine": {"cores": 2, "load": 0.5, "duckdb": "2.0.0", "python": "3.11.7"},
        "copy": step | {"cpu_seconds": 1.0, "bytes": 5 * 2**20},
        "full": step | models | {"warehouse_bytes": 20 * 2**20},
        "night": step | models | {"warehouse_bytes": 30 * 2**20, "cpu_seconds": 4.0},
        "cycle": step | {"cpu_seconds": 0.5, "peak_bytes": 2 * GIB},
        "publish": step,
        "letters": step | {"cpu_seconds": 2.0, "letters": 5000},
    } | more


def test_the_ratios_are_of_what_was_measured() -> None:
    assert pipeline_report.ratios(found()) == {
        "full_to_copy": 10.0,
        "night_to_full": 0.4,
        "cycle_to_full": 0.05,
        "letters_a_cpu_second": 2500.0,
        "peak_bytes": 2 * GIB,
        "file_to_copy": 4.0,
    }


def test_the_table_names_what_was_not_there() -> None:
    with_cycle = "\n".join(pipeline_report.lines(found()))
    without = "\n".join(pipeline_report.lines(found(cycle=None)))
    assert "not there" not in with_cycle
    assert without.count("not there") == 2
    assert "orders" in with_cycle
    assert "990 rows, then 1 of a quarter" in with_cycle


def test_the_program_writes_text_and_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_pipeline.pipeline, "measure", lambda *_: found())
    assert bench_pipeline.main(["--people", "1000", "--folder", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert (tmp_path / "result.txt").read_text() == out
    assert json.loads((tmp_path / "result.json").read_text())["ratios"]["full_to_copy"] == 10.0


def test_a_size_that_cannot_be_made_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench_pipeline.main(["--people", "3"])
    assert "--people: 300 to" in capsys.readouterr().err
