"""What staging made of the raw rows, against thresholds: there is no second parser to disagree.

Raw data is expected to be messy: staging rejects or flags single bad values. These checks look for
the wrong file, the shifted column, the changed format: things that spoil a share of a table. One
person's odd value stops nobody: it takes two bad rows, and five unless they are most of the table.
"""

from __future__ import annotations

from typing import Any

from great_expectations import expectations as gxe

from penpal.checks.check import Check
from penpal.checks.contract import Column, RawTable
from penpal.checks.shares import REJECTED, missing, unreadable

MISSING = 0.02  # … because a required column is empty (error)
FLAGGED = 0.20  # share of the values of an optional column that it may empty (warning)
DISTINCT_KEYS = 0.50  # share of the keys that are distinct (warning)


def _too_many(rows: str, of: str, allowed: float) -> gxe.UnexpectedRowsExpectation:
    """Fails with the number of `rows` (a condition) where that is too large a share of `of`."""
    query = f"""select unnest(range(bad)) from (
        select count(*) filter (where {rows}) as bad, {of} as every from {{batch}}
    ) as counted where bad > {allowed} * every and bad >= 2 and (bad >= 5 or 2 * bad > every)"""
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)


def _column_checks(table: RawTable, column: Column) -> list[tuple[str, Any, bool]]:
    """The checks of one column: who is rejected for it, or has its value emptied."""
    bad = unreadable(table, column)
    if not column.required:
        if not bad:
            return []
        given = f'(select count("{column.name}") from staging.{table.view})'
        says = f"{{failed}} values cannot be read (allowed {FLAGGED:.0%} of those given)"
        return [(says, _too_many(bad, given, FLAGGED), False)]
    return [
        (
            f"is required, but empty in {{failed}} rows (allowed {MISSING:.0%})",
            _too_many(missing(column), "count(*)", MISSING),
            True,
        ),
        (
            f"cannot be read in {{failed}} rows (allowed {REJECTED:.0%})",
            _too_many(str(bad), "count(*)", REJECTED),
            True,
        ),
    ]


def raw_checks(table: RawTable, *, listed: bool) -> list[Check]:
    """Checks of one raw table; a table of a source that is not listed is empty, and may be."""
    shown_as = f"{table.source}.{table.table}"
    checks = []
    if table.required and not table.unless and listed:
        says = f"has no rows, but source {table.source} is listed: give it some, or unlist it"
        rows = gxe.ExpectTableRowCountToBeBetween(min_value=1)
        checks.append(Check("staging", table.view, shown_as, says, rows))
    if table.key:
        # Not a share of unique values: exports repeat rows, and carry several versions of one.
        query = f"""select 1 from (
            select count("{table.key}") as keys, count(distinct "{table.key}") as distinct_keys
            from {{batch}}
        ) as counted where distinct_keys < {DISTINCT_KEYS} * keys"""
        says = f"{table.key} holds mostly repeated values: is it the key?"
        repeated = gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)
        checks.append(Check("staging", table.view, shown_as, says, repeated, is_error=False))
    rejected = _too_many("fate = 'rejected'", "count(*)", REJECTED)
    says = f"{{failed}} rows are rejected (allowed {REJECTED:.0%}); why, is in rejected_records"
    checks.append(Check("staging", table.checked, shown_as, says, rejected))
    for column in table.columns:
        for says, expectation, is_error in _column_checks(table, column):
            place = f"{shown_as}.{column.name}"
            checks.append(Check("staging", table.checked, place, says, expectation, is_error))
    return checks
