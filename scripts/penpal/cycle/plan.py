"""The models of a cycle and the queries that say whom it concerns, compiled once.

As in a simulation, dbt spends more on each model than DuckDB does. So their SQL is kept, with the
clock as a parameter, until a model, a macro, a var or a ledger's columns change.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.cycle import narrow
from penpal.files import write_whole
from penpal.settings import ROOT, UserError
from penpal.simulation.plan import Project, compiled, in_order

SELECTOR = "triggers"
REFRESH = "15 min"  # of segments and triggers, in their YAML
QUERIES = Path(__file__).with_name("queries").relative_to(ROOT)
VERSION = 1  # of what is kept
# At which the text of models is compared: what cuts the clock up shows.
CLOCKS = (datetime(2001, 2, 3, 4, 5, 6, 123457), datetime(2003, 11, 30, 22, 43, 54, 765431))


@dataclass(frozen=True)
class Made:
    """A model: its SQL with CLOCK in it, types of columns where a contract has them, parents."""

    name: str
    sql: str
    is_appended: bool
    columns: dict[str, str] | None
    reads: list[str]
    is_refreshed: bool  # marked REFRESH


@dataclass(frozen=True)
class Plan:
    """`models` in an order in which they can be made; `queries` by name; all names of relations."""

    models: list[Made]
    queries: Mapping[str, str]
    relations: Mapping[str, str]  # "database"."schema"."table" of each model and seed

    @property
    def segments(self) -> list[str]:
        """Segments that a cycle makes, as names of models."""
        return [m.name for m in self.models if m.is_refreshed and m.name.startswith("segment_")]

    def boundary(self) -> set[str]:
        """What models of the plan read and none of them makes."""
        made = {model.name for model in self.models}
        return {name for model in self.models for name in model.reads} - made


def plan(project: Project, ledgers: list[Any], kept: Path) -> Plan:
    """The plan: the one in the folder `kept`, where it still holds, else compiled anew."""
    stamp = fingerprint(project, ledgers)
    file = kept / "plan.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    if told.get("stamp") == stamp:
        models = [Made(**model) for model in told["models"]]
        return Plan(models, told["queries"], told["relations"])
    found = compile_plan(project)
    text = json.dumps(dataclasses.asdict(found) | {"stamp": stamp})
    kept.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)
    return found


def ledger_columns(warehouse: Path) -> list[Any]:
    """Columns of the ledgers that are there: models look at them while they are compiled."""
    with settings.connect(warehouse, read_only=True) as connection:
        return connection.execute(
            """select table_schema, table_name, column_name, data_type
            from information_schema.columns where table_schema = 'ledger' order by all"""
        ).fetchall()


def fingerprint(project: Project, ledgers: list[Any]) -> str:
    """Of all that the SQL depends on, as dbt has parsed it."""
    manifest = project.manifest
    nodes = sorted((name, node.checksum.checksum) for name, node in manifest.nodes.items())
    macros = sorted((name, macro.macro_sql) for name, macro in manifest.macros.items())
    configs = sorted(
        (name, json.dumps(node.config.to_dict(), sort_keys=True, default=str))
        for name, node in manifest.nodes.items()
        if node.resource_type == "model"
    )
    selectors = (ROOT / "selectors.yml").read_text(encoding="utf-8")
    project_file = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    told = (
        *(VERSION, str(project.scratch), nodes, macros, configs, ledgers, selectors, project_file),
        *(sorted(project.given.items()), narrow.OF_ARRIVALS),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def selected(project: Project) -> list[str]:
    """Names of the models of the selector."""
    options = ("--selector", SELECTOR, "--resource-type", "model", "--output", "name")
    return sorted(project.dbt(["list", *options], None).result)


def compile_plan(project: Project) -> Plan:
    """By dbt, at two clocks; UserError where they differ by more than the clock."""
    names = [*selected(project), *narrow.OF_ARRIVALS]
    selection = [*names, "path:models/staging/*/stg_*", f"path:{QUERIES}"]
    kinds = ("model", "analysis")
    first, second = (compiled(project, selection, clock, kinds) for clock in CLOCKS)
    for key, (node, text) in first.items():
        if second[key][1] != text:
            raise UserError(
                f"The SQL of {node.name} depends on the clock in another way than through as_of():"
                " a cycle cannot keep it. Have it compute with as_of() in SQL."
            )
    models = {key: node for key, (node, _) in first.items() if node.resource_type == "model"}
    known = project.manifest.nodes.values()
    return Plan(
        models=[made(project, node, first[key][1]) for key, node in in_order(models)],
        queries={
            node.name: text for node, text in first.values() if node.resource_type == "analysis"
        },
        relations={
            node.name: node.relation_name
            for node in known
            if node.resource_type in ("model", "seed") and node.relation_name
        },
    )


def made(project: Project, node: Any, sql: str) -> Made:
    columns = {column.name: column.data_type for column in node.columns.values()}
    parents = [project.manifest.nodes.get(other) for other in node.depends_on.nodes]
    return Made(
        name=node.name,
        sql=sql,
        is_appended=node.config.materialized == "incremental",
        columns=columns if node.contract.enforced else None,
        reads=sorted(parent.name for parent in parents if parent),
        is_refreshed=node.config.meta.get("refresh") == REFRESH,
    )
