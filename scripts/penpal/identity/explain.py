"""Why are these records one customer, and why are those two not? Facts as dictionaries."""

from __future__ import annotations

import duckdb

from penpal.identity.chains import Node, node_name, strongest_chain
from penpal.identity.evidence import (
    Row,
    open_evidence,
    refusals_between,
    rows,
    strength,
    waterfall,
)
from penpal.identity.subjects import Subject, resolve

RECORDS = """
select map.record_key, map.source_table, map.first_seen_at,
    records.first_name_key as first_name, records.last_name_key as last_name, records.name_suffix,
    records.birth_date
from identity.identity_map as map
left join evidence_records as records on map.record_key = records.record_key
where map.customer_id = $1
order by map.first_seen_at, map.record_key
"""

IDENTIFIERS = """
select identifiers.identifier_type, identifiers.identifier_value,
    count(distinct identifiers.record_key) as records_count,
    min(identifiers.observed_at) as first_seen_at,
    any_value(suppressed.reason) as suppressed
from evidence_record_values as identifiers
inner join identity.identity_map as map on identifiers.record_key = map.record_key
left join evidence_suppressed_identifiers as suppressed
    on identifiers.identifier_type = suppressed.identifier_type
    and identifiers.identifier_value = suppressed.identifier_value
where map.customer_id = $1
group by identifiers.identifier_type, identifiers.identifier_value
-- Baskets and orders, of which there may be hundreds, come after what names a person.
order by identifiers.identifier_type in ('cart_id', 'order_id'),
    identifiers.identifier_type, records_count desc, identifiers.identifier_value
"""

# Consent stays with the mailbox that gave it; a refusal is the person's.
MAILBOXES = """
select emails.email, emails.marketing_status, emails.suppression_reason,
    case
        when emails.is_primary then 'in use'
        when emails.is_given_up then 'given up for another'
        when emails.is_not_personal then 'not theirs alone'
        else 'further'
    end as place,
    case
        when emails.is_primary and emails.marketing_status = 'granted'
            and consents.marketing_status <> 'granted' then consents.marketing_refused_at
    end as refused_elsewhere_at
from evidence_customer_emails as emails
left join evidence_customer_consents as consents on emails.customer_id = consents.customer_id
where emails.customer_id = $1
order by emails.is_primary desc, emails.email
"""

LINKS = """
select edges.record_key, edges.other_record_key, edges.identifier_type, edges.identifier_value,
    edges.group_key, edges.rule, edges.score, edges.source, edges.first_seen_at
from evidence_edges as edges
inner join identity.identity_map as map on edges.record_key = map.record_key
where map.customer_id = $1
order by all
"""

# A refusal is near a customer when it keeps one of its records from something.
REFUSALS = """
select record_key, other_record_key, identifier_type, identifier_value, rule, reason, score,
    first_seen_at
from evidence_conflicts as conflicts
where exists (
    from identity.identity_map as map
    where map.customer_id = $1
        and map.record_key in (conflicts.record_key, conflicts.other_record_key)
)
order by all
"""

# Between two customers: record against record, or a record against a value that the other has.
REFUSALS_BETWEEN = refusals_between(
    "(select record_key, customer_id from identity.identity_map where customer_id in ($1, $2))"
)

PAIRS_BETWEEN = """
select pairs.record_key_a, pairs.record_key_b, pairs.blocking_rule, pairs.weight
from evidence_pairs as pairs
inner join identity.identity_map as one on pairs.record_key_a = one.record_key
inner join identity.identity_map as two on pairs.record_key_b = two.record_key
where (one.customer_id = $1 and two.customer_id = $2)
    or (one.customer_id = $2 and two.customer_id = $1)
order by pairs.weight desc, pairs.record_key_a, pairs.record_key_b
"""

SHARED_VALUES = """
with held as (
    select distinct identifiers.identifier_type, identifiers.identifier_value, map.customer_id
    from evidence_record_values as identifiers
    inner join identity.identity_map as map on identifiers.record_key = map.record_key
    where map.customer_id in ($1, $2)
)
select held.identifier_type, held.identifier_value, any_value(suppressed.reason) as suppressed,
    any_value(suppressed.why) as why
from held
left join evidence_suppressed_identifiers as suppressed
    on held.identifier_type = suppressed.identifier_type
    and held.identifier_value = suppressed.identifier_value
group by held.identifier_type, held.identifier_value
having count(distinct held.customer_id) = 2
order by all
"""

OVERRIDES_BETWEEN = """
select overrides.record_key_a, overrides.record_key_b, overrides.decided_by, overrides.decided_at,
    overrides.why
from evidence_overrides as overrides
inner join identity.identity_map as one on overrides.record_key_a = one.record_key
inner join identity.identity_map as two on overrides.record_key_b = two.record_key
where overrides.decision = 'different'
    and ((one.customer_id = $1 and two.customer_id = $2)
        or (one.customer_id = $2 and two.customer_id = $1))
order by all
"""

PROPOSED_BETWEEN = """
select a.record_key as record_key_a, b.record_key as record_key_b, candidates.blocking_rule
from evidence_candidates as candidates
inner join identity.identity_map as a on candidates.profile_a = a.record_id
inner join identity.identity_map as b on candidates.profile_b = b.record_id
where (a.customer_id = $1 and b.customer_id = $2)
    or (a.customer_id = $2 and b.customer_id = $1)
order by all
limit 20
"""


def explain_identity(
    connection: duckdb.DuckDBPyConnection, asked: str, other: str | None = None
) -> Row:
    """Everything that is known about one customer, or about what joins or parts two.

    The key `verdict` is customer (one argument), same or different (two).
    """
    found = open_evidence(connection)
    one = resolve(connection, asked)
    if other is None:
        return about(connection, one)
    two = resolve(connection, other)
    meet(one, two)
    if one.customer_id == two.customer_id:
        return why_same(connection, one, two)
    return why_different(connection, one, two, found)


def meet(one: Subject, two: Subject) -> None:
    """A shared identifier stands for the holder whom the other side is about, if there is one."""
    for side, facing in ((one, two), (two, one)):
        if side.kind == "identifier" and facing.customer_id in side.others:
            side.others = [side.customer_id, *side.others]
            side.others.remove(facing.customer_id)
            side.customer_id = facing.customer_id
            return


def subject_facts(subject: Subject) -> Row:
    return {
        "asked": subject.asked,
        "kind": subject.kind,
        "customer_id": subject.customer_id,
        "note": subject.note,
        "other_holders": subject.others,
        "not_linked": subject.unlinked,
        "has_records": bool(subject.nodes),
    }


def about(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Row:
    """One customer: records, identifiers, former ids, links with their evidence, refusals."""
    customer = [subject.customer_id]
    return {
        "verdict": "customer",
        "subject": subject_facts(subject),
        "customer_id": subject.customer_id,
        "records": rows(connection, RECORDS, customer),
        "identifiers": rows(connection, IDENTIFIERS, customer),
        "mailboxes": rows(connection, MAILBOXES, customer),
        "former_ids": rows(
            connection,
            """
            select * from evidence_customer_id_changes
            where current_customer_id = $1 and customer_id <> $1
            order by changed_at, customer_id
            """,
            customer,
        ),
        "links": sorted(rows(connection, LINKS, customer), key=strength, reverse=True),
        "refusals": rows(connection, REFUSALS, customer),
    }


def why_same(connection: duckdb.DuckDBPyConnection, one: Subject, two: Subject) -> Row:
    """The strongest chain of links between the two; with the waterfall of every fuzzy link."""
    start, goal = starting_points(one, two)
    chain = strongest_chain(rows(connection, LINKS, [one.customer_id]), start, goal)
    return {
        "verdict": "same",
        "subjects": [subject_facts(one), subject_facts(two)],
        "customer_id": one.customer_id,
        "chain": None if chain is None else [step_facts(connection, *step) for step in chain],
    }


def starting_points(one: Subject, two: Subject) -> tuple[set[Node], set[Node]]:
    """Where the chain begins and ends.

    A customer is all of its records; a former one those that carried its id: what the other side
    does not have is what needs a chain.
    """
    start, goal = one.nodes, two.nodes
    if one.kind in ("customer", "former customer") and goal < start:
        start = start - goal
    elif two.kind in ("customer", "former customer") and start < goal:
        goal = goal - start
    return start, goal


def step_facts(connection: duckdb.DuckDBPyConnection, start: Node, link: Row, end: Node) -> Row:
    between_records = link["other_record_key"] is not None
    return {
        "from": node_name(start),
        "to": node_name(end),
        **{key: link[key] for key in ("rule", "score", "source", "first_seen_at")},
        "waterfall": waterfall(connection, link["record_key"], link["other_record_key"])
        if between_records
        else [],
    }


def why_different(
    connection: duckdb.DuckDBPyConnection, one: Subject, two: Subject, found: set[str]
) -> Row:
    """What was refused between two customers, what was scored, what they share to no avail."""
    both = [one.customer_id, two.customer_id]
    named = {node for node in one.nodes | two.nodes if isinstance(node, str)}
    pairs = rows(connection, PAIRS_BETWEEN, both)
    # What was asked about comes before the rest of the two customers.
    pairs.sort(key=lambda p: not {p["record_key_a"], p["record_key_b"]} <= named)
    for pair in pairs[:3]:
        pair["waterfall"] = waterfall(connection, pair["record_key_a"], pair["record_key_b"])
    facts = {
        "verdict": "different",
        "subjects": [subject_facts(one), subject_facts(two)],
        "customer_ids": both,
        "overrides": rows(connection, OVERRIDES_BETWEEN, both),
        "refusals": rows(connection, REFUSALS_BETWEEN, both),
        "pairs": pairs,
        "shared_values": rows(connection, SHARED_VALUES, both),
        "proposed": None,
    }
    if not pairs and "candidates" in found:
        facts["proposed"] = rows(connection, PROPOSED_BETWEEN, both)
    return facts
