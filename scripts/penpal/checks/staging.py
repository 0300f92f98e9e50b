"""What staging makes of rows, without a build: its own SQL, in a database that is in memory only.

The checked_ models are compiled by dbt and run here over the rows that are given, with the rules
read from seeds/rules: there is no second parser that could disagree.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import duckdb
import yaml

from penpal.checks.contract import RawTable
from penpal.pipeline.failures import dbt_console
from penpal.settings import ROOT, UserError
from penpal.terminal import shown

# dbt names the database of a warehouse in memory `memory`, as DuckDB does.
TARGET = ROOT / "target" / "staging"
# The vars that these models read: others would only have dbt parse the project again.
READ = ("as_of", "base_currency", "slash_dates", "time_zone")
POSITION = ("source_file", "source_line", "source_fault")


@cache
def _compile(given: str) -> dict[str, str]:
    """The SQL of the checked_ models, compiled with these --vars."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "--log-level-file", "none"]
    command += ["--no-write-json", "compile", "--no-populate-cache", "--target-path", str(TARGET)]
    command += ["--select", "path:models/staging/*/checked_*", "--vars", given]
    environment = {"PENPAL_WAREHOUSE": ":memory:", "DBT_USE_COLORS": "false"}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | environment
    )
    if done.returncode:
        reasons = " ".join(map(shown, dbt_console(done.stdout + done.stderr)))
        raise UserError(f"Staging cannot be compiled: {reasons}")
    compiled = (TARGET / "compiled" / "penpal" / "models" / "staging").glob("*/checked_*.sql")
    return {path.stem: path.read_text(encoding="utf-8") for path in compiled}


@cache
def _rule_types() -> dict[str, dict[str, str]]:
    """The types of the columns of each rule seed."""
    found: dict[str, dict[str, str]] = {}
    for path in (ROOT / "seeds" / "rules").glob("*.yml"):
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
            found[seed["name"]] = (seed.get("config") or {}).get("column_types") or {}
    return found


class Staging:
    """A database in memory with the rules; a context. `given` are the dbt vars of a run."""

    def __init__(self, given: Mapping[str, Any]):
        read = {name: given[name] for name in READ if name in given}
        self.models = _compile(json.dumps({"raw_data": "lake", **read}, default=str))
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'; create schema staging; create schema rules")
        self.rules: set[str] = set()

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def _load_rules(self, names: Iterable[str]) -> None:
        for name in sorted(set(names) - self.rules):
            path = ROOT / "seeds" / "rules" / f"{name}.csv"
            columns = ", ".join(
                f'cast("{column}" as {kind}) as "{column}"'
                for column, kind in _rule_types()[name].items()
            )
            self.connection.execute(
                f"create table rules.{name} as select {columns}"
                f" from read_csv('{path}', header = true, all_varchar = true)"
            )
            self.rules.add(name)

    def judge(self, table: RawTable, rows: str) -> dict[str, Any]:
        """What becomes of rows: a query with the columns of the contract, as text, and POSITION.

        Returns {rows, not_yet_received, staged, duplicate, rejected: {reason: rows}, flagged:
        {flag: rows}}.
        """
        sql = self.models[table.checked]
        self._load_rules(re.findall(r'"memory"\."rules"\."(\w+)"', sql))
        run = self.connection.execute
        run(f"create or replace table staging.{table.view} as {rows}")
        run(f"create or replace table staging.{table.checked} as {sql}")
        every = run(f"select count(*) from staging.{table.view}").fetchone()[0]
        checked = f"staging.{table.checked}"
        fates = dict(run(f"select fate, count(*) from {checked} group by fate").fetchall())
        reasons = f"select reject_reason, count(*) as n from {checked} where fate = 'rejected'"
        told = {
            "rows": every,
            "not_yet_received": every - sum(fates.values()),
            "staged": fates.get("staged", 0),
            "duplicate": fates.get("duplicate", 0),
            "rejected": dict(run(f"{reasons} group by 1 order by n desc, 1").fetchall()),
            "flagged": {},
        }
        if "quality_flags" in [name for name, *_ in run(f"describe {checked}").fetchall()]:
            flags = f"select unnest(string_split(quality_flags, ';')) as flag from {checked}"
            flags += " where fate <> 'rejected'"
            counted = f"select flag, count(*) as n from ({flags}) group by 1 order by n desc, 1"
            told["flagged"] = dict(run(counted).fetchall())
        return told
