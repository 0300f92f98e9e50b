"""Begin a segment: its SQL file, its YAML with a unit test that passes, its entry in the var.

    make segment NAME=big_spenders
    python scripts/new_segment.py big_spenders --folder buying

What it makes is a working example: customers who spent 500 or more. Write your own criterion into
the three places that tell it (SQL, `criterion`, unit test); a test says where two share it.
"""

from __future__ import annotations

from pathlib import Path

from penpal import settings
from penpal.new_models import Kind, run

SQL = """\
{% set thresholds = segment_thresholds(revenue=500) %}

{{
    customers_where(
        "lifetime_revenue >= " ~ thresholds.revenue,
        since="last_order_at",
        reason="spent {lifetime_revenue} in all",
    )
}}
"""

YAML = """\
models:
  - name: segment_NAME
    description: >
      One row per customer who has spent much.
    config:
      contract: {enforced: true}
      meta:
        # Thresholds stand in the SQL file, beside the criterion that uses them.
        owner: crm team
        criterion: >-
          Lifetime revenue of 500 or more.
        looks_at: [lifetime_revenue]
        time_frame: all of the past
        refresh: nightly
    columns:
      - name: customer_id
        description: "{{ doc('segment_customer_id') }}"
        data_type: varchar
        constraints: [{type: not_null}]
        data_tests: [unique]
      - name: qualified_at
        description: When the last paid order was placed, UTC.
        data_type: timestamp
        constraints: [{type: not_null}]
      - name: reason
        description: "{{ doc('segment_reason') }}"
        data_type: varchar
        constraints: [{type: not_null}]

unit_tests:
  - name: segment_NAME_boundaries
    description: A cent less and exactly as much.
    model: segment_NAME
    overrides: {vars: {as_of: '2026-06-15 12:00:00'}}
    given:
      - input: ref('customers')
        rows:
          - {customer_id: a-cent-less, lifetime_revenue: 499.99, last_order_at: '2026-06-01'}
          - {customer_id: exactly, lifetime_revenue: 500, last_order_at: '2026-06-01'}
    expect:
      rows:
        - {customer_id: exactly, qualified_at: '2026-06-01', reason: spent 500.00 in all}
"""


SEGMENT = Kind("segment", Path("models", "marts", "segments"), "segments", SQL, YAML)


def main(arguments: list[str] | None = None) -> int:
    return run(SEGMENT, __doc__ or "", arguments)


if __name__ == "__main__":
    settings.run(main)
