"""How checks are evaluated, and what each came to, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penpal.checks.data_rules import shown_keys


@dataclass
class Outcome:
    """One evaluated check, as it stands in the report."""

    table: str
    column: str | None
    check: str
    severity: str  # error | warning
    status: str  # passed | failed | not evaluated
    says: str | None = None  # what is wrong, in words; None where passed
    rows: int | None = None
    failed: int | None = None
    kind: str = ""  # of fault: completeness, format, unit …
    examples: list[str] = field(default_factory=list)  # keys of some of the rows, never values

    @property
    def line(self) -> str:
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        examples = f" (such as {', '.join(self.examples)})" if self.examples else ""
        return f"{place}: {self.says}{examples}"


def _failure(check: Any, result: dict[str, Any]) -> tuple[str, int | None, list[str]]:
    """The words of a failed check, the number of rows that broke it, and keys of some."""
    counts = result.get("details") or {}
    failed, rows = counts.get("failed"), counts.get("rows")
    says = check.says.format(
        failed=f"{failed:,}" if failed is not None else "?",
        rows=f"{rows:,}" if rows is not None else "?",
        allowed=f"{check.allowed:g}",
    )
    return says, failed, shown_keys(counts.get("examples") or [], is_raw=check.schema != "marts")


def _reason(exception_info: dict[str, Any]) -> str:
    """Why a check could not be evaluated, without what stands in quotes (it may be a value)."""
    entries = [exception_info, *(v for v in exception_info.values() if isinstance(v, dict))]
    messages = [entry["exception_message"] for entry in entries if entry.get("exception_message")]
    first = str(messages[0]).strip().splitlines()[0] if messages else "no reason given"
    return re.sub(r"'[^']*'?|\"[^\"]*\"?", "'…'", first)[:200]


def _outcome(check: Any, result: Any) -> Outcome:
    severity = "error" if check.is_error else "warning"
    outcome = Outcome(check.shown_as, check.column, check.rule, severity, "passed", kind=check.kind)
    details = result.result or {}
    outcome.rows = (details.get("details") or {}).get("rows")
    if any(
        entry.get("raised_exception")
        for entry in [result.exception_info, *result.exception_info.values()]
        if isinstance(entry, dict)
    ):
        outcome.status = "not evaluated"
        outcome.says = f"could not be checked: {_reason(result.exception_info)}"
    elif not result.success:
        outcome.status = "failed"
        outcome.says, outcome.failed, outcome.examples = _failure(check, details)
    return outcome


def evaluate(warehouse: Path, checks: list[Any]) -> list[Outcome]:
    """Run the checks table by table."""
    from penpal.checks.gx_duckdb import Warehouse  # noqa: PLC0415

    opened = Warehouse(warehouse)
    outcomes = []
    for table in dict.fromkeys((check.schema, check.table) for check in checks):
        of_table = [check for check in checks if (check.schema, check.table) == table]
        by_id = {}
        for number, check in enumerate(of_table):
            check.expectation.meta = {"number": number}
            by_id[number] = check
        validated = opened.validate(*table, [check.expectation for check in of_table])
        for result in sorted(validated.results, key=lambda r: r.expectation_config.meta["number"]):
            outcomes.append(_outcome(by_id[result.expectation_config.meta["number"]], result))
    return outcomes
