"""What a user may ask about, and the customer that it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb
from settings import UserError

from explaining.chains import Node
from explaining.evidence import rows


@dataclass
class Subject:
    """What was asked, resolved: the customer, and where chains of links start."""

    asked: str
    kind: str  # record | customer | former customer | identifier
    customer_id: str
    nodes: set[Node] = field(default_factory=set)
    others: list[str] = field(default_factory=list)  # further customers who share the identifier
    note: str | None = None


def resolve(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject:
    """A record key, a customer id (also a former one), an e-mail address, phone or source key."""
    asked = asked.strip()
    found = (
        _record(connection, asked)
        or _customer(connection, asked)
        or _former_customer(connection, asked)
        or _identifier(connection, asked)
        or _source_key(connection, asked)
    )
    if found is None:
        raise UserError(
            f"Nothing in the warehouse is called '{asked}': give a record like crm.contacts:C1,"
            " a customer id, an e-mail address or a phone with its country code."
        )
    return found


def _record(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    found = rows(
        connection, "select customer_id from identity.identity_map where record_key = $1", [asked]
    )
    return Subject(asked, "record", found[0]["customer_id"], {asked}) if found else None


def _customer(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    found = rows(
        connection,
        """
        select record_key from identity.identity_map
        where customer_id = lower($1) or customer_id = $1
        order by first_seen_at, record_key
        """,
        [asked],
    )
    if not found:
        return None
    customer_id = rows(
        connection,
        "select customer_id from identity.identity_map where record_key = $1",
        [found[0]["record_key"]],
    )[0]["customer_id"]
    return Subject(asked, "customer", customer_id, {row["record_key"] for row in found})


def _former_customer(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    found = rows(
        connection,
        "select * from evidence_customer_id_changes where customer_id in ($1, lower($1))",
        [asked],
    )
    if not found:
        return None
    change = found[0]
    when = f" on {change['changed_at']:%Y-%m-%d}" if change["changed_at"] else ""
    if change["current_customer_id"] is None:
        raise UserError(f"Customer {change['customer_id']} was retired{when}: no record is left.")
    carried = rows(
        connection,
        """
        select distinct map.record_key
        from evidence_customer_id_assignments as assignments
        inner join identity.identity_map as map on assignments.record_key = map.record_key
        where assignments.customer_id = $1 and map.customer_id = $2
        """,
        [change["customer_id"], change["current_customer_id"]],
    )
    return Subject(
        asked,
        "former customer",
        change["current_customer_id"],
        {row["record_key"] for row in carried},
        note=f"{change['customer_id']} became {change['current_customer_id']}{when}.",
    )


def _identifier(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    """Whoever holds the value, as written or in comparison form: the first holder leads."""
    forms = sorted({asked, asked.lower(), re.sub(r"[\s()./-]", "", asked)})
    values = rows(
        connection,
        """
        select distinct identifier_type, identifier_value
        from evidence_record_identifiers
        where list_contains($1, identifier_value) or list_contains($1, shown_value)
        union
        select identifier_type, identifier_value from evidence_identifiers
        where list_contains($1, identifier_value)
        order by 1, 2
        """,
        [forms],
    )
    if not values:
        return None
    nodes: set[Node] = set()
    holders: dict[str, str] = {}
    for value in values:
        held = rows(
            connection,
            """
            select map.customer_id, edges.group_key, min(edges.first_seen_at) as since
            from evidence_edges as edges
            inner join identity.identity_map as map on edges.record_key = map.record_key
            where edges.identifier_type = $1 and edges.identifier_value = $2
            group by all order by since, map.customer_id
            """,
            list(value.values()),
        )
        for row in held:
            nodes.add((value["identifier_type"], value["identifier_value"], row["group_key"] or ""))
            holders.setdefault(row["customer_id"], value["identifier_type"])
    if not holders:
        raise UserError(_why_nobody(connection, asked, values))
    first, *others = holders
    return Subject(asked, "identifier", first, nodes, others)


def _why_nobody(
    connection: duckdb.DuckDBPyConnection, asked: str, values: list[dict[str, str]]
) -> str:
    for value in values:
        suppressed = rows(
            connection,
            """
            select reason, why from evidence_suppressed_identifiers
            where identifier_type = $1 and identifier_value = $2
            """,
            list(value.values()),
        )
        if suppressed:
            why = f", {suppressed[0]['why']}" if suppressed[0]["why"] else ""
            return (
                f"{value['identifier_type']} {asked} stands for nobody: it is suppressed"
                f" ({suppressed[0]['reason']}{why})."
            )
    return f"{values[0]['identifier_type']} {asked} is known, but no link to a customer uses it."


def _source_key(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    found = rows(
        connection,
        """
        select record_key from identity.identity_map where source_key = $1 order by record_key
        """,
        [asked],
    )
    if len(found) > 1:
        names = ", ".join(row["record_key"] for row in found[:5])
        raise UserError(f"'{asked}' is the key of {len(found)} records: say which one ({names}).")
    return _record(connection, found[0]["record_key"]) if found else None
