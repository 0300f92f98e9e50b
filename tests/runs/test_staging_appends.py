"""Staging reads a file once: whatever happens to the lake, it gives the rows of a run from scratch.

The real models and macros over random lakes, in a project that has nothing else. What they have to
give is what their own SQL gives, as dbt compiles it, over all rows at once. --worlds 20 tries more.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, dbt_environment, run_dbt

# Append-only with a clock in it, versions, versions with a clock, a key of two columns.
TABLES = ("email/events", "shop/products", "shop/checkouts", "crm/consents")
RULES = ("no_value_words", "refusal_words", "categories")
BEGIN = datetime(2026, 6, 1)
STEPS = 6
PROFILE = f"""
scratch:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: scratch.duckdb
      schema: main
      threads: 1
      settings: {{TimeZone: UTC, preserve_insertion_order: false}}
      module_paths: ['{ROOT}/scripts']
      plugins: [{{module: penpal.lake.dbt_plugin}}]
"""
# The clock, out of a file: other --vars would have dbt parse the project anew.
CLOCK = """(
    run_query("select content from read_text('as_of')").columns[0].values()[0] if execute else ''
)"""
Row = dict[str, str | None]


class Shop:
    """A project with the staging of TABLES, a lake, and rules that a test may change."""

    def __init__(self, folder: Path):
        self.folder, self.lake = folder, folder / "lake"
        self.as_of = BEGIN + timedelta(days=5)
        self.environment = dbt_environment(folder) | {"PENPAL_LAKE": "lake"}
        (folder / "models" / "staging").mkdir(parents=True)
        for source, table in (name.split("/") for name in TABLES):
            for name in (f"base_{source}__{table}", f"checked_{source}__{table}"):
                for file in (f"staging/{source}/{name}.sql", f"staging/{source}/{name}.yml"):
                    (folder / "models" / file).parent.mkdir(exist_ok=True)
                    text = (ROOT / "models" / file).read_text().split("\nunit_tests:")[0]
                    (folder / "models" / file).write_text(text)
            (self.lake / source / table).mkdir(parents=True)
        shutil.copy(ROOT / "models/staging/staging.md", folder / "models")
        (folder / "models/groups.yml").write_text("groups: [{name: staging, owner: {name: x}}]")
        shutil.copytree(ROOT / "macros", folder / "macros")
        clock = folder / "macros" / "time" / "clock.sql"
        clock.write_text(clock.read_text().replace("var('as_of')", CLOCK))
        for rule in RULES:
            given = pa.csv.read_csv(ROOT / "seeds/rules" / f"{rule}.csv")
            pq.write_table(given, folder / f"{rule}.parquet")
            sql = "{{ config(materialized='table') }} from read_parquet('" + f"{rule}.parquet')"
            (folder / "models" / f"{rule}.sql").write_text(sql)
        (folder / "profiles.yml").write_text(PROFILE)
        (folder / "dbt_project.yml").write_text(
            "name: penpal\nversion: '1.0.0'\nprofile: scratch\n"
            "model-paths: [models]\nmacro-paths: [macros]\n"
            "flags: {send_anonymous_usage_stats: false}\n"
            "models: {penpal: {+group: staging}}\n"
            "vars: {slash_dates: mdy, time_zone: '', raw_data: lake, as_of: '', sources: [email,"
            " shop, crm], lake_settle_seconds: 0, lake_most_parts: 3, lake_strict: false,"
            " base_currency: USD}\n"
        )

    def run(self, *options: str) -> str:
        (self.folder / "as_of").write_text(str(self.as_of))
        done = run_dbt(("run", *options), self.folder, self.environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def kill_a_run(self, chance: Random) -> None:
        """Begin a run, and kill it while it stages."""
        (self.folder / "as_of").write_text(str(self.as_of))
        command = [sys.executable, "-m", "dbt.cli.main", "run"]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as run:
            for line in run.stdout:
                if "START sql staged model" in line:
                    time.sleep(chance.random() / 3)
                    break
            run.send_signal(signal.SIGKILL)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.folder / "scratch.duckdb")) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def check(self) -> None:
        """The rows of each checked_ model are those of its SQL over all files."""
        compiled = self.folder / "target/compiled/penpal/models/staging"
        for table in TABLES:
            source, name = table.split("/")
            model = f"checked_{source}__{name}"
            plain = (compiled / source / f"{model}.sql").read_text()
            hashed = "select count(*), sum(hash(t)::hugeint) from"
            staged, expected = (
                self.query(f"{hashed} {rows} as t") for rows in (model, f"({plain})")
            )
            if staged != expected:
                only = f"from {model} except all ({plain})"
                raise AssertionError(f"{model}: {staged}, {expected}: {self.query(only)[:3]}")


def moment(chance: Random) -> str:
    at = BEGIN + timedelta(hours=chance.randrange(240))
    return at.strftime(chance.choice(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M")))


def drawn_row(table: str, chance: Random) -> Row:
    """Few keys, so that they meet again in other files; some rows that cannot be used."""
    if table == "shop/products":
        return {
            "product_id": chance.choice([*"abcdefgh", "17.0", "null", None]),
            "name": chance.choice(["Pen", "Ink", "Zoë", None]),
            "category": chance.choice(["Fountain Pens", "ink", "none"]),
            "price": chance.choice(["12.50", "9", "x", "-3"]),
            "in_stock": chance.choice(["true", "no", None]),
            "updated_at": chance.choice([moment(chance), moment(chance), "soon", None]),
        }
    if table == "shop/checkouts":
        return {
            "checkout_id": chance.choice([*"abcdefgh", None]),
            "email": chance.choice(["ann@shop.example", "?"]),
            "created_at": chance.choice([moment(chance), moment(chance), "soon"]),
            "completed_at": chance.choice([moment(chance), moment(chance), "yes", "0000", None]),
        }
    if table == "crm/consents":
        return {
            "consent_id": chance.choice([*"abcdef", None]),
            "email": chance.choice(["ann@shop.example", "bo@shop.example"]),
            "purpose": chance.choice(["marketing", "all", None]),
            "status": chance.choice(["granted", "withdrawn", "no more", "pending"]),
            "occurred_at": chance.choice([moment(chance), moment(chance), "someday", None]),
            "loaded_at": chance.choice([moment(chance), None]),
        }
    return {
        "event_id": chance.choice([*"abcdefghijklmnop", "n/a", "5.8E+12", None]),
        "message_id": chance.choice(["m1", "m2", None]),
        "email": chance.choice(["ann@shop.example", "Ann@Shop.example", "bo@shop.example", "?"]),
        "event": chance.choice(["opened", "clicked", "unsubscribed", "spamreport", "farewell"]),
        "occurred_at": chance.choice([moment(chance), moment(chance), "someday", "1970-01-01"]),
        "received_at": chance.choice([moment(chance), moment(chance), None]),
    }


def write(path: Path, rows: list[Row]) -> None:
    """As CSV, JSON lines, a JSON array in one line, or Parquet, by the ending."""
    columns = list(rows[0])
    match path.suffix:
        case ".parquet":
            values = {name: [row[name] for row in rows] for name in columns}
            pq.write_table(pa.table({n: pa.array(v, pa.string()) for n, v in values.items()}), path)
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case ".json":
            path.write_text(json.dumps(rows))
        case _:
            text = io.StringIO()
            writer = csv.DictWriter(text, columns)
            writer.writeheader()
            writer.writerows(rows)
            path.write_text(text.getvalue())


def change_the_lake(shop: Shop, chance: Random) -> str:
    """Something happens to a file; returns what."""
    table = chance.choice(list(TABLES))
    folder = shop.lake / table
    files = sorted(folder.iterdir())
    rows = [drawn_row(table, chance) for _ in range(chance.randint(1, 8))]
    what = chance.choice(["add", "add", "change", "remove", "repeat", "touch"])
    if what == "add" or len(files) < 2:
        ending = chance.choice(["csv", "jsonl", "json", "parquet"])
        write(folder / f"{chance.randrange(100):02}.{ending}", rows)
    elif what == "change":
        write(chance.choice(files), rows)
    elif what == "remove":
        chance.choice(files).unlink()
    elif what == "repeat":
        file = chance.choice(files)
        shutil.copy(file, folder / f"copy{chance.randrange(100)}{file.suffix}")
    else:
        os.utime(chance.choice(files))
    return f"{what} {table}"


def change_a_rule(shop: Shop, chance: Random) -> None:
    """A word for a refusal comes or goes."""
    path = shop.folder / "refusal_words.parquet"
    words = pq.read_table(path).to_pylist()
    with_it = [word for word in words if word["word"] != "farewell"]
    if len(with_it) == len(words):
        last = next(word for word in words if word["kind"] == "event")
        with_it.append(last | {"word": "farewell", "meaning": "unsubscribed", "is_part": False})
    pq.write_table(pa.Table.from_pylist(with_it, pq.read_schema(path)), path)


@pytest.fixture
def shop(tmp_path: Path, engine: str) -> Shop:
    if engine == "spark":
        pytest.skip("On Spark nothing is kept.")
    return Shop(tmp_path)


def test_what_is_staged_by_and_by_is_what_is_staged_at_once(
    shop: Shop, request: pytest.FixtureRequest
) -> None:
    for seed in range(request.config.getoption("--worlds")):
        chance = Random(seed)
        for table in TABLES:
            for number in range(2):
                rows = [drawn_row(table, chance) for _ in range(20)]
                write(shop.lake / table / f"{number}{chance.choice(('.csv', '.parquet'))}", rows)
        for step in range(STEPS):
            done = [change_the_lake(shop, chance) for _ in range(chance.randint(0, 3))]
            if chance.random() < 0.3:
                change_a_rule(shop, chance)
            if chance.random() < 0.7:
                shop.as_of = BEGIN + timedelta(hours=chance.randrange(250))
            if step == 3:
                shop.kill_a_run(chance)
            print(seed, step, shop.as_of, done)
            shop.run(*(["--full-refresh"] if chance.random() < 0.1 else []))
            shop.check()
