"""The queries of docs/questions.md, as an analyst runs them: on the sample's published copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT

from penpal import publishing
from penpal.settings import Settings

Row = dict[str, Any]


def questions() -> dict[str, str]:
    """The query below each heading."""
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0]: re.findall(r"^```sql\n(.*?)^```", section, re.S | re.M)[0]
        for section in sections
    }


@pytest.fixture(scope="module")
def published(
    built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("published")
    paths = Settings(warehouse=folder / "penpal.duckdb", lake=folder)
    paths.warehouse.symlink_to(built_warehouse.resolve())
    publishing.publish_copy(paths)
    with duckdb.connect(str(paths.published), read_only=True) as connection:
        yield connection


def answer(published: duckdb.DuckDBPyConnection, number: int) -> list[Row]:
    query = next(text for title, text in questions().items() if title.startswith(f"{number}. "))
    found = published.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def one(published: duckdb.DuckDBPyConnection, query: str) -> Any:
    return published.execute(query).fetchone()[0]


def total(rows: list[Row], column: str) -> float:
    return float(sum(row[column] for row in rows))


def test_there_are_ten() -> None:
    assert [title.split(". ")[0] for title in questions()] == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize("number", range(1, 11))
def test_each_is_answered(published: duckdb.DuckDBPyConnection, number: int) -> None:
    rows = answer(published, number)
    assert rows
    for column in rows[0]:
        values = [row[column] for row in rows if row[column] is not None]
        assert values, f"{column} is empty in each row"
        if column.endswith(("_rate", "_share")):
            assert all(0 <= value <= 1 for value in values), column


def test_answers_agree_with_each_other(published: duckdb.DuckDBPyConnection) -> None:
    revenue = float(one(published, "select sum(lifetime_revenue) from marts.customers"))
    customers = one(published, "select count(*) from marts.customers")
    months, by_category = answer(published, 1), answer(published, 2)
    assert total(months, "revenue") == pytest.approx(revenue)
    without_lines = one(
        published,
        """select coalesce(sum(revenue_base), 0) from marts.customer_orders where is_paid
        and order_id not in (select order_id from marts.customer_order_lines)""",
    )
    assert total(by_category, "revenue") == pytest.approx(revenue - float(without_lines), abs=0.1)
    buyers = one(published, "select count(*) from marts.customers where orders_count > 0")
    assert total(answer(published, 3), "cohort_size") == buyers
    assert total(answer(published, 7), "customers_count") == customers
    for rows, share in ((by_category, "revenue_share"), (answer(published, 7), "customers_share")):
        assert total(rows, share) == pytest.approx(1, abs=0.01)
    sizes = {row["segment"]: row["size"] for row in answer(published, 8)}
    catalog = dict(published.execute("select name, size from marts.segment_catalog").fetchall())
    assert sizes == catalog
