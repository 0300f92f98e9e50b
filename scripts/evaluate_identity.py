"""How good is the identity layer? Compares the customers that it found with a known truth.

    python scripts/evaluate_identity.py tests/fixtures/sample_truth_records.csv

The truth is a CSV or Parquet file with the columns source_table (crm.contacts, shop.customers,
shop.orders, shop.checkouts, web.events for identify calls, email.events for clicks), record_id (the
raw key) and person_id. Every record that has a truth and takes part in identity resolution counts;
precision and recall are over pairs of records, and recall counts pairs that no rule ever compared.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import duckdb
import settings
from settings import UserError

# A raw key as the identity layer knows it: an identify call is its login's, a click its mailbox's.
JUDGED = """
with record_keys as (
    select source_table, source_key as record_id, record_key, customer_id
    from identity.identity_map
    where source_table in ('crm.contacts', 'shop.customers', 'shop.orders', 'shop.checkouts')
    union all
    select 'web.events', events.message_id, map.record_key, map.customer_id
    from staging.stg_web__events as events
    inner join identity.identity_map as map
        on map.record_key
        = coalesce('web.users:' || events.user_id, 'web.identify:' || events.message_id)
    where events.event_type = 'identify'
    union all
    select 'email.events', events.event_id, map.record_key, map.customer_id
    from staging.stg_email__events as events
    inner join identity.identity_map as map on map.record_key = 'email.clicks:' || events.email_key
    where events.event_type = 'clicked'
)
select record_keys.record_key, any_value(record_keys.customer_id) as customer_id,
    any_value(truth.person_id) as person_id
from record_keys
inner join truth
    on record_keys.source_table = truth.source_table and record_keys.record_id = truth.record_id
where truth.person_id is not null
group by record_keys.record_key
-- A mailbox that several people click from has no one true person.
having count(distinct truth.person_id) = 1
"""

PAIRS = """
with cells as (
    select person_id, customer_id, count(*) as n from judged group by all
),
people as (select person_id, sum(n) as n from cells group by all),
customers as (select customer_id, sum(n) as n from cells group by all)
select
    (select sum(n * (n - 1) / 2) from cells) as agreed,
    (select sum(n * (n - 1) / 2) from customers) as linked,
    (select sum(n * (n - 1) / 2) from people) as true_pairs,
    (select sum(cells.n * cells.n / customers.n) from cells join customers using (customer_id))
        / (select sum(n) from cells) as b_cubed_precision,
    (select sum(cells.n * cells.n / people.n) from cells join people using (person_id))
        / (select sum(n) from cells) as b_cubed_recall,
    (select count(*) from people) as people,
    (select count(*) from customers) as customers,
    (select sum(n) from cells) as records
"""

WORST = {
    "merges": """
        select customer_id, count(distinct person_id) as people, count(*) as records,
            string_agg(record_key, ', ' order by person_id, record_key)[:300] as which
        from judged group by all having people > 1 order by records desc, customer_id limit 10
    """,
    "misses": """
        select person_id, count(distinct customer_id) as customers, count(*) as records,
            string_agg(record_key || ' (' || customer_id[:4] || ')', ', '
                order by customer_id, record_key)[:300] as which
        from judged group by all having customers > 1 order by records desc, person_id limit 10
    """,
}


def evaluate(connection: duckdb.DuckDBPyConnection, truth: Path) -> dict[str, float]:
    """Pairwise and B-cubed figures (0..1) of the customer map against a truth file."""
    reader = "read_parquet" if truth.suffix == ".parquet" else "read_csv"
    options = "" if truth.suffix == ".parquet" else ", all_varchar = true, header = true"
    connection.execute(
        f"create or replace temp table truth as select * from {reader}($1{options})", [str(truth)]
    )
    connection.execute(f"create or replace temp table judged as {JUDGED}")
    cursor = connection.execute(PAIRS)
    names = [column[0] for column in cursor.description]
    found = {name: float(value or 0) for name, value in zip(names, cursor.fetchone(), strict=True)}
    precision = found["agreed"] / found["linked"] if found["linked"] else 1.0
    recall = found["agreed"] / found["true_pairs"] if found["true_pairs"] else 1.0
    return {
        "pairwise_precision": precision,
        "pairwise_recall": recall,
        "pairwise_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "b_cubed_precision": found["b_cubed_precision"],
        "b_cubed_recall": found["b_cubed_recall"],
        "records": found["records"],
        "people": found["people"],
        "customers": found["customers"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path, help="CSV or Parquet: the true person of each record")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    if not options.truth.is_file():
        raise UserError(f"{options.truth} is not a file: give the truth as CSV or Parquet.")
    warehouse = settings.load().warehouse
    if not warehouse.is_file():
        raise UserError(f"{warehouse} is not there: run `make run` or `dbt build` first.")
    with settings.connect(warehouse, read_only=True) as connection:
        figures = evaluate(connection, options.truth)
        for name, value in figures.items():
            print(f"{name:20} {value:.4f}" if value <= 1 else f"{name:20} {value:,.0f}")
        for kind, query in WORST.items():
            rows = connection.execute(query).fetchall()
            print(f"\nWorst {kind} (at most 10)")
            for row in rows:
                print("  " + "  ".join(str(value) for value in row))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
