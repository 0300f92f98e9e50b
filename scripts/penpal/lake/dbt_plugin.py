"""SQL functions that dbt-duckdb has from us.

read_lake(folder, table, columns) reads a raw table's files, and tells of them as JSON; runs_log()
is the file in which all runs write what happened, made where it is not there yet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from penpal.lake.reader import read_table
from penpal.settings import UserError


class Plugin(BasePlugin):
    def initialize(self, config: dict[str, Any]) -> None:
        warehouse = Path(self.creds.path).absolute()
        self.cache = warehouse.with_name(f"{warehouse.stem}.lake")
        self.runs_log = warehouse.with_name(f"{warehouse.stem}.runs") / "runs.jsonl"

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        def read_lake(folder: str, table: str, columns: str) -> str:
            try:
                # As dbt sees it: a relative lake counts from the project's folder.
                place = Path(folder).absolute()
                return json.dumps(read_table(place, self.cache / table, columns.split()))
            except UserError as error:
                return json.dumps({"error": str(error)})

        conn.create_function("read_lake", read_lake, side_effects=True)

        def runs_log() -> str:
            self.runs_log.parent.mkdir(parents=True, exist_ok=True)
            self.runs_log.touch()
            return str(self.runs_log)

        conn.create_function("runs_log", runs_log, side_effects=True)
