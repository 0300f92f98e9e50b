"""What a run is given (vars, the commit), and the steps of a full one."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from penpal.lake.files import lake_files
from penpal.pipeline.journal import now
from penpal.pipeline.steps import Step
from penpal.project_vars import listed_sources, parse_vars, var
from penpal.settings import ROOT, UserError

# What the check of the raw data needs: the rows, and what staging made of them; "cautious" leaves
# tests that also need other models for the build, in which they then run.
RAW_NODES = (
    "resource_type:seed",
    "path:models/staging/*/base_*",
    "path:models/staging/*/checked_*",
)
CAUTIOUS = ("--indirect-selection", "cautious")
# Unit tests prove the code, once, in `make test`; the data of a run cannot change their result.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")

LETTERS = "letters.json"


def dbt_vars(options: argparse.Namespace) -> dict[str, Any]:
    """The dbt vars of a run, the clock included unless the sample's own is used."""
    given = parse_vars(options.vars)
    if options.raw_data:
        given["raw_data"] = options.raw_data
    if options.sources:
        given["sources"] = [source.strip() for source in options.sources.split(",")]
    if getattr(options, "strict", False):
        given["lake_strict"] = True
    if options.as_of:
        given["as_of"] = options.as_of
    if given.get("as_of"):
        given["as_of"] = str(given["as_of"])
    elif var(given, "raw_data") != "sample":
        given["as_of"] = now()
    return given


def vars_option(given: dict[str, Any]) -> list[str]:
    """The same for every program of a run: dbt parses anew where its vars are not as they were."""
    return ["--vars", json.dumps(given, default=str)] if given else []


def refuse_empty_folders(lake: Path, given: dict[str, Any]) -> None:
    """An export that brought no file is a mistake that dbt takes for an absent table."""
    for source in listed_sources(given):
        for folder in sorted(path for path in (lake / source).glob("*") if path.is_dir()):
            if not lake_files(folder):
                raise UserError(f"{folder} is empty: put the export there, or remove the folder.")


def letters_steps(folder: Path, vars_option: list[str], *options: str) -> list[Step]:
    """Letters are written where data is fresh enough; where it is not, they are only taken back.

    `options` are those of the renderer, as this mode wants it.
    """
    gate = ("-m", "penpal.pipeline.freshness", *vars_option)
    render = ("scripts/render_emails.py", *options, "--json", str(folder / LETTERS))
    return [
        Step("freshness", "Check freshness", gate, is_gate=True),
        Step("letters", "Render letters", render, when_held=(*render, "--revoke-only")),
    ]


def full_steps(folder: Path, vars_option: list[str], accept: bool = False) -> list[Step]:
    """The steps of a full run, in order; some leave what they found in the run's folder.

    `accept`: a share of bad rows that rose since the last good run is only told.
    """
    build = ("build", *CAUTIOUS, *NO_UNIT_TESTS)
    checks = "scripts/check_data.py"
    raw = (checks, "raw", *vars_option, "--shares", str(folder / "shares.json"))
    raw += ("--accept-shares",) if accept else ()
    return [
        Step("rules", "Check rules", (checks, "rules")),
        Step("load", "Load raw data", (*build, "--select", *RAW_NODES), warm="dbt"),
        Step("check_raw", "Check raw data", raw, warm="checks"),
        Step("build", "Build models", (*build, "--exclude", *RAW_NODES), warm="dbt"),
        Step("check_marts", "Check marts", (checks, "marts"), warm="checks"),
        *letters_steps(folder, vars_option),
        Step("publish", "Publish marts", ("scripts/publish_marts.py",)),
        Step("report", "Write the report", ("scripts/build_report.py",)),
    ]


def git_commit() -> str | None:
    """The commit that runs, with '+' when files differ from it; None outside a repository."""
    git = ["git", "-C", str(ROOT)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")
