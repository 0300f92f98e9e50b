"""The customer map against a known truth: figures by counting groups, never by listing pairs.

`judge` makes the temp table judged(record_key, customer_id, person_id); the rest reads it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from penpal.files import csv_header
from penpal.identity.evidence import Row, relations, rows
from penpal.settings import UserError

# A raw key as the identity layer knows it: an identify call is its login's, a click its mailbox's.
RAW_KEYS = {
    "identity.identity_map": """
        select source_table, source_key as record_id, record_key
        from identity.identity_map
        where source_table in ('crm.contacts', 'shop.customers', 'shop.orders', 'shop.checkouts')
    """,
    "staging.stg_web__events": """
        select 'web.events', message_id,
            coalesce('web.users:' || user_id, 'web.identify:' || message_id)
        from staging.stg_web__events
        where event_type = 'identify'
    """,
    "staging.stg_email__events": """
        select 'email.events', event_id, 'email.clicks:' || email_key
        from staging.stg_email__events
        where event_type = 'clicked'
    """,
    "staging.stg_crm__consents": """
        select 'crm.consents', consent_id, 'crm.consents:' || email_key
        from staging.stg_crm__consents
    """,
    "staging.stg_crm__surveys": """
        select 'crm.surveys', response_id, 'crm.surveys:' || email_key
        from staging.stg_crm__surveys
    """,
}

PAIRS = """
with cells as (
    select person_id, customer_id, count(*) as n from judged group by all
),
people as (select person_id, sum(n) as n from cells group by all),
customers as (select customer_id, sum(n) as n from cells group by all),
-- The same with every record that the warehouse does not know as a customer of its own.
everybody as (
    select person_id, sum(n) as n
    from (select person_id, n from people union all select person_id, n from unknown)
    group by person_id
)
select
    (select sum(n * (n - 1) / 2) from cells) as agreed,
    (select sum(n * (n - 1) / 2) from customers) as linked,
    (select sum(n * (n - 1) / 2) from people) as true_pairs,
    (select sum(n * (n - 1) / 2) from everybody) as all_true_pairs,
    (select sum(cells.n * cells.n / customers.n) from cells join customers using (customer_id))
        / (select sum(n) from cells) as b_cubed_precision,
    (select sum(cells.n * cells.n / people.n) from cells join people using (person_id))
        / (select sum(n) from cells) as b_cubed_recall,
    (select count(*) from people) as people,
    (select count(*) from customers) as customers,
    (select sum(n) from cells) as records,
    (select sum(n) from unknown) as unknown_records
"""

SIZES = """
select n as size, count(*) as groups_count
from (select count(*) as n from judged group by {column})
group by n order by n
"""

# People by thing (deterministic component): what is one already is compared as one, and what stands
# for it in a comparison may be a record without a label.
CELLS = """
create or replace temp table cells as
select things.component, judged.person_id, count(*) as n
from judged inner join things on judged.record_key = things.record_key
group by all
"""

# One pass over the candidates: pairs of things that have a person in common one by one, all others
# of a rule as one row.
PROPOSALS = """
create or replace temp table proposals as
with people as (
    select things.record_id as profile_id, things.component, labelled.people
    from things
    left join (select component, list(person_id) as people from cells group by component)
        as labelled on things.component = labelled.component
),
compared as (
    select candidates.blocking_rule, a.component as component_a, b.component as component_b,
        a.component <> b.component and coalesce(list_has_any(a.people, b.people), false) as is_true
    from evidence_candidates as candidates
    left join people as a on candidates.profile_a = a.profile_id
    left join people as b on candidates.profile_b = b.profile_id
    where not candidates.is_linked
)
select blocking_rule,
    case when is_true then least(component_a, component_b) end as component_a,
    case when is_true then greatest(component_a, component_b) end as component_b,
    count(*) as n
from compared
group by all
"""

PROPOSED = """
create or replace temp table proposed as
with pairs as (
    select component_a, component_b,
        list(distinct blocking_rule order by blocking_rule) as blocking_rules
    from proposals
    where component_a is not null
    group by component_a, component_b
)
select pairs.component_a, pairs.component_b, any_value(pairs.blocking_rules) as blocking_rules,
    sum(one.n * two.n) as true_pairs
from pairs
inner join cells as one on pairs.component_a = one.component
inner join cells as two on pairs.component_b = two.component and one.person_id = two.person_id
group by pairs.component_a, pairs.component_b
"""

COVERED = """
select
    (select sum(n * (n - 1) / 2) from cells) as deterministic,
    (select sum(true_pairs) from proposed) as proposed,
    (select sum(n * (n - 1) / 2) from (select sum(n) as n from cells group by person_id))
        as true_pairs
"""

# Where candidates name only the first rule that proposes a pair, this is what each rule adds.
RULES = """
with pairs as (
    select blocking_rule, sum(n) as pairs from proposals group by blocking_rule
),
true_pairs as (
    select blocking_rule, sum(true_pairs) as true_pairs
    from (select unnest(blocking_rules) as blocking_rule, true_pairs from proposed)
    group by blocking_rule
)
select pairs.blocking_rule, cast(pairs.pairs as bigint) as pairs,
    cast(coalesce(true_pairs.true_pairs, 0) as bigint) as true_pairs
from pairs
left join true_pairs on pairs.blocking_rule = true_pairs.blocking_rule
order by pairs.blocking_rule
"""


def judge(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Read a truth file into judged(record_key, customer_id, person_id) and unknown(…, n).

    A record that several people of the truth stand behind (a mailbox that a family clicks from) is
    left out. A record of the truth that is not in the customer map is unknown: rejected in staging,
    deleted, not yet received.
    """
    read_truth(connection, truth)
    there = relations(connection)
    raw_keys = " union all ".join(sql for table, sql in RAW_KEYS.items() if table in there)
    connection.execute(
        f"""
        create or replace temp table matched as
        with raw_keys as ({raw_keys})
        select truth.source_table, truth.person_id, map.record_key, map.customer_id
        from truth
        left join raw_keys
            on truth.source_table = raw_keys.source_table
            and truth.record_id = raw_keys.record_id
        left join identity.identity_map as map
            on coalesce(truth.record_key, raw_keys.record_key) = map.record_key
        """
    )
    connection.execute(
        """
        create or replace temp table judged as
        select record_key, any_value(customer_id) as customer_id, any_value(person_id) as person_id
        from matched
        where record_key is not null
        group by record_key
        having count(distinct person_id) = 1
        """
    )
    connection.execute(
        """
        create or replace temp table unknown as
        select coalesce(source_table, 'without source_table') as source_table, person_id,
            count(*) as n
        from matched
        where record_key is null
        group by all
        """
    )
    if not rows(connection, "from judged limit 1"):
        if ambiguous(connection):
            raise UserError(
                f"{truth} gives each record that the warehouse knows to several people: there is"
                " nothing to compare. Check its person_id."
            )
        raise UserError(
            f"{truth} names no record that the warehouse knows: check its keys"
            " (source_table and record_id, or record_key) and that it belongs to this data."
        )


def ambiguous(connection: duckdb.DuckDBPyConnection) -> int:
    """How many records the truth gives to several people."""
    query = """
        select count(*) as n from (
            from matched select record_key
            where record_key is not null
            group by record_key having count(distinct person_id) > 1
        )
    """
    return rows(connection, query)[0]["n"]


def read_truth(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Temp table truth(source_table, record_id, record_key, person_id), one row a record."""
    reader, parameters = "read_parquet($file)", {"file": str(truth)}
    if truth.suffix.lower() != ".parquet":
        columns, separator = csv_header(truth)
        # Nothing is left to guessing, so that a bad row is an error which names its line.
        reader = """read_csv(
            $file, columns = $columns, delim = $separator, quote = '"', escape = '"',
            header = true, auto_detect = false
        )"""
        parameters |= {"columns": dict.fromkeys(columns, "varchar"), "separator": separator}
    try:
        relation = connection.execute(f"select * from {reader} limit 0", parameters)
        found = {column[0] for column in relation.description}
        if {"record_key", "person_id"} <= found:
            keys = "null, null, record_key"
        elif {"source_table", "record_id", "person_id"} <= found:
            keys = "source_table, record_id, null"
        else:
            raise UserError(
                f"{truth} has the columns {', '.join(sorted(found))}: it needs person_id, and"
                " either source_table and record_id, or record_key."
            )
        connection.execute(
            "create or replace temp table truth("
            "source_table varchar, record_id varchar, record_key varchar, person_id varchar)"
        )
        connection.execute(
            f"""
            insert into truth
            select distinct {keys}, person_id from {reader}
            where person_id is not null
            """,
            parameters,
        )
    except duckdb.Error as error:
        raise UserError(f"{truth} cannot be read: {cause(error)}") from error
    if not rows(connection, "from truth limit 1"):
        raise UserError(f"{truth} has no row with a person_id: there is nothing to compare.")
    connection.execute(
        "update truth set source_table = split_part(record_key, ':', 1) where source_table is null"
    )


def cause(error: duckdb.Error) -> str:
    """Where and why, of DuckDB's many lines: without the row, its advice and its settings."""
    said, _, _ = str(error).partition("\nPossible")
    said, _, _ = said.partition("\n\n  file = ")
    lines = [line for line in said.splitlines() if line.strip()]
    return ": ".join(dict.fromkeys((lines[0], lines[-1])))


def figures(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Pairwise and B-cubed figures (0..1) and counts; of no pairs at all, 1."""
    found = {name: float(value or 0) for name, value in rows(connection, PAIRS)[0].items()}
    precision = share(found["agreed"], found["linked"])
    recall = share(found["agreed"], found["true_pairs"])
    return {
        "pairwise_precision": precision,
        "pairwise_recall": recall,
        "pairwise_f1": harmonic(precision, recall),
        "pairwise_recall_with_unknown": share(found["agreed"], found["all_true_pairs"]),
        "b_cubed_precision": found["b_cubed_precision"],
        "b_cubed_recall": found["b_cubed_recall"],
        "b_cubed_f1": harmonic(found["b_cubed_precision"], found["b_cubed_recall"]),
        "records": found["records"],
        "people": found["people"],
        "customers": found["customers"],
        "unknown_records": found["unknown_records"],
        "true_pairs": found["true_pairs"],
        "linked_pairs": found["linked"],
    }


def share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def sizes(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[int, int]]:
    """How many people (true) and customers (found) have how many judged records."""
    return {
        name: {
            int(row["size"]): row["groups_count"]
            for row in rows(connection, SIZES.format(column=column))
        }
        for name, column in (("true", "person_id"), ("found", "customer_id"))
    }


def blocking(
    connection: duckdb.DuckDBPyConnection, has_things: bool, found: set[str]
) -> Row | None:
    """Share of the true pairs that are one by a deterministic link, or that a rule proposes.

    None where the warehouse keeps no deterministic components or no candidates. Also what each
    rule proposes: pairs, and the true pairs of records that those bring together. Leaves the temp
    table proposed: pairs of things with a person in common.
    """
    if not has_things or "candidates" not in found:
        return None
    for query in (CELLS, PROPOSALS, PROPOSED):
        connection.execute(query)
    covered = {key: float(value or 0) for key, value in rows(connection, COVERED)[0].items()}
    return {
        "blocking_recall": share(
            covered["deterministic"] + covered["proposed"], covered["true_pairs"]
        ),
        "deterministic_recall": share(covered["deterministic"], covered["true_pairs"]),
        "rules": rows(connection, RULES),
    }


def unknown_by_source(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    query = "select source_table, sum(n) as n from unknown group by all order by all"
    return {row["source_table"]: int(row["n"]) for row in rows(connection, query)}
