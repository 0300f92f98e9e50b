"""The ways to run: each mode is a list of steps; what is true of runs is true of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from penpal.pipeline.run import full_steps
from penpal.pipeline.steps import Step
from penpal.pipeline.triggers import triggers_steps

# From the run's folder, the --vars for every program, and whether shares that rose are accepted.
StepsOf = Callable[[Path, list[str], bool], list[Step]]


@dataclass(frozen=True)
class Mode:
    """`about` is what --help says of it."""

    about: str
    steps: StepsOf


MODES = {
    "full": Mode("a night: every step, over all data", full_steps),
    "triggers": Mode(
        "between nights: stage what is new, decide and write the letters of triggers",
        triggers_steps,
    ),
}
