"""SQL functions that dbt-duckdb has from us.

read_lake(folder, table, rules) reads a raw table's files, and tells of them as JSON; runs_log() is
the file in which all runs write what happened, made where it is not there yet.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from penpal.lake.ledger import TAKEN
from penpal.lake.reader import Rules, read_table
from penpal.settings import UserError

# Two models may ask for the files of one table.
READING = threading.Lock()


class Plugin(BasePlugin):
    def initialize(self, config: dict[str, Any]) -> None:
        warehouse = Path(self.creds.path).absolute()
        self.cache = warehouse.with_name(f"{warehouse.stem}.lake")
        self.runs_log = warehouse.with_name(f"{warehouse.stem}.runs") / "runs.jsonl"

    def read(self, folder: str, table: str, rules: str) -> dict[str, Any]:
        """The files of a table that are taken; and what somebody should know."""
        # As dbt sees it: a relative lake counts from the project's folder.
        place, cache = Path(folder).absolute(), self.cache / table
        with READING:
            found = read_table(place, cache, Rules(**json.loads(rules)))
        files = [
            {
                "file": entry.file,
                "kind": entry.kind,
                "columns": entry.columns,
                "types": entry.types,
                "paths": [str(cache / part) for part in entry.parts] or [entry.path],
                "version": entry.version,
            }
            for entry in found["entries"]
            if entry.state == TAKEN
        ]
        return {"files": files, "folder": found["folder"], "notes": found["notes"]}

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        def read_lake(folder: str, table: str, rules: str) -> str:
            try:
                return json.dumps(self.read(folder, table, rules))
            except UserError as error:
                return json.dumps({"error": str(error)})

        conn.create_function("read_lake", read_lake, side_effects=True)

        def runs_log() -> str:
            self.runs_log.parent.mkdir(parents=True, exist_ok=True)
            self.runs_log.touch()
            return str(self.runs_log)

        conn.create_function("runs_log", runs_log, side_effects=True)
