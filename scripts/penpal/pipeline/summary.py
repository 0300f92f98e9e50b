"""The one screen at the end of a run, from the published marts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.settings import ROOT, Settings


def read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def letters_line(letters: dict[str, Any]) -> str:
    """What the renderer did, in one line."""
    counts = f"{letters.get('rendered_total', 0):,} rendered"
    if letters.get("rendered"):
        counts += f" ({_listed(letters['rendered'].items())})"
    counts += f", {letters.get('already_rendered', 0):,} already rendered"
    if letters.get("revoked"):
        counts += f", {sum(letters['revoked'].values()):,} revoked"
        counts += f" ({_listed(letters['revoked'].items())})"
    if letters.get("refused"):
        counts += f", {letters['refused_total']:,} refused ({_listed(letters['refused'].items())})"
    return counts


def collect(paths: Settings, letters: dict[str, Any]) -> dict[str, Any]:
    """What a run brought: rows by raw table, customers, segments, decisions, letters, hashes."""
    connection = settings.connect(paths.published, read_only=True)

    def rows(query: str) -> list[dict[str, Any]]:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    facts = read_json(paths.published_facts)
    collected = {
        "tables": rows(
            """select source || '.' || source_table as "table", files, records_in_files, rows_raw,
                rows_not_yet_received, rows_in, rows_staged, rows_duplicate, rows_superseded,
                rows_rejected
            from marts.source_audit
            where is_listed order by source, source_table"""
        ),
        "customers": rows("select count(*) as n from marts.customers")[0]["n"],
        "segments": rows("select name, size from marts.segment_catalog order by name"),
        "decisions": rows(
            """select decision, reason, count(*) as letters from marts.email_decisions
            group by decision, reason order by decision, letters desc, reason"""
        ),
        "stopped": rows(
            """select campaign, evidence from marts.campaign_circuit_breakers
            where is_open order by campaign"""
        ),
        "to_review": rows(
            """select count(distinct (source_table, source_key, said, occurred_at)) as n
            from marts.consent_review"""
        )[0]["n"],
        "changes": [
            f"{check['table']}: {check['says']}"
            for check in read_json(paths.reports / "raw.json").get("checks", [])
            if check["check"] == "changed"
        ],
        "unknown_orders": rows(
            "select count(*) as n from marts.customer_orders where status = 'unknown'"
        )[0]["n"],
        "letters": letters,
        "content_hash": facts.get("content_hash"),
        "marts": facts.get("marts", {}),
    }
    connection.close()
    return collected


def _width(title: str) -> int:
    return max(12, len(title) + 2)


def _table(tables: list[dict[str, Any]]) -> list[str]:
    titles = {
        "rows_raw": "read",
        "rows_staged": "staged",
        "rows_duplicate": "duplicate",
        "rows_rejected": "rejected",
        "rows_not_yet_received": "not yet received",
    }
    lines = [f"{'Rows':<16}" + "".join(f"{title:>{_width(title)}}" for title in titles.values())]
    for row in tables:
        if row["rows_raw"]:
            counts = "".join(f"{row[name]:>{_width(title)},}" for name, title in titles.items())
            lines.append(f"{row['table']:<16}" + counts)
    return lines


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def screen(record: dict[str, Any], paths: Settings) -> str:
    """The summary as plain text, one screen high."""
    result = record["result"]
    held = [d for d in result["decisions"] if d["decision"] != "send"]
    clock = f"{record['as_of']} UTC" if record["as_of"] else "the sample's clock"
    notes = result["changes"] + result["letters"].get("warnings", [])
    page = paths.preview / "index.html"
    lines = [
        f"Run {record['run']}, as of {clock}, raw data: {record['raw_data']}",
        "",
        *_table(result["tables"]),
        "",
        f"Customers   {result['customers']:,}",
        "Segments    " + (_listed((s["name"], s["size"]) for s in result["segments"]) or "none"),
        "Letters     " + letters_line(result["letters"]),
        "Not sent    " + (_listed((d["reason"], d["letters"]) for d in held) or "none"),
        *_stopped(result["stopped"]),
        f"To review   {result['to_review']:,} statements about consent (marts.consent_review)",
        *_unknown_orders(result["unknown_orders"]),
        f"Content     {result['content_hash']} ({len(result['marts'])} marts)",
        f"Time        {record['seconds']:.0f} s",
        *(f"Note        {note}" for note in notes),
        "",
        f"Query       {_shown(paths.published)} (read-only copy of the marts)",
        *([f"Look at     {_shown(page)}"] if page.exists() else []),
        f"Reports     {_shown(paths.reports / 'raw.html')}, marts.html, results.html",
        f"Run record  {_shown(paths.runs / record['run'] / 'run.json')}",
    ]
    return "\n".join(lines)


def _stopped(campaigns: list[dict[str, Any]]) -> list[str]:
    """Campaigns whose letters are held, since too many came back or were complained about."""
    return [f"STOPPED     {row['campaign']}: {row['evidence']}" for row in campaigns]


def _unknown_orders(count: int) -> list[str]:
    """Orders in a state that no rule knows: no revenue, so somebody ought to look."""
    place = "(marts.customer_orders; rules: order_statuses)"
    return [f"            {count:,} orders in an unknown state {place}"] if count else []


def _listed(pairs: Any) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in pairs)
