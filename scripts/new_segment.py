"""Begin a segment: its SQL file, its YAML with a unit test that passes, its entry in the var.

    make segment NAME=big_spenders
    python scripts/new_segment.py big_spenders --folder buying

What it makes is a working example: customers who spent 500 or more. Write your own criterion into
the three places that tell it (SQL, `criterion`, unit test); a test says where two share it.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from penpal import settings
from penpal.settings import ROOT, UserError

SEGMENTS = Path("models", "marts", "segments")

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


def with_entry(project: str, name: str) -> str:
    """dbt_project.yml with the segment as the last of its var `segments`."""
    listed = re.search(r"^  segments:\n(    - \w+\n)+", project, flags=re.MULTILINE)
    if not listed:
        raise UserError("dbt_project.yml has no list `segments` with one name a line.")
    return f"{project[: listed.end()]}    - {name}\n{project[listed.end() :]}"


def begin_segment(name: str, folder: str, root: Path = ROOT) -> list[Path]:
    """Write the files of a new segment; returns those that it wrote or changed."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name.startswith("segment_"):
        raise UserError(
            f"'{name}' is no name for a segment: small letters, digits and _, without `segment_`."
        )
    if there := sorted((root / "models").rglob(f"segment_{name}.*")):
        raise UserError(f"There is a segment {name}: {there[0].relative_to(root)}.")
    if not (root / SEGMENTS / folder).is_dir():
        raise UserError(f"There is no folder {SEGMENTS / folder}: make it, or name another.")
    project = root / "dbt_project.yml"
    entry = with_entry(project.read_text(encoding="utf-8"), name)
    stem = root / SEGMENTS / folder / f"segment_{name}"
    texts = {stem.with_suffix(".sql"): SQL, stem.with_suffix(".yml"): YAML, project: entry}
    for path, text in texts.items():
        path.write_text(text.replace("NAME", name) if path != project else text, encoding="utf-8")
    return list(texts)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="as in segment_<name>")
    parser.add_argument(
        "--folder", default="buying", help=f"folder of {SEGMENTS} (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    for path in begin_segment(options.name, options.folder):
        print(path.relative_to(ROOT))
    print(f"Write its criterion there, then: .venv/bin/dbt build -s segment_{options.name}+")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
