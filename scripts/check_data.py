"""Check raw data or marts with Great Expectations, inside the warehouse and read-only.

`raw` holds the base views against the raw contract (the YAML of the base models); `marts` checks
what the marts promise. Prints one line a failure and writes <warehouse>.reports/<layer>.json and
.html, which hold counts and shares, never a value from the data.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import settings
from checks.contract import raw_contract
from files import write_whole
from project_vars import listed_sources, parse_vars
from settings import EXIT_CANNOT_RUN, EXIT_CHECK_FAILED, EXIT_DONE, UserError

MARTS = (
    "customers", "customer_identifiers", "customer_orders", "customer_web_events",
    "product_recommendations", "segment_memberships", "segment_catalog", "email_decisions",
    "email_queue", "source_audit",
)  # fmt: skip


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


def require_tables(warehouse: Path, schema: str, tables: list[str], remedy: str) -> None:
    """Stop with one sentence where a table is missing (before the slow import of GX)."""
    connection = settings.connect(warehouse, read_only=True)
    query = "select table_name from duckdb_tables() where schema_name = $1 union all"
    query += " select view_name from duckdb_views() where schema_name = $1"
    found = {name for (name,) in connection.execute(query, [schema]).fetchall()}
    connection.close()
    missing = [f"{schema}.{table}" for table in tables if table not in found]
    if missing:
        raise UserError(f"{warehouse} has no {', '.join(missing)}: {remedy}")


def build_checks(layer: str, warehouse: Path, sources: list[str]) -> list[Any]:
    """The checks of one layer; imports GX (some seconds), so late and only when needed."""
    if layer == "raw":
        contract = raw_contract()
        remedy = "run `dbt build --select path:models/staging` first."
        require_tables(warehouse, "staging", [table.view for table in contract], remedy)
        from checks.raw import raw_checks  # noqa: PLC0415

        return [
            check
            for table in contract
            for check in raw_checks(table, listed=table.source in sources)
        ]
    require_tables(warehouse, "marts", list(MARTS), "run `dbt build` first.")
    from checks.marts import marts_checks  # noqa: PLC0415

    return marts_checks()


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
    from checks.gx_duckdb import Warehouse  # noqa: PLC0415

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


STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ddd;vertical-align:top}.error{color:#a40000}.warning{color:#7a5200}
.passed{color:#1b5e20}"""


def html_report(report: dict[str, Any]) -> str:
    """A page that needs nothing but itself."""
    rows = "\n".join(
        '<tr><td class="{cls}">{mark}</td><td>{place}</td>'
        "<td>{check}</td><td>{says}</td></tr>".format(
            cls="passed" if r["status"] == "passed" else r["severity"],
            mark=html.escape(r["severity"] if r["status"] == "failed" else r["status"]),
            place=html.escape(f"{r['table']}.{r['column']}" if r["column"] else r["table"]),
            check=html.escape(r["check"].replace("_", " ")),
            says=html.escape(r["says"] or ""),
        )
        for r in sorted(report["checks"], key=lambda r: r["status"] == "passed")
    )
    title = f"Data check: {report['layer']}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>
<body><h1>{title}</h1><p>{html.escape(report["summary"])}<br>{report["checked_at"]} UTC</p>
<table><tr><th>Result</th><th>Where</th><th>Check</th><th>What is wrong</th></tr>
{rows}</table></body></html>
"""


def make_report(layer: str, outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """The report as JSON; `status` is passed, failed or not evaluated."""
    bad = [o for o in outcomes if o.status == "failed"]
    errors = sum(o.severity == "error" for o in bad)
    broken = sum(o.status == "not evaluated" for o in outcomes)
    summary = (
        f"{layer}: {len(outcomes)} checks, {len(outcomes) - len(bad) - broken} passed,"
        f" {errors} failed, {len(bad) - errors} warnings"
    ) + (f", {broken} could not be evaluated" if broken else "")
    return {
        "layer": layer,
        "status": "not evaluated" if broken else "failed" if errors else "passed",
        "summary": f"{summary} ({seconds:.1f} s)",
        "checked_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "seconds": round(seconds, 2),
        "checks": [vars(outcome) for outcome in outcomes],
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 passed (perhaps with warnings), 1 a check failed, 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("layer", choices=["raw", "marts"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here as well")
    parser.add_argument("--vars", metavar="YAML", help="dbt vars of the run (for `sources`)")
    options = parser.parse_args(arguments)
    paths = settings.load()
    started = time.monotonic()
    checks = build_checks(options.layer, paths.warehouse, listed_sources(parse_vars(options.vars)))
    outcomes = evaluate(paths.warehouse, checks)
    report = make_report(options.layer, outcomes, time.monotonic() - started)
    for outcome in outcomes:
        if outcome.status != "passed":
            mark = outcome.severity if outcome.status == "failed" else "error"
            print(f"{mark.upper():7} {outcome.line}")
    print(report["summary"])
    text = json.dumps(report, indent=2)
    write_whole(paths.reports / f"{options.layer}.json", text)
    write_whole(paths.reports / f"{options.layer}.html", html_report(report))
    if options.json:
        write_whole(options.json, text)
    codes = {"passed": EXIT_DONE, "failed": EXIT_CHECK_FAILED, "not evaluated": EXIT_CANNOT_RUN}
    return codes[report["status"]]


if __name__ == "__main__":
    try:
        settings.run(main)
    except SystemExit as stop:
        # Leave at once: GX keeps DuckDB objects alive, which the interpreter's shutdown would
        # report as leaks, page after page.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
