"""The state of identity without labels: counts and shares only, and customer ids."""

from __future__ import annotations

import duckdb

from penpal.identity.evidence import Row, rows

# Things (deterministic components) that fuzzy links made one customer: how many of the possible
# pairs are linked? A chain of weak links is thin, a true cluster is nearly complete.
DENSITY = """
with parts as (
    select map.customer_id, count(distinct things.component) as things_count
    from identity.identity_map as map
    inner join things on map.record_key = things.record_key
    group by map.customer_id
    having things_count >= 3
),
links as (
    select distinct map.customer_id, least(one.component, two.component) as component_a,
        greatest(one.component, two.component) as component_b
    from evidence_edges as edges
    inner join identity.identity_map as map on edges.record_key = map.record_key
    inner join things as one on edges.record_key = one.record_key
    inner join things as two on edges.other_record_key = two.record_key
    where one.component <> two.component
),
counted as (select customer_id, count(*) as links_count from links group by customer_id)
select parts.customer_id, parts.things_count, counted.links_count,
    counted.links_count / (parts.things_count * (parts.things_count - 1) / 2) as density
from parts
inner join counted on parts.customer_id = counted.customer_id
order by density, parts.things_count desc, parts.customer_id
"""

COUNTS = {
    "suppressed": """
        select identifier_type || ': ' || reason as name, count(*) as n
        from evidence_suppressed_identifiers group by all order by n desc, name
    """,
    "links": """
        select rule as name, count(*) as n from evidence_edges group by all order by n desc, name
    """,
    "grey_zone": """
        select why as name, count(*) as n from evidence_review group by all order by n desc, name
    """,
}


def health(connection: duckdb.DuckDBPyConnection, has_things: bool, found: set[str]) -> Row:
    """What the identity layer made of its records; None for what the warehouse does not keep."""
    totals = rows(
        connection,
        """
        select count(*) as records, count(distinct customer_id) as customers
        from identity.identity_map
        """,
    )[0]
    sizes = rows(
        connection,
        """
        select n as size, count(*) as customers
        from (select count(*) as n from identity.identity_map group by customer_id)
        group by n order by n
        """,
    )
    report = {
        **totals,
        "cluster_sizes": {row["size"]: row["customers"] for row in sizes},
        "density": density(connection) if has_things else None,
        "conflicts_per_thousand_records": conflicts(connection, totals["records"])
        if "conflicts" in found
        else None,
    }
    sources = {"suppressed": "suppressed_identifiers", "links": "edges", "grey_zone": "review"}
    for name, query in COUNTS.items():
        counts = {row["name"]: row["n"] for row in rows(connection, query)}
        report[name] = counts if sources[name] in found else None
    return report


def density(connection: duckdb.DuckDBPyConnection) -> Row:
    """Linked pairs among the possible ones, in customers of three or more fuzzily linked things."""
    found = rows(connection, DENSITY)
    mean = sum(row["density"] for row in found) / len(found) if found else None
    return {"customers": len(found), "mean": mean, "least_dense": found[:10]}


def conflicts(connection: duckdb.DuckDBPyConnection, records: int) -> dict[str, float]:
    query = """
        select reason, count(*) as n from evidence_conflicts group by reason order by n desc, reason
    """
    return {row["reason"]: 1000 * row["n"] / max(records, 1) for row in rows(connection, query)}
