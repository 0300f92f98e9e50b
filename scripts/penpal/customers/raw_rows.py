"""Where the row stands that a record was read from: file and line, as staging keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from penpal.customers.tables import Warehouse
from penpal.identity.evidence import rows

# What the key of a record may be in its raw table, beside the table's own key: records of an
# address or of a user are made of all rows that name it.
# A key of two columns, such as a response and its question, is both with a colon between them.
OTHER_KEYS = ("email_key", "user_id")

PLACES = """
select cast({key} as varchar) as key, count(*) as times,
    arg_min(source_file, (source_file, source_line)) as file,
    arg_min(source_line, (source_file, source_line)) as line
from {checked}
where fate = 'staged' and source_file is not null and list_contains($1, cast({key} as varchar))
group by {key}
"""


def raw_places(warehouse: Warehouse, records: Iterable[str | None]) -> dict[str, str]:
    """record key -> 'raw_crm__contacts.csv, line 2'; what is not known has no entry."""
    keys_by_table: dict[str, list[str]] = defaultdict(list)
    for record in sorted({record for record in records if record}):
        source_table, _, key = record.partition(":")
        keys_by_table[source_table].append(key)
    places = {}
    for source_table, keys in keys_by_table.items():
        for key, place in _places(warehouse, source_table, keys).items():
            places[f"{source_table}:{key}"] = place
    return places


def _places(warehouse: Warehouse, source_table: str, keys: list[str]) -> dict[str, str]:
    """key -> where its first row stands, and how many more there are."""
    source, _, table = source_table.partition(".")
    checked = f"staging.checked_{source}__{TABLES.get(source_table, table)}"
    columns = warehouse.columns(checked)
    if "source_line" not in columns:
        return {}
    found: dict[str, str] = {}
    names = [columns[0], *(name for name in OTHER_KEYS if name in columns)]
    if len(columns) > 1:
        names.append(f"{columns[0]} || ':' || cast({columns[1]} as varchar)")
    for name in names:
        left = [key for key in keys if key not in found]
        for row in rows(warehouse.connection, PLACES.format(key=name, checked=checked), [left]):
            more = f" and {row['times'] - 1:,} more" if row["times"] > 1 else ""
            found[row["key"]] = f"{row['file']}, line {row['line']}{more}"
    return found


# Records that are made of the rows of another table.
TABLES = {"web.users": "events", "web.identify": "events", "email.clicks": "events"}
