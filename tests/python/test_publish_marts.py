"""The analysts' copy: whole at every moment, also under readers and kill -9."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from penpal import publishing
from penpal.settings import Settings, UserError
from publish_marts import wanted_always

# Both marts carry the number of the publication: a torn file would mix them.
MARTS = """
create or replace table marts.customers as
    select i as customer_id, {version} as version, i / 7 as score, 'n' || i as name
    from range({rows}) as r(i);
create or replace table marts.orders as
    select i as order_id, {version} as version from range({rows}) as r(i);
"""

READER = """
import sys, time, duckdb
seen = set()
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    with duckdb.connect(sys.argv[1], read_only=True) as c:
        a = c.execute("select count(*), min(version), max(version) from marts.customers").fetchone()
        time.sleep(0.002)
        b = c.execute("select count(*), min(version), max(version) from marts.orders").fetchone()
    assert a == b and a[0] == 20000 and a[1] == a[2], (a, b)
    seen.add(a[1])
print(len(seen))
"""


@pytest.fixture
def paths(tmp_path: Path) -> Settings:
    return Settings(warehouse=tmp_path / "shop.v1.duckdb", lake=tmp_path / "lake")


def fill(paths: Settings, version: int = 1, rows: int = 20_000) -> None:
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create schema if not exists ledger")
        connection.execute(MARTS.format(version=version, rows=rows))
        connection.execute(
            "create table if not exists ledger.email_messages as select 'm1' as message_id"
        )


def test_evidence_that_is_a_view_is_published_as_it_stands(paths: Settings) -> None:
    """Over a lake, staging is views; the file that they are read from has another name then."""
    fill(paths)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(
            "create schema staging; create table staging.kept as select 'c1' as consent_id;"
            "create view staging.checked_crm__consents as select * from staging.kept"
        )
    publishing.publish(paths)
    with duckdb.connect(str(paths.published), read_only=True) as connection:
        rows = connection.execute("from staging.checked_crm__consents").fetchall()
    assert rows == [("c1",)]


def publish(paths: Settings, **popen: object) -> subprocess.Popen:
    command = [sys.executable, str(ROOT / "scripts" / "publish_marts.py")]
    env = os.environ | {"PENPAL_WAREHOUSE": str(paths.warehouse)}
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, **popen)


def leftovers(paths: Settings) -> list[str]:
    return [p.name for p in paths.warehouse.parent.iterdir() if ".partial" in p.name]


def test_publishes_marts_facts_and_ledgers(paths: Settings) -> None:
    fill(paths)
    facts = publishing.publish(paths)
    with duckdb.connect(str(paths.published), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.customers").fetchone() == (20_000,)
    assert json.loads(paths.published_facts.read_text()) == facts
    assert facts["marts"]["orders"]["rows"] == 20_000
    exported = f"select message_id from '{paths.ledger_dir / 'email_messages.parquet'}'"
    assert duckdb.sql(exported).fetchall() == [("m1",)]
    assert leftovers(paths) == []
    again = publishing.publish(paths)
    assert (again["content_hash"], again["marts"]) == (facts["content_hash"], facts["marts"])


@pytest.mark.parametrize(
    ("case", "same", "query"),
    [
        ("rows-in-another-order", True, "select * from t order by i desc"),
        ("columns-in-another-order", True, "select name, i, x, d from t"),
        ("last-digits-of-a-double", True, "select * replace (x * (1 + 1e-14) as x) from t"),
        ("negative-zero", True, "select * replace (if(x = 0, -0.0, x) as x) from t"),
        ("one-value", False, "select * replace (if(i = 7, 'x', name) as name) from t"),
        ("null-is-not-empty", False, "select * replace (coalesce(name, '') as name) from t"),
        ("a-row-twice", False, "from t union all from t where i = 3"),
        ("a-row-three-times", False, "from t union all select t.* from t, range(2) where t.i = 3"),
        ("another-type", False, "select * replace (i::integer as i) from t"),
        ("another-name", False, "select * rename (name as label) from t"),
        ("cells-moved", False, "select * replace (d as name, name as d) from t"),
    ],
)
def test_content_hash(case: str, same: bool, query: str) -> None:
    connection = duckdb.connect()
    connection.execute(
        """create table t as select i, i / 3 as x, case when i % 4 > 0 then 'n' || i end as name,
        'd' || i as d from range(100) as r(i)"""
    )
    connection.execute(f"create table other as {query}")
    first, other = (publishing.content_hash(connection, name) for name in ("t", "other"))
    assert (first["hash"] == other["hash"]) is same


def test_readers_never_see_a_torn_file(paths: Settings) -> None:
    fill(paths)
    publishing.publish(paths)
    command = [sys.executable, "-c", READER, str(paths.published), "4"]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    version = 1
    while any(reader.poll() is None for reader in readers):
        version += 1
        fill(paths, version)
        publishing.publish(paths)
    seen = [int(reader.communicate()[0]) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert min(seen) > 2, "the readers saw the copy change under them"


def test_killed_anywhere_then_run_again(paths: Settings) -> None:
    fill(paths, version=0)
    publishing.publish(paths)
    fill(paths, version=1, rows=400_000)
    killed = 0
    for delay in [random.Random(4).uniform(0.05, 0.9) for _ in range(8)]:
        process = publish(paths)
        time.sleep(delay)
        process.kill()
        killed += process.wait() != 0
        with duckdb.connect(str(paths.published), read_only=True) as connection:
            tables = [
                connection.execute(f"select count(*), max(version) from marts.{t}").fetchone()
                for t in ("customers", "orders")
            ]
        assert tables[0] == tables[1]
        assert tables[0] in [(20_000, 0), (400_000, 1)]
    assert killed
    assert publish(paths).wait() == 0
    assert leftovers(paths) == []
    facts = json.loads(paths.published_facts.read_text())
    assert facts["marts"]["customers"]["rows"] == 400_000


def test_an_empty_ledger_never_replaces_an_export(paths: Settings) -> None:
    fill(paths)
    publishing.publish(paths)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("delete from ledger.email_messages")
    with pytest.raises(UserError, match=r"email_messages is empty, but its export .* has 1 rows"):
        publishing.publish(paths)
    assert leftovers(paths) == []


def test_without_marts_it_says_so_and_leaves_nothing(paths: Settings) -> None:
    fill(paths)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("drop schema marts cascade")
    with pytest.raises(UserError, match="has no marts"):
        publishing.publish(paths)
    assert leftovers(paths) == []
    assert not paths.published.exists()


def test_without_warehouse_it_says_so(paths: Settings) -> None:
    process = publish(paths)
    assert process.wait() == 2
    assert "There is no warehouse at" in process.communicate()[1]


# --- Parquet beside it --------------------------------------------------------------------------


def rows_of(paths: Settings, mart: str = "customers") -> tuple[int, ...]:
    query = f"select count(*), min(version), max(version) from '{paths.parquet}/{mart}.parquet'"
    return duckdb.connect().execute(query).fetchone()


def test_the_folder_of_parquet_is_swapped_whole(paths: Settings) -> None:
    for version in (1, 2, 3):
        fill(paths, version)
        publishing.publish(paths)
        assert publishing.export_parquet(paths, paths.published, paths.parquet) == 2
        assert rows_of(paths) == rows_of(paths, "orders") == (20_000, version, version)
        if version == 2:
            reading = paths.parquet.resolve()
    kept = sorted(paths.parquet.parent.glob(f"{paths.parquet.name}.*"))
    assert kept == [reading, paths.parquet.resolve()], "the one before stays for its readers"
    assert leftovers(paths) == []


def test_killed_while_it_writes_parquet_then_run_again(paths: Settings) -> None:
    fill(paths)
    env = os.environ | {"PENPAL_WAREHOUSE": str(paths.warehouse), "PENPAL_PUBLISH": "parquet"}
    command = [sys.executable, str(ROOT / "scripts" / "publish_marts.py")]
    subprocess.run(command, env=env, check=True, capture_output=True)
    fill(paths, version=2, rows=200_000)
    for delay in [random.Random(5).uniform(0.3, 0.9) for _ in range(4)]:
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
        assert rows_of(paths) == rows_of(paths, "orders")
        assert rows_of(paths)[1:] in [(1, 1), (2, 2)]
    subprocess.run(command, env=env, check=True, capture_output=True)
    assert rows_of(paths) == (200_000, 2, 2)
    assert leftovers(paths) == []


def test_a_folder_of_somebody_else_is_left_alone(paths: Settings) -> None:
    fill(paths)
    publishing.publish(paths)
    paths.parquet.mkdir()
    (paths.parquet / "theirs").touch()
    with pytest.raises(UserError, match="is no link of ours"):
        publishing.export_parquet(paths, paths.published, paths.parquet)
    assert (paths.parquet / "theirs").exists()


def test_what_is_published_always_is_a_known_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENPAL_PUBLISH", "parquet, anonymised")
    assert wanted_always() == {"parquet", "anonymised"}
    monkeypatch.setenv("PENPAL_PUBLISH", "csv")
    with pytest.raises(UserError, match="PENPAL_PUBLISH names csv: give parquet or anonymised"):
        wanted_always()


def test_marts_about_runs_are_published_but_no_content(paths: Settings) -> None:
    fill(paths)
    before = publishing.publish(paths)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create table marts.pipeline_runs as select 'r1' as run")
    assert publishing.publish(paths)["content_hash"] == before["content_hash"]
    with duckdb.connect(str(paths.published), read_only=True) as connection:
        assert connection.execute("from marts.pipeline_runs").fetchall() == [("r1",)]


def test_whoever_has_the_old_copy_open_keeps_it(paths: Settings) -> None:
    fill(paths, version=1)
    publishing.publish(paths)
    with duckdb.connect(str(paths.published), read_only=True) as reader:
        for version in (2, 3):
            fill(paths, version)
            publishing.publish(paths)
        found = reader.execute("select min(version), max(version) from marts.customers")
        assert found.fetchone() == (1, 1)
