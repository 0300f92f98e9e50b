"""Begin a trigger: its SQL file, its YAML with a unit test that passes, its entry in the var.

    make trigger NAME=month_after
    python scripts/new_trigger.py month_after --folder buying

What it makes is a working example: 30 days after a customer's first paid order. Write your own
criterion into the three places that tell it (SQL, `criterion`, unit test), and name the trigger in
a row of seeds/rules/campaigns.csv.
"""

from __future__ import annotations

from pathlib import Path

from penpal import settings
from penpal.new_models import Kind, run

SQL = """\
{% set thresholds = trigger_thresholds(days=30) %}

with customers as (select * from {{ ref('customers') }})

select
    customer_id,
    'first_order' as occasion,
    first_order_at as happened_at,
    {{ add_days('first_order_at', thresholds.days) }} as qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from customers
where first_order_at <= {{ add_days(as_of(), -thresholds.days) }}
"""

YAML = """\
models:
  - name: trigger_NAME
    description: >
      One row per customer, 30 days after the first paid order. Based on customers. Never over.
    config:
      access: protected
      contract: {enforced: true}
      meta:
        # Thresholds stand in the SQL file, beside the criterion that uses them.
        owner: crm team
        refresh: nightly
        criterion: >-
          The first paid order was 30 days ago or more.
    data_tests:
      - unique_combination:
          arguments: {columns: [customer_id, occasion]}
    columns:
      - name: customer_id
        description: Customer.
        data_type: varchar
        constraints: [{type: not_null}]
      - name: occasion
        description: The word first_order, since there is one.
        data_type: varchar
        constraints: [{type: not_null}]
      - name: happened_at
        description: The first paid order, UTC.
        data_type: timestamp
        constraints: [{type: not_null}]
      - name: qualified_at
        description: 30 days later, UTC.
        data_type: timestamp
        constraints: [{type: not_null}]
      - name: is_over
        description: "{{ doc('is_over') }}"
        data_type: boolean
        constraints: [{type: not_null}]
      - name: over_reason
        description: "{{ doc('over_reason') }}"
        data_type: varchar
      - name: cart_key
        description: "{{ doc('about_cart') }}"
        data_type: varchar
        config: {meta: {pii: device}}
      - name: order_id
        description: "{{ doc('about_order') }}"
        data_type: varchar
      - name: product_id
        description: "{{ doc('about_product') }}"
        data_type: varchar
      - name: to_email_key
        description: "{{ doc('to_email_key') }}"
        data_type: varchar
        config: {meta: {pii: email}}

unit_tests:
  - name: trigger_NAME_boundaries
    description: 30 days after the first order, and a second less; who never ordered.
    model: trigger_NAME
    overrides: {vars: {as_of: '2026-06-15 12:00:00'}}
    given:
      - input: ref('customers')
        rows:
          - {customer_id: thirty-days, first_order_at: '2026-05-16 12:00:00'}
          - {customer_id: a-second-less, first_order_at: '2026-05-16 12:00:01'}
          - {customer_id: never, first_order_at: null}
    expect:
      rows:
        - {customer_id: thirty-days, occasion: first_order, qualified_at: '2026-06-15 12:00:00'}
"""

TRIGGER = Kind("trigger", Path("models", "marts", "campaigns", "triggers"), "triggers", SQL, YAML)


def main(arguments: list[str] | None = None) -> int:
    return run(TRIGGER, __doc__ or "", arguments)


if __name__ == "__main__":
    settings.run(main)
