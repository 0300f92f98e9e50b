"""Raw tables: what staging made of their rows, and what the rules say of those; in GX's terms.

Raw data is expected to be messy: staging rejects or flags single bad values. These checks look for
the wrong file, the shifted column, the changed format: things that spoil a share of a table. One
person's odd value stops nobody: it takes two bad rows, and five unless they are most of the table.
There is no second parser to disagree with staging; thresholds and words are in data_rules.csv.
"""

from __future__ import annotations

from collections.abc import Iterator

from great_expectations import expectations as gxe

from penpal.checks.check import Check
from penpal.checks.contract import Column, RawTable
from penpal.checks.data_rules import (
    Rule,
    as_sql,
    data_rules,
    default_rule,
    rules_of,
    rules_of_all,
    staged_key,
    things,
)
from penpal.checks.gx_duckdb import ExpectRowsToBeRight
from penpal.checks.shares import missing, unreadable


class _Suite:
    """The suite of one raw table."""

    def __init__(self, table: RawTable, clock: str):
        self.table = table
        self.clock = clock
        self.name = f"{table.source}.{table.table}"

    def check(self, rule: Rule, wrong: str, *, column: str = "", **more: str) -> Check:
        """A rule as an expectation; `wrong` is SQL on checked_, or on base_ for rows as given."""
        given = rule.which_rows == "given"
        expectation = ExpectRowsToBeRight(
            wrong=wrong,
            key=self.table.key if given else staged_key(self.table),
            allowed=0 if rule.kind == "freshness" else rule.allowed,
            tolerant=rule.allowed > 0 and rule.kind != "freshness",
            **more,
        )
        says = rule.says.replace("{things}", things(self.name))
        name = column or rule.column.replace("*", "")
        return Check(
            schema="staging",
            table=self.table.view if given else self.table.checked,
            shown_as=self.name,
            rule=rule.rule,
            kind=rule.kind,
            says=says.replace("{column}", name),
            expectation=expectation,
            is_error=rule.is_error,
            column=name or None,
            allowed=rule.allowed,
        )

    def of_column(self, column: Column) -> Iterator[Check]:
        """Who is rejected for the column, or has its value emptied."""
        bad = unreadable(self.table, column)
        if column.required:
            rule = default_rule(self.name, column.name, "given")
            yield self.check(rule, missing(column), column=column.name)
            rule = default_rule(self.name, column.name, "required_readable")
            yield self.check(rule, str(bad), column=column.name)
        elif bad:
            rule = default_rule(self.name, column.name, "readable")
            given = f'(select count("{column.name}") from staging.{self.table.view})'
            yield self.check(rule, bad, column=column.name, of=given)

    def of_rule(self, rule: Rule) -> Check:
        """A line of data_rules.csv that has a condition."""
        among = as_sql(rule.among, self.clock)
        if rule.which_rows == "staged":
            among = f"fate = 'staged' and ({among})"
        return self.check(rule, as_sql(rule.wrong_where, self.clock), among=among)

    def fresh(self) -> Iterator[Check]:
        """Whether anything came in the last hours."""
        rule = next((r for r in rules_of_freshness() if r.table == self.name), None)
        if rule:
            newest = f"(select max(received_at) from staging.{self.table.checked})"
            late = f"{newest} < timestamp '{self.clock}' - interval {rule.allowed:.0f} hours"
            yield self.check(rule, f"received_at = {newest} and {late}")


def rules_of_freshness() -> list[Rule]:
    """The lines that say within how many hours something must have come."""
    return [rule for rule in data_rules() if rule.kind == "freshness"]


def _of_given_rows(table: RawTable, *, listed: bool) -> Iterator[Check]:
    """The columns and rows that the contract wants, whatever is in them."""
    shown_as = f"{table.source}.{table.table}"
    columns = gxe.ExpectTableColumnsToMatchSet(
        column_set=[column.name for column in table.columns], exact_match=False
    )
    says = "lacks columns of the contract"
    yield Check("staging", table.view, shown_as, "columns", "schema", says, columns)
    if table.required and not table.unless and listed:
        says = f"has no rows, but source {table.source} is listed: give it some, or unlist it"
        rows = ExpectRowsToBeRight(wrong="false", of="count(*)", at_least=1)
        yield Check("staging", table.view, shown_as, "has_rows", "empty", says, rows)
    if table.key:
        # Not a share of unique values: exports repeat rows, and carry several versions of one.
        rule = default_rule(shown_as, "", "keys_differ")
        repeated = ExpectRowsToBeRight(
            wrong="false",
            of=f'count("{table.key}")',
            failed=f'count("{table.key}") - count(distinct "{table.key}")',
            allowed=rule.allowed,
        )
        says = rule.says.replace("{things}", things(shown_as)).replace("{column}", table.key)
        yield Check(
            "staging", table.view, shown_as, rule.rule, rule.kind, says, repeated, rule.is_error
        )


def raw_checks(table: RawTable, *, listed: bool, clock: str) -> list[Check]:
    """Checks of one raw table; a table of a source that is not listed is empty, and may be."""
    suite = _Suite(table, clock)
    checks = list(_of_given_rows(table, listed=listed))
    rejected = default_rule(suite.name, "", "rejected")
    checks.append(suite.check(rejected, "fate = 'rejected'"))
    for column in table.columns:
        checks.extend(suite.of_column(column))
    checks.extend(suite.of_rule(rule) for rule in (*rules_of_all(), *rules_of(suite.name)))
    if listed:
        checks.extend(suite.fresh())
    return checks
