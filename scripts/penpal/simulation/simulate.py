"""A simulation from its first step to its outcome."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from penpal.identity.evidence import Row
from penpal.simulation.outcome import outcome
from penpal.simulation.plan import Project, plan
from penpal.simulation.replay import Replay
from penpal.simulation.scratch import make_scratch


@dataclass(frozen=True)
class Simulation:
    """What to replay: from when to when, how often, on which warehouse, by which rules."""

    warehouse: Path
    folder: Path  # where the scratch warehouse goes
    project: Path
    begins: datetime
    ends: datetime
    every: timedelta
    given: dict[str, Any] = field(default_factory=dict)  # dbt vars
    campaigns: list[str] = field(default_factory=list)
    name: str = "today's rules"

    def clocks(self) -> list[datetime]:
        count = int((self.ends - self.begins) / self.every)
        return [self.begins + step * self.every for step in range(count + 1)]

    @property
    def scratch(self) -> Path:
        return self.folder / "penpal.duckdb"


def simulate(asked: Simulation) -> Row:
    """Replay it; the outcome, with how many steps were made and how long they took."""
    began = time.process_time()
    first, *later = asked.clocks()
    make_scratch(asked.warehouse, asked.scratch, first)
    project = Project(asked.project, asked.scratch, asked.given)
    project.dbt(["seed", "--select", "path:seeds/rules"], first)
    # The first step is dbt's own: it makes what is not there yet, as of other rules.
    project.dbt(["run", "--select", *project.selected()], first)
    replay = Replay(plan(project, first, asked.ends), project.manifest)
    replay.record()
    for number, clock in enumerate(later, start=2):
        replay.step(clock)
        progress(asked, number, clock)
    replay.close()
    with duckdb.connect(str(asked.scratch)) as connection:
        found = outcome(connection, letter_caps(asked), asked.campaigns)
    return found | {
        "name": asked.name,
        "begins": asked.begins,
        "ends": asked.clocks()[-1],
        "every": asked.every,
        "steps": len(later) + 1,
        "processor_seconds": round(time.process_time() - began, 1),
    }


def letter_caps(asked: Simulation) -> dict[str, int] | None:
    """Var letter_caps of the rules that are replayed; None where they know no caps."""
    text = (asked.project / "dbt_project.yml").read_text(encoding="utf-8")
    return asked.given.get("letter_caps") or yaml.safe_load(text)["vars"].get("letter_caps")


def progress(asked: Simulation, number: int, clock: datetime) -> None:
    if sys.stderr.isatty():
        total = len(asked.clocks())
        end = "\n" if number == total else ""
        text = f"\r{asked.name}: {clock:%Y-%m-%d %H:%M} ({number:,} of {total:,})"
        print(text, end=end, file=sys.stderr, flush=True)
