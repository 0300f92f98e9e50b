"""The rules of email_decisions against a second telling of them in Python, on random candidates."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

MODEL = Path(__file__).parents[2] / "models/marts/campaigns/email_decisions.sql"
AS_OF = datetime(2026, 6, 15, 12)

# Moments around the clock, so that equal ones come up often.
moments = st.sampled_from([AS_OF + timedelta(seconds=s) for s in (-7200, -1, 0, 1, 7200)])


@dataclass(frozen=True)
class Candidate:
    message_id: str
    customer_id: str
    campaign: str
    email_key: str | None
    kind: str
    priority: int
    qualified_at: datetime
    send_after: datetime
    expires_at: datetime
    is_already_sent: bool
    has_address: bool
    has_tied_address: bool
    is_suppressed: bool
    has_consent: bool
    is_over: bool
    over_reason: str | None
    is_order_missing: bool


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Few customers, addresses and campaigns, so that they get in each other's way."""
    rarely = st.sampled_from([False, False, False, True])
    addresses = draw(st.dictionaries(st.sampled_from("ABCD"), st.sampled_from(["x@", "y@", None])))
    campaigns = {"transactional": ("transactional", 1)}
    for name in ("cart", "birthday", "win_back"):
        campaigns[name] = ("marketing", draw(st.integers(1, 3)))
    rows, over = [], st.sampled_from([None, None, None, "already_purchased", "nothing_left"])
    for number in range(draw(st.integers(0, 12))):
        customer, campaign = draw(st.sampled_from("ABCD")), draw(st.sampled_from(sorted(campaigns)))
        address = addresses.get(customer)
        kind, priority = campaigns[campaign]
        over_reason = draw(over)
        rows.append(
            Candidate(
                *(f"m{number}", customer, campaign, address, kind, priority),
                qualified_at=draw(moments),
                send_after=draw(moments),
                expires_at=draw(st.sampled_from([AS_OF, AS_OF + timedelta(days=1)])),
                is_already_sent=draw(rarely),
                has_address=address is not None,
                has_tied_address=address is not None and not draw(rarely),
                is_suppressed=draw(rarely),
                has_consent=not draw(rarely),
                is_over=over_reason is not None,
                over_reason=over_reason,
                is_order_missing=draw(rarely),
            )
        )
    return draw(st.permutations(rows))


def decide(rows: list[Candidate]) -> dict[str, tuple[str, str]]:
    """message_id -> (decision, reason), by the model's own SQL."""
    template = Environment().from_string(MODEL.read_text())
    sql = template.render(
        ref=lambda name: name,
        as_of=lambda: f"cast('{AS_OF}' as timestamp)",
        dbt=SimpleNamespace(type_string=lambda: "varchar"),
    )
    types = {"str": "varchar", "str | None": "varchar", "int": "integer", "bool": "boolean"}
    columns = [f"{f.name} {types.get(f.type, 'timestamp')}" for f in fields(Candidate)]
    with duckdb.connect() as connection:
        connection.execute(
            f"create table email_candidates ({', '.join(columns)}, email varchar, occasion varchar)"
        )
        marks = ", ".join("?" * len(columns))
        for row in rows:
            connection.execute(
                f"insert into email_candidates values ({marks}, null, null)", astuple(row)
            )
        found = connection.execute(f"select message_id, decision, reason from ({sql})").fetchall()
    assert len(found) == len(rows)
    return {message_id: (decision, reason) for message_id, decision, reason in found}


def objection(row: Candidate) -> str | None:
    rules = {
        "already_sent": row.is_already_sent,
        "expired": row.expires_at <= AS_OF,
        "invalid_address": not row.has_address,
        "address_not_tied": not row.has_tied_address,
        "suppressed": row.is_suppressed,
        "no_consent": row.kind == "marketing" and not row.has_consent,
        row.over_reason: row.is_over,
        "orders_not_yet_known": row.is_order_missing,
        "waiting": row.send_after > AS_OF,
    }
    return next((reason for reason, applies in rules.items() if applies), None)


def expected(rows: list[Candidate]) -> dict[str, tuple[str, str]]:
    found, best = {}, {}
    for row in rows:
        reason = objection(row)
        if reason:
            holds = reason in {"waiting", "orders_not_yet_known"}
            found[row.message_id] = ("hold" if holds else "skip", reason)
        elif row.kind == "transactional":
            found[row.message_id] = ("send", "due")
        else:
            rank = (row.priority, row.qualified_at, row.message_id)
            found[row.message_id] = ("skip", "outranked")
            if row.customer_id not in best or rank < best[row.customer_id][0]:
                best[row.customer_id] = (rank, row)
    first = {}
    for _, row in best.values():
        rank, place = (row.qualified_at, row.customer_id), (row.email_key, row.campaign)
        if place not in first or rank < first[place][0]:
            first[place] = (rank, row)
    return found | {row.message_id: ("send", "due") for _, row in first.values()}


@settings(max_examples=150, deadline=None)
@given(candidates())
def test_the_model_decides_by_the_rules(rows: list[Candidate]) -> None:
    decisions = decide(rows)
    assert decisions == expected(rows)
    sends = [r for r in rows if decisions[r.message_id][0] == "send" and r.kind == "marketing"]
    assert all(r.has_consent and r.has_tied_address and not r.is_suppressed for r in sends)
    assert len({r.customer_id for r in sends}) == len(sends)
    assert len({(r.email_key, r.campaign) for r in sends}) == len(sends)
