"""How checks are evaluated, and what each came to, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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

    @property
    def line(self) -> str:
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{place}: {self.says}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _failure(check: Any, result: dict[str, Any]) -> tuple[str, int | None]:
    """The words of a failed check and the number of rows that broke it."""
    kwargs = check.expectation.configuration.kwargs
    observed = result.get("observed_value")
    failed = result.get("unexpected_count")
    if failed is None and isinstance(observed, int):
        failed = observed
    rows = result.get("element_count")
    values = rows - result.get("missing_count", 0) if rows is not None else None
    share = failed / values if failed is not None and values else observed
    allowed = kwargs.get("min_value") if failed is None else 1 - kwargs.get("mostly", 1)
    says = check.says.format(
        failed=f"{failed:,}" if failed is not None else "?",
        rows=f"{values:,}" if values is not None else "?",
        share=_percent(share) if isinstance(share, float) else share,
        allowed=_percent(allowed) if isinstance(allowed, float) else allowed,
    )
    return says, failed


def _reason(exception_info: dict[str, Any]) -> str:
    """Why a check could not be evaluated, without what stands in quotes (it may be a value)."""
    entries = [exception_info, *(v for v in exception_info.values() if isinstance(v, dict))]
    messages = [entry["exception_message"] for entry in entries if entry.get("exception_message")]
    first = str(messages[0]).strip().splitlines()[0] if messages else "no reason given"
    return re.sub(r"'[^']*'?|\"[^\"]*\"?", "'…'", first)[:200]


def _outcome(check: Any, result: Any) -> Outcome:
    name = result.expectation_config.type.removeprefix("expect_")
    severity = "error" if check.is_error else "warning"
    outcome = Outcome(check.shown_as, check.column, name, severity, "passed")
    details = result.result or {}
    outcome.rows = details.get("element_count")
    if any(
        entry.get("raised_exception")
        for entry in [result.exception_info, *result.exception_info.values()]
        if isinstance(entry, dict)
    ):
        outcome.status = "not evaluated"
        outcome.says = f"could not be checked: {_reason(result.exception_info)}"
    elif not result.success:
        outcome.status = "failed"
        outcome.says, outcome.failed = _failure(check, details)
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
