"""The steps of a cycle: what is new is staged, triggers decide, letters go out, marts follow."""

from __future__ import annotations

from pathlib import Path

from penpal.pipeline.run import letters_steps
from penpal.pipeline.steps import Step


def triggers_steps(folder: Path, vars_option: list[str], accept: bool = False) -> list[Step]:
    """The steps of a run every 15 minutes; `accept` is the night's, which alone counts shares."""
    tables = str(folder / "tables.txt")
    cycle = ("-m", "penpal.cycle", *vars_option, "--tables", tables)
    return [
        Step("cycle", "Decide triggers", cycle),
        *letters_steps(folder, vars_option, "--no-preview"),
        Step("publish", "Publish changes", ("-m", "penpal.cycle.publish", "--tables", tables)),
    ]
