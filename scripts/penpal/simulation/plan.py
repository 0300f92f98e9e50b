"""The models that decide, compiled once, with the clock as a parameter of their SQL.

dbt spends more on each model than DuckDB does. So dbt runs the first step of a simulation, and then
compiles the models at two clocks that occur nowhere else: where both give the same text but for the
clock, that text serves for every step. A model for which they do not cuts the clock up before SQL
sees it, and stops the simulation.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult

from penpal.settings import UserError

CLOCK = "penpal_clock()"
# How a model reads a ledger as it was before the run, which is no edge in dbt's graph.
LEDGER = re.compile(r"ledger_rows\('(\w+)'")
RELATION = re.compile(r'"[^"]+"\."[^"]+"\."[^"]+"')

# What decides, and what decisions of the next step read of this one.
TARGETS = ("email_decisions", "email_revocations")


@dataclass(frozen=True)
class Model:
    """One model: where its result stands, how it is made, and the tables that its SQL names."""

    name: str
    relation: str
    kind: str  # table, view, incremental, or another materialization, which is dbt's
    sql: str  # with CLOCK where the time of the step goes
    columns: dict[str, str] | None  # name and type, where the contract is enforced
    after: frozenset[str]  # relations of models that come before
    reads: frozenset[str]
    node: Any


def clock_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}".removesuffix(".000000")


class Project:
    """dbt on a warehouse: parsed once, and told the clock with each command.

    Its files go beside the warehouse, as of a scratch one, or else into the folder `files`.
    """

    def __init__(
        self, folder: Path, scratch: Path, given: dict[str, Any], files: Path | None = None
    ):
        os.environ |= {"PENPAL_WAREHOUSE": str(scratch), "DBT_PROJECT_DIR": str(folder)}
        self.given = given
        self.scratch = scratch
        files = files or scratch.parent
        self.options = [
            *("--project-dir", str(folder), "--profiles-dir", str(folder)),
            *("--target-path", str(files / "target")),
            *("--log-path", str(files / "logs"), "--log-level-file", "none"),
        ]
        self.manifest: Any = None
        self.manifest = self.dbt(["parse"], None).result

    def dbt(self, arguments: Sequence[str], at: datetime | None) -> dbtRunnerResult:
        """Run a command of dbt; what failed is a UserError with dbt's first sentence."""
        given = self.given | ({"as_of": clock_text(at)} if at else {})
        told: list[str] = []
        runner = dbtRunner(
            manifest=self.manifest,
            callbacks=[lambda event: told.append(event.info.msg) if is_error(event) else None],
        )
        quiet = ["--quiet", "--log-level", "none"]
        done = runner.invoke(
            [*quiet, *arguments, *self.options, "--vars", json.dumps(given, default=str)]
        )
        if not done.success:
            reason = told[0] if told else str(done.exception or "dbt did not say why")
            sentence = " ".join(reason.split())[:600]
            raise UserError(f"dbt {arguments[0]} on {self.scratch} failed: {sentence}")
        return done

    def selected(self) -> list[str]:
        """What decides and all that it stands on, the ledgers included that it reads of before."""
        models = {
            name: node
            for name, node in self.manifest.nodes.items()
            if node.resource_type == "model"
        }
        names = {node.name: name for name, node in models.items()}
        found: set[str] = set()
        left = [names[target] for target in TARGETS if target in names]
        while left:
            name = left.pop()
            if name in found or name not in models:
                continue
            found.add(name)
            left += models[name].depends_on.nodes
            left += [names[f"ledger_{ledger}"] for ledger in LEDGER.findall(models[name].raw_code)]
        return sorted(models[name].name for name in found)


def is_error(event: Any) -> bool:
    return event.info.level == "error"


def plan(project: Project, begins: datetime, ends: datetime) -> list[Model]:
    """The models in an order in which they can be made."""
    selection = project.selected()
    # Of another time of day, and of the first and the last day: what is cut off shows.
    clocks = (
        begins.replace(hour=1, minute=2, second=3, microsecond=123457),
        ends.replace(hour=22, minute=43, second=54, microsecond=765431) + timedelta(days=1),
    )
    first, second = (compiled(project, selection, clock) for clock in clocks)
    differing = sorted(node.name for name, (node, sql) in first.items() if second[name][1] != sql)
    if differing:
        raise UserError(
            f"The SQL of {', '.join(differing)} depends on the clock in another way than through"
            " as_of(): it cannot be replayed. Have it compute with as_of() in SQL."
        )
    nodes = {name: node for name, (node, _) in first.items()}
    models = [as_model(node, first[name][1], nodes) for name, node in in_order(nodes)]
    refuse_hidden_reads(project, models)
    return models


def compiled(
    project: Project, selection: list[str], clock: datetime, kinds: tuple[str, ...] = ("model",)
) -> dict[str, tuple[Any, str]]:
    """Node and SQL, with CLOCK for the time, of what is selected, by dbt's name for it.

    dbt's next run writes into the nodes.
    """
    results = project.dbt(["compile", "--select", *selection], clock).result.results
    return {
        result.node.unique_id: (result.node, with_clock(result.node.compiled_code, clock))
        for result in results
        if result.node.resource_type in kinds
    }


def with_clock(sql: str, clock: datetime) -> str:
    """SQL with CLOCK for the time in it, and out of CLOCK the day, as as_of_day() writes it."""
    day = f"cast('{clock:%Y-%m-%d}' as date)"
    text = sql.replace(day, f"cast(cast('{CLOCK}' as timestamp) as date)")
    return text.replace(clock_text(clock), CLOCK)


def refuse_hidden_reads(project: Project, models: list[Model]) -> None:
    """A model that reads one outside of the plan would read it as it was at the first step."""
    made = {model.relation for model in models}
    others = {
        node.relation_name: node.name
        for node in project.manifest.nodes.values()
        if node.resource_type == "model" and node.relation_name not in made
    }
    for model in models:
        for relation in sorted(model.reads & set(others)):
            raise UserError(
                f"{model.name} reads {others[relation]}, which is no ref() or ledger_rows() of its"
                " own: it cannot be replayed."
            )


def in_order(nodes: dict[str, Any]) -> list[tuple[str, Any]]:
    before = {
        name: sorted(other for other in node.depends_on.nodes if other in nodes)
        for name, node in sorted(nodes.items())
    }
    return [(name, nodes[name]) for name in TopologicalSorter(before).static_order()]


def as_model(node: Any, sql: str, nodes: dict[str, Any]) -> Model:
    columns = {column.name: column.data_type for column in node.columns.values()}
    return Model(
        name=node.name,
        relation=node.relation_name,
        kind=node.config.materialized if node.language == "sql" and is_plain(node) else "dbt",
        sql=sql,
        columns=columns if node.contract.enforced else None,
        after=frozenset(
            nodes[other].relation_name for other in node.depends_on.nodes if other in nodes
        ),
        reads=frozenset(RELATION.findall(sql)) - {node.relation_name},
        node=node,
    )


def is_plain(node: Any) -> bool:
    """Whether its result is that of its SQL, and nothing else happens."""
    hooks = node.config.pre_hook or node.config.post_hook
    strategy = node.config.get("incremental_strategy")
    return not hooks and (node.config.materialized != "incremental" or strategy == "append")
