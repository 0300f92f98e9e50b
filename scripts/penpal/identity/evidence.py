"""The evidence that the identity layer keeps: links, refusals, scored pairs and their waterfalls.

`open_evidence` gives every table of it a temporary name of its own (evidence_<name>), empty where
the warehouse has no such table, so that every query can be written once.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from penpal.settings import ROOT, UserError

Row = dict[str, Any]

NEEDED = ("identity_map", "identity_customers", "identity_edges")

LINK = (
    "record_key varchar, other_record_key varchar, identifier_type varchar,"
    " identifier_value varchar, rule varchar, score double, first_seen_at timestamp"
)
PAIR = "record_key_a varchar, record_key_b varchar"

# What the queries below read of each table; a warehouse without it is one where it is empty.
TABLES = {
    "identity.identity_edges": f"{LINK}, group_key varchar, source varchar",
    "identity.identity_conflicts": f"{LINK}, reason varchar",
    "identity.identity_pairs": f"{PAIR}, blocking_rule varchar, weight double",
    "identity.identity_waterfall": f"{PAIR}, step_number integer, comparison varchar,"
    " level varchar, value_a varchar, value_b varchar, weight double, running_weight double",
    "identity.identity_review": f"{PAIR}, weight double, probability double, why varchar",
    "identity.identity_candidates": "profile_a bigint, profile_b bigint, blocking_rule varchar,"
    " is_linked boolean",
    "identity.identity_records": "record_key varchar, first_name_key varchar,"
    " last_name_key varchar, name_suffix varchar, birth_date date, phone varchar",
    "identity.identity_record_values": "record_key varchar, identifier_type varchar,"
    " identifier_value varchar, shown_value varchar, observed_at timestamp",
    "marts.customer_identifiers": "identifier_type varchar, identifier_value varchar,"
    " customer_id varchar, is_shared boolean",
    "marts.suppressed_identifiers": "identifier_type varchar, identifier_value varchar,"
    " reason varchar, why varchar",
    "identity.identity_linked_clusters": "record_id bigint, cluster bigint",
    "identity.customer_id_changes": "customer_id varchar, current_customer_id varchar,"
    " status varchar, changed_at timestamp",
    "identity.device_owners": "anonymous_id varchar, customer_id varchar, valid_from timestamp,"
    " valid_to timestamp",
    "ledger.customer_id_assignments": "record_key varchar, customer_id varchar,"
    " assigned_at timestamp, sequence bigint",
    "profile.customer_emails": "customer_id varchar, email varchar, is_primary boolean,"
    " is_not_personal boolean, is_given_up boolean, marketing_status varchar,"
    " suppression_reason varchar",
    "marts.customer_consents": "customer_id varchar, marketing_status varchar,"
    " marketing_refused_at timestamp",
    "rules.identity_overrides": f"{PAIR}, decision varchar, decided_by varchar,"
    " decided_at timestamp, why varchar",
}

REASONS = {
    "different_given_names": "their given names differ",
    "different_name_suffixes": "their names end in different suffixes (Sr., Jr.)",
    "different_birth_dates": "their birth dates differ",
    "ambiguous_name": "its name fits several people on the value",
    "nameless_on_shared_value": "it has no name, and several people share the value",
    "nameless_on_phone": "it has no name, and a phone alone does not tell whose it is",
    "blocked_value": "the value is blocked",
    "unrelated_names": "the value stands on names that have nothing in common",
    "key_of_somebody_else": "the key is somebody's of another name and another address",
    "over_limit": "the value stands on more records or people than its limit allows",
    "too_many_people": "more people use it than its limit allows",
    "too_many_records": "it stands on more records than its limit allows",
    "never_link_override": "an override says that they are different people",
    "cut_weakest_link": "it was the weakest link between people who contradict each other",
    "outweighed_by_never_link": "another override says that they are different people",
    "strong_disagreement": "the records disagree too strongly, whatever else agrees",
    "only_names_agree": "nothing but their names agrees, which many people share",
    "rest_of_cluster_disagrees": "the other records of the two sides speak against it",
}


def _types_by_trust() -> tuple[str, ...]:
    with (ROOT / "seeds" / "rules" / "identifier_limits.csv").open(newline="") as file:
        ranks = {row["identifier_type"]: int(row["trust_rank"]) for row in csv.DictReader(file)}
    return tuple(sorted(ranks, key=ranks.__getitem__, reverse=True))


# From chance to design; any fuzzy link is weaker.
TRUST = (*_types_by_trust(), "override")
BASES = (
    "only_holder", "nameless", "nameless_to_owner", "adopted_name", "only_name", "same_name",
    "same_key",
)  # fmt: skip


def rows(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Sequence[Any] | Mapping[str, Any] | None = None,
) -> list[Row]:
    """The result of a query as dictionaries; decimals as floats."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description]
    return [
        {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in cursor.fetchall()
    ]


def relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every table and view of the warehouse, as schema.name."""
    query = """
        select schema_name || '.' || table_name from duckdb_tables() where not temporary
        union all
        select schema_name || '.' || view_name from duckdb_views() where not internal
    """
    return {name for (name,) in connection.execute(query).fetchall()}


def open_evidence(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Make the temporary names; returns the short names of the tables that are there."""
    found = relations(connection)
    lacking = [f"identity.{name}" for name in NEEDED if f"identity.{name}" not in found]
    if lacking:
        raise UserError(f"The warehouse has no {', '.join(lacking)}: run `dbt build` first.")
    for table, columns in TABLES.items():
        name = f"evidence_{short(table)}"
        if table in found:
            connection.execute(f"create or replace temp view {name} as select * from {table}")
        else:
            connection.execute(f"create or replace temp table {name} ({columns})")
    return {short(table) for table in TABLES if table in found}


def short(table: str) -> str:
    """identity.identity_edges -> edges; marts.suppressed_identifiers keeps its name."""
    return table.split(".")[1].removeprefix("identity_")


def deterministic_components(connection: duckdb.DuckDBPyConnection, found: set[str]) -> bool:
    """Temp table things(record_id, record_key, component): who is one before any comparison.

    False, and every record a thing of its own, where the warehouse does not keep it.
    """
    connection.execute(
        """
        create or replace temp table things as
        select map.record_id, map.record_key,
            coalesce(clusters.cluster, map.record_id) as component
        from identity.identity_map as map
        left join evidence_linked_clusters as clusters on map.record_id = clusters.record_id
        """
    )
    return "linked_clusters" in found


def strength(link: Row) -> tuple[float, float]:
    """How much a link is to be trusted: greater is stronger; sorts, and compares across rules.

    Overrides, then shared values by type (on which a name that agrees counts more than none), then
    fuzzy links by their score.
    """
    kind, _, basis = link["rule"].partition(":")
    if kind != "override" and link.get("other_record_key") is not None:
        return 0, link["score"] if link["score"] is not None else -math.inf
    rank = TRUST.index(kind) + 1 if kind in TRUST else 1
    return rank, BASES.index(basis) if basis in BASES else 0


def waterfall(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[Row]:
    """The steps of a scored pair from the prior to its weight; empty where it was not kept."""
    return rows(
        connection,
        """
        select comparison, level, value_a, value_b, weight, running_weight
        from evidence_waterfall
        where record_key_a = $1 and record_key_b = $2
        order by step_number
        """,
        sorted((one, other)),
    )


def waterfall_lines(steps: list[Row]) -> list[str]:
    """A waterfall as a small table: comparison, level, the two values, weight, running weight.

    Comparisons for which neither side has a value say nothing, and are left out.
    """
    cells = [
        (
            step["comparison"],
            step["level"] or "",
            values_side_by_side(step),
            f"{step['weight']:+.2f}",
            f"{step['running_weight']:.2f}",
        )
        for step in steps
        if step["weight"] or step["value_a"] is not None or step["value_b"] is not None
    ]
    widths = [max(len(cell[i]) for cell in cells) for i in range(5)] if cells else []
    return [
        "  ".join(
            text.rjust(width) if i > 2 else text.ljust(width)
            for i, (text, width) in enumerate(zip(cell, widths, strict=True))
        )
        for cell in cells
    ]


def values_side_by_side(step: Row) -> str:
    if step["value_a"] is None and step["value_b"] is None:
        return ""
    sides = [
        "(none)" if step[side] is None else str(step[side])[:40] for side in ("value_a", "value_b")
    ]
    return " | ".join(sides)


def in_words(reason: str | None) -> str:
    """A reason's code as a phrase; an unknown code with its underscores as blanks."""
    return REASONS.get(reason or "", (reason or "no reason kept").replace("_", " "))


def refusal_line(refusal: Row) -> str:
    """One refused link as a line: who, with whom or what, by which rule, why."""
    other = f" and {refusal['other_record_key']}" if refusal["other_record_key"] else ""
    value = (
        f" on {refusal['identifier_type']} {refusal['identifier_value']}"
        if refusal["identifier_type"]
        else ""
    )
    score = "" if refusal["score"] is None else f", {refusal['score']:.2f} bits"
    who, why = f"{refusal['record_key']}{other}{value}", in_words(refusal["reason"])
    return f"{who} ({refusal['rule']}{score}): {why}"


def refusals_between(sides: str) -> str:
    """A query for what was refused between records of different customers.

    sides: a relation of record_key and customer_id, the records to look at.
    """
    return f"""
    with sides as (select record_key, customer_id from {sides}),
    held as (
        select distinct identifiers.identifier_type, identifiers.identifier_value, sides.customer_id
        from evidence_record_values as identifiers
        inner join sides on identifiers.record_key = sides.record_key
    )
    select distinct conflicts.record_key, conflicts.other_record_key, conflicts.identifier_type,
        conflicts.identifier_value, conflicts.rule, conflicts.reason, conflicts.score,
        conflicts.first_seen_at
    from evidence_conflicts as conflicts
    inner join sides as one on conflicts.record_key = one.record_key
    left join sides as two
        on conflicts.other_record_key = two.record_key and one.customer_id <> two.customer_id
    left join held
        on conflicts.identifier_type = held.identifier_type
        and conflicts.identifier_value = held.identifier_value
        and one.customer_id <> held.customer_id
    where two.record_key is not null or held.customer_id is not null
    order by all
    """
