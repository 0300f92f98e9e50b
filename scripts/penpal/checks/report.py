"""The report of a data check, as JSON and as a page; it holds counts and shares, no values."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Any

from penpal.checks.outcome import Outcome

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}th:nth-child(4){width:40%}
th:nth-child(5){width:18%}td:first-child,th:first-child{white-space:nowrap}.error{color:#a40000}.warning{color:#7a5200}
.passed{color:#1b5e20}"""


def html_report(report: dict[str, Any]) -> str:
    """A page that needs nothing but itself."""
    rows = "\n".join(
        '<tr><td class="{cls}">{mark}</td><td>{place}</td>'
        "<td>{check}</td><td>{says}</td><td>{examples}</td></tr>".format(
            cls="passed" if r["status"] == "passed" else r["severity"],
            mark=html.escape(r["severity"] if r["status"] == "failed" else r["status"]),
            place=html.escape(f"{r['table']}.{r['column']}" if r["column"] else r["table"]),
            check=html.escape(r["check"].replace("_", " ")),
            says=html.escape(r["says"] or ""),
            examples=html.escape(", ".join(r["examples"])),
        )
        for r in sorted(report["checks"], key=lambda r: r["status"] == "passed")
    )
    title = f"Data check: {report['layer']}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>
<body><h1>{title}</h1><p>{html.escape(report["summary"])}<br>{report["checked_at"]} UTC</p>
<table><tr><th>Result</th><th>Where</th><th>Check</th><th>What is wrong</th><th>Such as</th></tr>
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
