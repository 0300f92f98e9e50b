"""Shared by the tests: a scratch dbt project with Penpal's macros and models of the test's own."""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penpal import settings

ROOT = Path(__file__).resolve().parents[1]

PROFILES = """
scratch:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: scratch.duckdb
      schema: main
      threads: 1
      settings: {TimeZone: UTC}
    spark:
      type: spark
      method: session
      host: session
      schema: main
      threads: 1
      server_side_parameters:
        spark.master: local[1]
        spark.ui.enabled: "false"
        spark.sql.session.timeZone: UTC
        spark.sql.shuffle.partitions: "1"
        spark.sql.ansi.enabled: "true"
        spark.driver.bindAddress: 127.0.0.1
        spark.driver.host: 127.0.0.1
"""


@dataclass(frozen=True)
class ScratchProject:
    """A dbt project in a folder of its own, on one engine."""

    folder: Path
    engine: str

    def model(self, name: str, sql: str) -> None:
        (self.folder / "models" / f"{name}.sql").write_text(sql)

    def table(self, name: str, rows: dict[str, list[object]]) -> None:
        """A model with these columns, read from a Parquet file, which every engine can."""
        pq.write_table(pa.table(rows), self.folder / f"{name}.parquet")
        path = self.folder / f"{name}.parquet"
        source = {"duckdb": f"read_parquet('{path}')", "spark": f"parquet.`{path}`"}[self.engine]
        self.model(name, f"select * from {source}")

    def rows(self, name: str, *columns: str, schema: str = "main") -> list[tuple[object, ...]]:
        """What a model holds, as stored by the engine."""
        query = f"select {', '.join(columns)} from "
        if self.engine == "spark":
            files = self.folder / "spark-warehouse" / f"{schema}.db" / name / "*.parquet"
            return duckdb.sql(f"{query} read_parquet('{files}')").fetchall()
        with duckdb.connect(str(self.folder / "scratch.duckdb"), read_only=True) as connection:
            return connection.execute(f"{query} {schema}.{name}").fetchall()

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = dbt_environment(self.folder)
        return run_dbt((*arguments, "--target", self.engine), self.folder, environment)


def dbt_environment(folder: Path) -> dict[str, str]:
    """For a project in a folder of its own."""
    return os.environ | {
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": "target",
        "DBT_LOG_PATH": "logs",
    }


@functools.cache
def dbt_server() -> subprocess.Popen[str]:
    """Started at the first run; ends with the tests."""
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("dbt_server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    )
    atexit.register(server.communicate)
    return server


def run_dbt(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs dbt in a folder; all that it says is in stdout."""
    server = dbt_server()
    with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as output:
        job = {"arguments": arguments, "folder": str(folder), "environment": environment}
        print(json.dumps(job | {"output": output.name}), file=server.stdin, flush=True)
        return subprocess.CompletedProcess(
            arguments, int(server.stdout.readline()), output.read(), ""
        )


# Of a copied project, in its folder: relative, as another environment would be parsed anew.
PROJECT_PATHS = {"PENPAL_WAREHOUSE": "penpal.duckdb", "PENPAL_LAKE": "lake"}


def copy_project(folder: Path) -> None:
    """The real project in a folder of its own, with seeds that a test may write to."""
    for name in ("models", "macros", "scripts", "tests"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "seeds", folder / "seeds")


@functools.cache
def parsed_projects() -> tempfile.TemporaryDirectory:
    """What dbt made of the project, a file for each --vars; deleted with the process."""
    return tempfile.TemporaryDirectory(prefix="parsed")


def dbt_in_project(folder: Path, *arguments: str, given: str) -> None:
    """Runs dbt in a copied project with the given --vars; it must succeed. One parse serves all."""
    parsed = folder / "target" / "partial_parse.msgpack"
    kept = Path(parsed_projects().name, hashlib.sha256(given.encode()).hexdigest())
    if kept.exists() and not parsed.exists():
        parsed.parent.mkdir(exist_ok=True)
        shutil.copy(kept, parsed)
    environment = dbt_environment(folder) | PROJECT_PATHS
    done = run_dbt((*arguments, "--vars", given), folder, environment)
    assert done.returncode == 0, done.stdout[-10_000:]
    if not kept.exists():
        kept.write_bytes(reading_own_seeds(parsed.read_bytes()))


def reading_own_seeds(parsed: bytes) -> bytes:
    """A parsed project whose seeds are read from where dbt runs, not from where it was parsed."""
    project = msgpack.unpackb(parsed, strict_map_key=False)
    for node in project["nodes"].values():
        if node["resource_type"] == "seed":
            node["root_path"] = "."
    return msgpack.packb(project)


def run_in_project(folder: Path, *command: str | Path) -> None:
    """Runs a command on a copied project's warehouse; it must succeed."""
    # Programs start dbt in the project's root: what they make of it is not that of dbt_in_project.
    places = {"PENPAL_WAREHOUSE": "penpal.duckdb", "DBT_TARGET_PATH": "target/programs"}
    places = {name: str(folder / place) for name, place in places.items()}
    environment = dbt_environment(folder) | places
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-10_000:]


# They take longest: begun last, they would keep one processor busy and the others waiting.
FIRST = (
    *("test_run_pipeline", "test_render_emails", "test_bench_identity", "test_customer_ids"),
    *("test_identity_runs", "test_simulate", "test_cycle"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
    for item in items:
        if "built_warehouse" in item.fixturenames:
            item.add_marker("built")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="duckdb", choices=["duckdb", "spark"])
    parser.addoption(
        "--worlds", type=int, default=1, help="how many random shops tests/runs goes through"
    )
    parser.addoption("--kills", type=int, default=4, help="how many runs a test kills at random")
    parser.addoption("--seed", type=int, default=1, help="which runs, and when")
    parser.addoption(
        "--mutations", type=int, default=60, help="how many damaged files test_fuzz_files reads"
    )


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that the tests of macros and materializations run on."""
    return request.config.getoption("--engine")


@pytest.fixture(scope="session")
def built_warehouse() -> Path:
    """The sample, as `make test` has just built it; for reading."""
    path = settings.load().warehouse
    if not path.is_file():
        pytest.fail(f"{path} is not built: run `make test`, or `dbt build` before this test.")
    return path


def scratch_project(folder: Path, engine: str) -> ScratchProject:
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: penpal\nversion: '1.0.0'\nprofile: scratch\n"
        f"model-paths: [models]\nmacro-paths: ['{ROOT}/macros']\n"
        "flags: {send_anonymous_usage_stats: false}\n"
        "vars: {slash_dates: mdy, time_zone: '', raw_data: sample, as_of: '',"
        " sources: [crm, web, shop, email]}\n"
        "models: {penpal: {+materialized: table}}\n"
    )
    (folder / "profiles.yml").write_text(PROFILES)
    return ScratchProject(folder, engine)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory, engine: str) -> ScratchProject:
    return scratch_project(tmp_path_factory.mktemp("scratch"), engine)


def outputs_by_threads(program: str) -> set[str]:
    """What a Python program prints with one thread of linear algebra, and with three."""
    outputs = set()
    for threads in ("1", "3"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    return outputs
