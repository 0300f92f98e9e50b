"""Marts: what their contracts promise to analysts and to the renderer, and what the rules say."""

from __future__ import annotations

from collections.abc import Iterator

from great_expectations import expectations as gxe

from penpal.checks.check import Check
from penpal.checks.contract import Mart, public_marts
from penpal.checks.data_rules import as_sql, rules_of
from penpal.checks.gx_duckdb import ExpectRowsToBeRight

CUSTOMERS = "customers"
# House style: the end of a name says what values there are.
SHARES = ("_rate", "_share", "_probability")
COUNTS = ("_count",)


def _check(
    mart: Mart, rule: str, *, kind: str, says: str, wrong: str, column: str | None = None
) -> Check:
    expectation = ExpectRowsToBeRight(wrong=wrong, key=mart.shown_key)
    return Check(
        "marts", mart.name, f"marts.{mart.name}", rule, kind, says, expectation, True, column,
    )  # fmt: skip


def _of_key(mart: Mart) -> Iterator[Check]:
    if not mart.key:
        return
    columns = ", ".join(mart.key)
    for column in mart.key:
        says = "{failed} of {rows} rows lack " + column + ", which is part of the key"
        yield _check(
            mart,
            "key_given",
            kind="completeness",
            says=says,
            wrong=f"{column} is null",
            column=column,
        )
    says = "{failed} of {rows} rows share their key with another: " + " + ".join(mart.key)
    twice = f"({columns}) in (select ({columns}) from marts.{mart.name} group by {columns}"
    yield _check(
        mart, "key_unique", kind="uniqueness", says=says, wrong=f"{twice} having count(*) > 1)"
    )


def _of_columns(mart: Mart) -> Iterator[Check]:
    columns = [column.name for column in mart.columns]
    yield Check(
        "marts", mart.name, f"marts.{mart.name}", "columns", "schema",
        "lacks columns of its contract",
        gxe.ExpectTableColumnsToMatchSet(column_set=columns, exact_match=False),
    )  # fmt: skip
    if mart.name != CUSTOMERS and "customer_id" in columns:
        says = "{failed} of {rows} rows name a customer_id that is not in marts.customers"
        unknown = "customer_id not in (select customer_id from marts.customers)"
        yield _check(
            mart,
            "customer_exists",
            kind="reference",
            says=says,
            wrong=unknown,
            column="customer_id",
        )
    for name in columns:
        if name.endswith(SHARES):
            says = "{failed} of {rows} rows have as " + name + " what is not from 0 to 1"
            yield _check(
                mart,
                "share",
                kind="range",
                says=says,
                wrong=f"{name} not between 0 and 1",
                column=name,
            )
        elif name.endswith(COUNTS):
            says = "{failed} of {rows} rows have as " + name + " what is below 0"
            yield _check(mart, "count", kind="range", says=says, wrong=f"{name} < 0", column=name)


def _of_rules(mart: Mart) -> Iterator[Check]:
    for rule in rules_of(f"marts.{mart.name}"):
        expectation = ExpectRowsToBeRight(
            wrong=as_sql(rule.wrong_where),
            among=as_sql(rule.among),
            key=mart.shown_key,
            allowed=rule.allowed,
            tolerant=rule.allowed > 0,
        )
        yield Check(
            "marts", mart.name, rule.table, rule.rule, rule.kind, rule.says, expectation,
            rule.is_error, rule.column or None, rule.allowed,
        )  # fmt: skip


def marts_checks() -> list[Check]:
    """Every promise of the marts: columns, keys and customers of all, then what the rules say."""
    return [
        check
        for mart in public_marts()
        for of in (_of_key, _of_columns, _of_rules)
        for check in of(mart)
    ]
