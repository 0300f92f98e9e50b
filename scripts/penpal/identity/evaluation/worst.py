"""The worst errors against a truth, each with the evidence that led to it."""

from __future__ import annotations

from itertools import islice

import duckdb

from penpal.identity.chains import node_name, strongest_chain
from penpal.identity.evidence import (
    Row,
    in_words,
    refusal_line,
    refusals_between,
    rows,
    strength,
    waterfall,
    waterfall_lines,
)
from penpal.identity.explain import LINKS

SHOWN = 10  # errors of a kind
EVIDENCE = 5  # lines of evidence an error

# By the number of wrong pairs: n² less the squares of the parts, halved.
WORST = """
with cells as (select {group}, {part}, count(*) as n from judged group by all)
select {group} as name, sum(n) as records, count(*) as parts,
    (sum(n) * sum(n) - sum(n * n)) / 2 as pairs
from cells
group by {group}
having count(*) > 1
order by pairs desc, name
limit {limit}
"""

# A record without a label is its thing's person, where that has one only.
LABELLED = """
create or replace temp table labelled as
with alone as (
    select things.component, min(judged.person_id) as person_id
    from judged inner join things on judged.record_key = things.record_key
    group by things.component
    having count(distinct judged.person_id) = 1
)
select things.record_key, map.customer_id, coalesce(judged.person_id, alone.person_id) as person_id
from things
inner join identity.identity_map as map on things.record_key = map.record_key
left join judged on things.record_key = judged.record_key
left join alone on things.component = alone.component
where coalesce(judged.person_id, alone.person_id) is not null
"""

# Links of a customer that bind records of different people: directly, or through one value.
BINDING = """
with links as (
    select edges.*, labelled.person_id, other.person_id as other_person_id
    from evidence_edges as edges
    inner join labelled on edges.record_key = labelled.record_key
    left join labelled as other on edges.other_record_key = other.record_key
    where labelled.customer_id = $1
)
select record_key, other_record_key, null as identifier_type, null as identifier_value, rule,
    score, 2 as records, 2 as people
from links
where person_id <> other_person_id
union all
select min(record_key), null, identifier_type, identifier_value, arg_min(rule, (rule_rank, rule)),
    arg_min(score, (rule_rank, rule)), count(distinct record_key), count(distinct person_id)
from (
    from links select *, case when rule like '%nameless%' then 0 else 1 end as rule_rank
    where other_record_key is null
)
group by identifier_type, identifier_value, group_key
having count(distinct person_id) > 1
order by all
"""

# The customers that the records of one person ended up with; all of their records may tell why.
PARTED = """
create or replace temp table parted as
select map.record_key, map.customer_id, things.component, judged.person_id is not null as is_theirs
from identity.identity_map as map
inner join things on map.record_key = things.record_key
left join judged on map.record_key = judged.record_key and judged.person_id = $1
where map.customer_id in (select customer_id from judged where person_id = $1)
"""

BEST_PAIR = """
select pairs.record_key_a, pairs.record_key_b, pairs.blocking_rule, pairs.weight
from evidence_pairs as pairs
inner join parted as a on pairs.record_key_a = a.record_key
inner join parted as b on pairs.record_key_b = b.record_key and a.customer_id <> b.customer_id
order by pairs.weight desc, pairs.record_key_a, pairs.record_key_b
limit 1
"""

REFUSED = refusals_between("parted")

SHARED = """
select identifiers.identifier_type, identifiers.identifier_value,
    any_value(suppressed.reason) as reason
from evidence_record_values as identifiers
inner join parted on identifiers.record_key = parted.record_key
left join evidence_suppressed_identifiers as suppressed
    on identifiers.identifier_type = suppressed.identifier_type
    and identifiers.identifier_value = suppressed.identifier_value
group by identifiers.identifier_type, identifiers.identifier_value
having count(distinct parted.customer_id) > 1
order by all
"""

PROPOSED = """
select array_to_string(proposed.blocking_rules, ', ') as blocking_rules
from proposed
inner join parted as a on proposed.component_a = a.component
inner join parted as b on proposed.component_b = b.component and a.customer_id <> b.customer_id
order by all
limit 1
"""


def worst_merges(connection: duckdb.DuckDBPyConnection, limit: int = SHOWN) -> list[Row]:
    """Customers of several people, by wrong pairs, with `evidence`: lines, the weakest first.

    Reads the temp tables judged (truth.py) and things (evidence.py).
    """
    connection.execute(LABELLED)
    query = WORST.format(group="customer_id", part="person_id", limit=limit)
    worst = rows(connection, query)
    for error in worst:
        error["evidence"] = binding_lines(connection, error["name"])
    return worst


def binding_lines(connection: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """What binds different people in one customer."""
    links = sorted(rows(connection, BINDING, [customer_id]), key=strength)
    if not links:
        return chain_lines(connection, customer_id)
    lines = []
    for link in links[:EVIDENCE]:
        score = "" if link["score"] is None else f", {link['score']:.2f} bits"
        if link["other_record_key"] is None:
            lines.append(
                f"{link['identifier_type']} {link['identifier_value']} ({link['rule']}{score})"
                f" binds {link['records']} records of {link['people']} people"
            )
            continue
        pair = link["record_key"], link["other_record_key"]
        lines.append(f"{pair[0]} = {pair[1]} ({link['rule']}{score})")
        lines += [f"    {line}" for line in waterfall_lines(waterfall(connection, *pair))]
    if len(links) > EVIDENCE:
        lines.append(f"… and {len(links) - EVIDENCE} more links between different people")
    return lines


def chain_lines(connection: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """No link binds two people directly: the chain between two of them, over unlabelled records."""
    query = """
        select person_id, min(record_key) as record_key from judged
        where customer_id = $1 group by person_id order by person_id limit 2
    """
    one, two = (row["record_key"] for row in rows(connection, query, [customer_id]))
    chain = strongest_chain(rows(connection, LINKS, [customer_id]), {one}, {two})
    if not chain:
        return [f"no links in identity_edges lead from {one} to {two}"]
    steps = "".join(f" - {link['rule']} - {node_name(end)}" for _, link, end in chain)
    return [f"through records without a label: {one}{steps}"]


def worst_misses(
    connection: duckdb.DuckDBPyConnection, limit: int = SHOWN, has_candidates: bool = False
) -> list[Row]:
    """People with several customers, by missed pairs, with `evidence` as lines.

    has_candidates says that the temp table proposed (truth.blocking) is there.
    """
    query = WORST.format(group="person_id", part="customer_id", limit=limit)
    worst = rows(connection, query)
    for error in worst:
        connection.execute(PARTED, [error["name"]])
        error["evidence"] = [
            *parts_line(connection),
            *pair_lines(connection, has_candidates),
            *[f"refused: {refusal_line(r)}" for r in islice(rows(connection, REFUSED), EVIDENCE)],
            *[shared_line(value) for value in islice(rows(connection, SHARED), EVIDENCE)],
        ]
    return worst


def shared_line(value: Row) -> str:
    why = f"is suppressed: {in_words(value['reason'])}" if value["reason"] else "did not link them"
    return f"parts share {value['identifier_type']} {value['identifier_value']}, which {why}"


def parts_line(connection: duckdb.DuckDBPyConnection) -> list[str]:
    parts = rows(
        connection,
        """
        select min(record_key) as record_key, count(*) as n from parted
        where is_theirs
        group by customer_id order by n desc, record_key
        """,
    )
    names = [
        part["record_key"] + (f" and {part['n'] - 1} more" if part["n"] > 1 else "")
        for part in parts[:EVIDENCE]
    ]
    more = f" | … {len(parts) - EVIDENCE} more parts" if len(parts) > EVIDENCE else ""
    return ["parts: " + " | ".join(names) + more]


def pair_lines(connection: duckdb.DuckDBPyConnection, has_candidates: bool) -> list[str]:
    """The best pair between the parts with its waterfall, or that nothing compared them."""
    best = rows(connection, BEST_PAIR)
    if best:
        pair = best[0]
        steps = waterfall(connection, pair["record_key_a"], pair["record_key_b"])
        return [
            f"best pair: {pair['record_key_a']} and {pair['record_key_b']}, {pair['weight']:.2f}"
            f" bits, proposed by {pair['blocking_rule']}",
            *[f"    {line}" for line in waterfall_lines(steps)],
        ]
    if not has_candidates:
        return ["no pair between the parts was scored and kept"]
    proposals = rows(connection, PROPOSED)
    if proposals:
        return [f"proposed by {proposals[0]['blocking_rules']}, but scored too low to be kept"]
    return ["no rule compared them"]
