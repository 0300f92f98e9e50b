"""What a user may ask about, and the customer that it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb

from penpal.identity.chains import Node
from penpal.identity.evidence import Row, in_words, rows
from penpal.settings import UserError


@dataclass
class Subject:
    """What was asked, resolved: the customer, and where chains of links start."""

    asked: str
    kind: str  # record | customer | former customer | identifier
    customer_id: str
    nodes: set[Node] = field(default_factory=set)
    others: list[str] = field(default_factory=list)  # further customers who share the identifier
    unlinked: list[Row] = field(default_factory=list)  # customers whom it does not link, and why
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
            _left_record(connection, asked)
            or _device(connection, asked)
            or f"Nothing in the warehouse is called '{asked}': {_nearest(connection, asked)}give a"
            " record like crm.contacts:C1, a customer id, an e-mail address or a phone with its"
            " country code."
        )
    return found


def _nearest(connection: duckdb.DuckDBPyConnection, asked: str) -> str:
    """The names that two slips of the keyboard make of it; none for a short one."""
    if len(asked) < 6:
        return ""
    near = rows(
        connection,
        """
        select name from (
            select record_key as name from identity.identity_map
            union select customer_id from identity.identity_map
            union select shown_value from evidence_record_values
            where identifier_type in ('email', 'phone')
        )
        where abs(length(name) - length($1)) <= 2 and levenshtein(lower(name), lower($1)) <= 2
        order by levenshtein(lower(name), lower($1)), name
        limit 3
        """,
        [asked],
    )
    return f"did you mean {' or '.join(row['name'] for row in near)}? Else " if near else ""


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
        note=f"{change['customer_id']} became {change['current_customer_id']}{when}."
        + ("" if carried else " None of the records that carried it is left."),
    )


# Who carries a value: linked by it (with the group of names that it binds), or not, and why not.
CARRIERS = """
with carriers as (
    select map.customer_id, map.record_key
    from evidence_record_values as identifiers
    inner join identity.identity_map as map on identifiers.record_key = map.record_key
    where identifiers.identifier_type = $1 and identifiers.identifier_value = $2
),
reasons as (
    select carriers.customer_id, min(conflicts.reason) as reason
    from evidence_conflicts as conflicts
    inner join carriers on conflicts.record_key = carriers.record_key
    where conflicts.identifier_type = $1 and conflicts.identifier_value = $2
    group by carriers.customer_id
),
links as (
    select map.customer_id, edges.group_key, min(edges.first_seen_at) as since
    from evidence_edges as edges
    inner join identity.identity_map as map on edges.record_key = map.record_key
    where edges.identifier_type = $1 and edges.identifier_value = $2
    group by all
)
select customer_id, true as is_linked, group_key, null as reason, since from links
union all
select distinct carriers.customer_id, false, null, reasons.reason, null
from carriers
left join reasons on carriers.customer_id = reasons.customer_id
where carriers.customer_id not in (select customer_id from links)
order by since, customer_id
"""

# The records that a key may mean: those whose own it is, and one for each type of identifier.
KEYED = """
select record_key, customer_id from identity.identity_map where source_key = $1
union
select arg_min(map.record_key, (map.source_key <> $1, map.record_key)),
    arg_min(map.customer_id, (map.source_key <> $1, map.record_key))
from evidence_edges as edges
inner join identity.identity_map as map on edges.record_key = map.record_key
where edges.identifier_value = $1
group by edges.identifier_type
order by record_key
"""


def _identifier(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    """Whoever holds the value, as written or in comparison form: the first holder leads."""
    values = rows(
        connection,
        """
        select distinct identifier_type, identifier_value
        from evidence_record_values
        where $asked in (identifier_value, shown_value)
            or (identifier_type = 'phone' and identifier_value = $phone)
            or (
                identifier_type = 'email'
                and (identifier_value in ($address, $email_key) or shown_value = $address)
            )
        union
        select identifier_type, identifier_value from evidence_customer_identifiers
        where identifier_value = $asked
        order by 1, 2
        """,
        {
            "asked": asked,
            "phone": phone_form(asked),
            "address": asked.lower(),
            "email_key": email_key(asked),
        },
    )
    if not values:
        return None
    nodes: set[Node] = set()
    kinds: set[str] = set()
    holders: list[str] = []
    unlinked: dict[str, Row] = {}
    for value in values:
        kind, name = value.values()
        for row in rows(connection, CARRIERS, [kind, name]):
            customer = row["customer_id"]
            if row["is_linked"]:
                nodes.add((kind, name, row["group_key"] or ""))
                kinds.add(kind)
                holders.append(customer)
            else:
                unlinked[customer] = {"customer_id": customer, "reason": row["reason"]}
    if not kinds & {"email", "phone"}:
        keyed = rows(connection, KEYED, [asked])
        if len({row["customer_id"] for row in keyed}) > 1:
            raise UserError(_which_one(asked, keyed))
    lacking = [row for customer, row in unlinked.items() if customer not in holders]
    if not holders:
        raise UserError(_why_nobody(connection, asked, values, lacking))
    first, *others = dict.fromkeys(holders)
    return Subject(asked, "identifier", first, nodes, others, lacking)


def phone_form(asked: str) -> str:
    """As identity keeps phones, if it is one with its country code: +4930123."""
    bare = re.sub(r"^tel[.:]?|[^\w+()]", "", asked.lower())
    bare = re.sub(r"^00", "+", bare)
    return re.sub(r"^(\+\d+)\(0\)|[()]", r"\1", bare)


def email_key(asked: str) -> str:
    """As the macro email_key: without a +tag, and for Gmail without dots."""
    local_part, _, domain = asked.lower().partition("@")
    local_part = local_part.partition("+")[0] or local_part
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local_part.replace('.', '')}@gmail.com"
    return f"{local_part}@{domain}"


def _which_one(asked: str, keyed: list[Row]) -> str:
    names = ", ".join(row["record_key"] for row in keyed[:5])
    return f"'{asked}' is the key of {len(keyed)} records: say which one ({names})."


def _why_nobody(
    connection: duckdb.DuckDBPyConnection, asked: str, values: list[Row], unlinked: list[Row]
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
    known = f"{values[0]['identifier_type']} {asked} is known, but no link to a customer uses it"
    carriers = [f"{row['customer_id']}: {in_words(row['reason'])}" for row in unlinked]
    return f"{known} ({'; '.join(carriers[:5])})." if carriers else f"{known}."


def _left_record(connection: duckdb.DuckDBPyConnection, asked: str) -> str | None:
    """Of a record that only the ledger knows: whose it was."""
    found = rows(
        connection,
        """
        select record_key, customer_id from evidence_customer_id_assignments
        where $1 in (record_key, substr(record_key, strpos(record_key, ':') + 1))
        order by sequence desc limit 1
        """,
        [asked],
    )
    if not found:
        return None
    record, customer = found[0].values()
    return f"{record} is no longer in the warehouse; it was a record of {customer}: ask for that."


def _device(connection: duckdb.DuckDBPyConnection, asked: str) -> str | None:
    """Of a device, which is nobody: whose it was, and when."""
    turns = rows(
        connection,
        """
        select customer_id, valid_from, valid_to from evidence_device_owners
        where anonymous_id = $1
        order by valid_from nulls first
        """,
        [asked],
    )
    whose = [
        f"of {turn['customer_id']}"
        + (f" from {turn['valid_from']:%Y-%m-%d %H:%M}" if turn["valid_from"] else "")
        + (f" until {turn['valid_to']:%Y-%m-%d %H:%M}" if turn["valid_to"] else "")
        for turn in turns
    ]
    more = f", and {len(whose) - 5} more turns" if len(whose) > 5 else ""
    return f"{asked} is a device, {', then '.join(whose[:5])}{more}." if turns else None


def _source_key(connection: duckdb.DuckDBPyConnection, asked: str) -> Subject | None:
    keyed = rows(connection, KEYED, [asked])
    if len(keyed) > 1:
        raise UserError(_which_one(asked, keyed))
    return _record(connection, keyed[0]["record_key"]) if keyed else None
