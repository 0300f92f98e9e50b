"""The models of a cycle, compiled by dbt at its clock, and the queries that say whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penpal.cycle import narrow
from penpal.settings import ROOT
from penpal.simulation.plan import CLOCK, Model, Project, as_model, clock_text, in_order

SELECTOR = "triggers"
QUERIES = Path(__file__).with_name("queries").relative_to(ROOT)


@dataclass(frozen=True)
class Plan:
    """`models` in an order in which they can be made; `queries` by name; `relations` of all."""

    models: list[Model]
    queries: Mapping[str, str]
    relations: Mapping[str, str]  # by the name of a model or seed
    reads: Mapping[str, frozenset[str]]  # by the name of a model of the plan: what it reads


def selected(project: Project, at: datetime) -> list[str]:
    """Names of the models of the selector."""
    found = project.dbt(
        ["list", "--selector", SELECTOR, "--resource-type", "model", "--output", "name"], at
    )
    return sorted(found.result)


def plan(project: Project, at: datetime) -> Plan:
    """Compile what a cycle makes, at its clock."""
    names = [*selected(project, at), *narrow.OF_ARRIVALS]
    selection = [*names, "path:models/staging/*/stg_*", f"path:{QUERIES}"]
    compiled = project.dbt(["compile", "--select", *selection], at)
    nodes = {one.node.unique_id: one.node for one in compiled.result.results}
    models = {key: node for key, node in nodes.items() if node.resource_type == "model"}
    relations = {
        node.name: node.relation_name
        for node in project.manifest.nodes.values()
        if node.resource_type in ("model", "seed")
    }
    return Plan(
        models=[as_model(node, node.compiled_code, models) for _, node in in_order(models)],
        queries={
            node.name: node.compiled_code
            for node in nodes.values()
            if node.resource_type == "analysis"
        },
        relations=relations,
        reads={node.name: reads_of(project, node) for node in models.values()},
    )


def reads_of(project: Project, node: Any) -> frozenset[str]:
    """Names of the models and seeds that a model's ref() names."""
    return frozenset(
        project.manifest.nodes[other].name
        for other in node.depends_on.nodes
        if other in project.manifest.nodes
    )


__all__ = ["CLOCK", "Plan", "clock_text", "plan", "selected"]
