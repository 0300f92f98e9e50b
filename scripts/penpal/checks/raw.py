"""The raw contract as expectations on the base views (every column is text there).

Raw data is expected to be messy: staging rejects or flags single bad values. These checks look for
the wrong file, the shifted column, the changed format: things that spoil a share of a column.
"""

from __future__ import annotations

from typing import Any

from great_expectations import expectations as gxe

from penpal.checks.check import Check
from penpal.checks.contract import Column, RawTable
from penpal.checks.gx_duckdb import ExpectColumnValuesToSatisfySql

FILLED = 0.98  # share of rows in which a required column must have a value
READABLE_REQUIRED = 0.90  # share of values readable as the declared type: required column (error)
READABLE_OPTIONAL = 0.80  # … and optional column (warning)
DISTINCT_KEYS = 0.50  # share of the keys that are distinct (warning)

COUNTED = "{failed} of {rows}"
SHARE = "({share}, allowed {allowed})"

# Staging does the exact parsing; here a value only has to look like its type.
LOOKS_LIKE = {
    "timestamp": r"try_cast({column} as timestamptz) is not null or regexp_full_match({column},"
    r" '\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T].*)?|\d{8}|\d{10}|\d{13}')",
    "boolean": "lower({column}) in ('true', 'false', 't', 'f', '1', '0', 'yes', 'no', 'y', 'n')",
    "integer": "try_cast({column} as double) is not null",
    "decimal": "try_cast(regexp_replace({column}, '[^0-9.eE+-]', '', 'g') as double) is not null",
    "json": "json_valid({column})",
}
LOOKS_LIKE |= {
    "date": LOOKS_LIKE["timestamp"],
    "bigint": LOOKS_LIKE["integer"],
    "double": LOOKS_LIKE["decimal"],
}

LOOKS_LIKE_EMAIL = r"regexp_full_match({column}, '[^@]+@[^@]+\.[^@]+')"

# Closed lists of the contract: another word means that the column holds something else.
KNOWN_VALUES = {
    ("crm", "consents", "purpose"): ("marketing", "personalization", "all"),
    ("crm", "consents", "status"): ("granted", "withdrawn", "pending"),
    ("web", "events", "type"): ("identify", "page", "track"),
    ("shop", "orders", "status"): ("paid", "refunded", "cancelled", "pending"),
    ("email", "events", "event"): (
        "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed",
    ),
}  # fmt: skip


def _column_checks(column: Column, known: tuple[str, ...] | None) -> list[tuple[str, Any, bool]]:
    def satisfies(condition: str, mostly: float) -> ExpectColumnValuesToSatisfySql:
        return ExpectColumnValuesToSatisfySql(
            column=column.name, condition=condition, mostly=mostly
        )

    checks: list[tuple[str, Any, bool]] = []
    if column.required:
        filled = gxe.ExpectColumnValuesToNotBeNull(column=column.name, mostly=FILLED)
        checks.append((f"is required, but empty in {COUNTED} rows {SHARE}", filled, True))
    kind = column.data_type.split("(")[0].strip()
    if kind in LOOKS_LIKE:
        readable = READABLE_REQUIRED if column.required else READABLE_OPTIONAL
        looks = satisfies(LOOKS_LIKE[kind], readable)
        checks.append((f"{COUNTED} values are no {kind} {SHARE}", looks, column.required))
    if column.name == "email":
        looks = satisfies(LOOKS_LIKE_EMAIL, READABLE_REQUIRED)
        checks.append((f"{COUNTED} values are no e-mail address {SHARE}", looks, False))
    if known:
        listed = ", ".join(f"'{value}'" for value in known)
        is_known = satisfies(f"lower({{column}}) in ({listed})", READABLE_REQUIRED)
        checks.append((f"{COUNTED} values are none of {listed} {SHARE}", is_known, True))
    return checks


def raw_checks(table: RawTable, *, listed: bool) -> list[Check]:
    """Checks of one raw table; a table of a source that is not listed is empty, and may be."""
    checks: list[tuple[str, Any, bool]] = []
    if table.required and listed:
        says = f"has no rows, but source {table.source} is listed: give it some, or unlist it"
        checks.append((says, gxe.ExpectTableRowCountToBeBetween(min_value=1), True))
    if table.key:
        # Not a share of unique values: exports repeat rows, and carry several versions of one.
        query = f"""select 1 from (
            select count("{table.key}") as keys, count(distinct "{table.key}") as distinct_keys
            from {{batch}}
        ) as counted where distinct_keys < {DISTINCT_KEYS} * keys"""
        says = f"{table.key} holds mostly repeated values: is it the key?"
        checks.append((says, gxe.UnexpectedRowsExpectation(unexpected_rows_query=query), False))
    for column in table.columns:
        known = KNOWN_VALUES.get((table.source, table.table, column.name))
        checks += _column_checks(column, known)
    shown_as = f"{table.source}.{table.table}"
    return [Check("staging", table.view, shown_as, *check) for check in checks]
