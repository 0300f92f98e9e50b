"""The dbt vars of a run as scripts see them: given on the command line, else dbt_project.yml's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import yaml

from penpal.settings import ROOT, UserError


def parse_vars(text: str | None) -> dict[str, Any]:
    """The mapping in `--vars`; {} when nothing was given."""
    try:
        given = yaml.safe_load(text) if text else {}
    except yaml.YAMLError as error:
        raise UserError(f"--vars is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(given, dict):
        raise UserError(f"--vars must be a mapping like '{{raw_data: lake}}', not {text!r}.")
    return dict(given)


def var(given: dict[str, Any], name: str) -> Any:
    """A var as given, else the project's own."""
    if given.get(name) is not None:
        return given[name]
    try:
        project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"dbt_project.yml is not YAML: {reason}") from error
    return project["vars"][name]


def listed_sources(given: dict[str, Any]) -> list[str]:
    """The sources that the user has (var `sources`, a list or comma-separated text)."""
    sources = var(given, "sources")
    return [s.strip() for s in sources.split(",")] if isinstance(sources, str) else list(sources)


SAMPLE_CLOCK = "2026-06-15 12:00:00"  # as macros/time/clock.sql has it
A_CLOCK = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")


def moment(text: str) -> datetime:
    """A clock as the var as_of has it: UTC, with 'T' or a blank."""
    try:
        given = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UserError(f"var as_of is {text!r}: give a UTC time like {SAMPLE_CLOCK}.") from error
    return given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given


def clock(given: dict[str, Any]) -> str:
    """The clock of a run, UTC, as text that SQL reads: as_of, the sample's own, else now."""
    text = str(var(given, "as_of") or "").strip().replace("T", " ").replace("Z", "")
    if text:
        if not A_CLOCK.fullmatch(text):
            raise UserError(f"var as_of is {text!r}: give a UTC time like {SAMPLE_CLOCK}.")
        return text
    if var(given, "raw_data") == "sample":
        return SAMPLE_CLOCK
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
