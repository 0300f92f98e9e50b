"""Why is a customer in a segment, since when, and why not? Facts, and their text.

No criterion is evaluated again: a member has the reason that the run gave; for anybody else the
criterion and its thresholds stand beside the values that it looks at (`looks_at` in the YAML).
"""

from __future__ import annotations

import json
from difflib import get_close_matches

import duckdb

from penpal import terminal
from penpal.identity.evidence import Row, open_evidence, relations, rows
from penpal.identity.subjects import resolve
from penpal.identity.text import SHOWN, day, section, table
from penpal.settings import UserError

NEEDED = ("segment_catalog", "segment_memberships", "segment_membership_history", "customers")

# What a customer did, by mart: when, and what of it a criterion may ask for; and what is thought of
# them.
EVENTS = {
    "customer_orders": "created_at as happened_at, status, is_paid, total, currency",
    "customer_order_lines": "ordered_at as happened_at, status, quantity, product_name, category,"
    " unit_price",
    "customer_carts": "left_at as happened_at, status, items_count, cart_value, purchased_at",
    "customer_web_events": "event_at as happened_at, event_name, product_id, category",
    "customer_interests": "last_at as happened_at, category, strength, points, sources",
    "customer_satisfaction": "answered_at as happened_at, score",
    # Where predictions are made: a row or none.
    "customer_churn_predictions": "method, churn_probability, reason_1, reason_2, reason_3",
    "customer_response_predictions": "method, response_probability, reason_1, reason_2, reason_3",
    "customer_clusters": "cluster, label",
}


def explain_segment(connection: duckdb.DuckDBPyConnection, name: str, asked: str) -> Row:
    """The segment's criterion, the customer's values beside it, reason and spells."""
    there = relations(connection)
    if lacking := [f"marts.{mart}" for mart in NEEDED if f"marts.{mart}" not in there]:
        raise UserError(f"The warehouse has no {', '.join(lacking)}: run `dbt build` first.")
    segment = find_segment(connection, name)
    open_evidence(connection)
    subject = resolve(connection, asked)
    who = [subject.customer_id]
    both = [segment["name"], subject.customer_id]
    found = rows(connection, "select * from marts.customers where customer_id = $1", who)
    if not found:
        raise UserError(
            f"Customer {subject.customer_id} is not in marts.customers: run `dbt build` first."
        )
    looks_at = json.loads(segment["looks_at"])
    member = rows(
        connection,
        """
        select qualified_at, reason from marts.segment_memberships
        where segment = $1 and customer_id = $2
        """,
        both,
    )
    return {
        "asked": asked,
        "note": subject.note,
        "customer_id": subject.customer_id,
        "segment": segment["name"],
        "is_member": bool(member),
        "reason": member[0]["reason"] if member else None,
        "qualified_at": member[0]["qualified_at"] if member else None,
        "criterion": segment["criterion"],
        "time_frame": segment["time_frame"],
        "refresh": segment["refresh"],
        "thresholds": json.loads(segment["thresholds"]),
        "values": {what: found[0][what] for what in looks_at if what in found[0]},
        "events": {
            mart: rows(
                connection,
                f"""
                select {EVENTS[mart]} from marts.{mart} where customer_id = $1
                order by 1 desc nulls last
                """,
                who,
            )
            for mart in looks_at
            if mart in EVENTS and f"marts.{mart}" in there
        },
        "spells": rows(
            connection,
            """
            select entered_at, left_at from marts.segment_membership_history
            where segment = $1 and customer_id = $2
            order by entered_at
            """,
            both,
        ),
        "looked_since": first_look(connection, there),
    }


def find_segment(connection: duckdb.DuckDBPyConnection, name: str) -> Row:
    """The segment of that name, with or without the prefix of its table."""
    wanted = name.strip().lower().removeprefix("segment_")
    segments = {row["name"]: row for row in rows(connection, "from marts.segment_catalog")}
    if wanted not in segments:
        near = get_close_matches(wanted, segments, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(segments)}."
        raise UserError(f"There is no segment '{name}': {hint}")
    return segments[wanted]


def first_look(connection: duckdb.DuckDBPyConnection, there: set[str]) -> object:
    """The clock of the first run that looked; before it nothing is known of spells."""
    if "ledger.segment_changes" not in there:
        return None
    seen = rows(connection, "select min(seen_at) as seen_at from ledger.segment_changes")
    return seen[0]["seen_at"]


def render_segment(facts: Row, everything: bool = False) -> str:
    """The text of what explain_segment found."""
    who, segment = facts["customer_id"], facts["segment"]
    note = [facts["note"]] if facts["note"] else []
    if facts["is_member"]:
        verdict = [
            f"{who} is in {segment}: {facts['reason']}.",
            f"Qualified at {day(facts['qualified_at'])}.",
        ]
    else:
        verdict = [f"{who} is not in {segment}."]
    lines = [
        *note,
        *verdict,
        "",
        f"Criterion   {facts['criterion']}",
        f"Thresholds  {', '.join(map(threshold, facts['thresholds'].items())) or 'none'}",
        f"Time frame  {facts['time_frame']} (refresh: {facts['refresh']})",
    ]
    values = [(name, value(told)) for name, told in facts["values"].items()]
    lines += section("What it looks at", table(values) if values else [])
    shown = None if everything else SHOWN // 4
    for mart, events in facts["events"].items():
        cells = [tuple(map(value, event.values())) for event in events]
        headed = [tuple(events[0]), *cells[:shown]] if cells else []
        left_out = len(cells) - len(headed) + 1
        lines += ["", f"{mart} ({len(cells):,})", *(f"  {line}" for line in lined(headed))]
        lines += [f"  … and {left_out:,} more (--all lists them)"] if cells and left_out else []
    spells = [f"{day(s['entered_at'])} until {until(s)}" for s in facts["spells"]]
    lines += section("Spells, as runs saw them", spells, None)
    if not spells and facts["looked_since"]:
        lines += ["", f"No run has seen the customer in it since {day(facts['looked_since'])}."]
    return "\n".join(map(terminal.shown, lines))


def lined(cells: list[tuple[str, ...]]) -> list[str]:
    return table(cells) if cells else ["none"]


def threshold(given: tuple[str, object]) -> str:
    name, told = given
    return f"{name} {', '.join(map(str, told)) if isinstance(told, list) else told}"


def until(spell: Row) -> str:
    return day(spell["left_at"]) if spell["left_at"] else "now"


def value(told: object) -> str:
    """A value of a mart in a cell; what is not known says so."""
    if told is None:
        return "-"
    return f"{told:.6g}" if isinstance(told, float) and abs(told) < 1 else str(told)
