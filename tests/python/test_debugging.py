"""docs/debugging.md: each call has query, cause and cure, and each query runs on the sample."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

TEXT = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
CALLS = {
    title: body
    for title, _, body in (
        section.partition("\n") for section in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]
    )
}
# What the healthy sample has none of, or too few a day to judge.
MAY_BE_EMPTY = {"4", "8", "10", "14", "18", "19", "20", "21", "22", "23"}


@pytest.fixture(scope="module")
def warehouse(built_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built_warehouse), read_only=True) as connection:
        yield connection


def queries(text: str) -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", text, re.S | re.M)


def test_there_are_thirty_with_cause_and_cure() -> None:
    assert [title.split(". ")[0] for title in CALLS] == [str(n + 1) for n in range(len(CALLS))]
    assert len(CALLS) >= 30
    for title, body in CALLS.items():
        assert len(queries(body)) == 1, title
        assert "**Cause:**" in body, title
        assert "**Cure:**" in body, title


def test_programs_and_files_that_are_named_are_there() -> None:
    named = re.findall(r"`((?:scripts|seeds|macros)/[\w/.]+)", TEXT)
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("title", CALLS)
def test_the_query_runs_on_the_sample(warehouse: duckdb.DuckDBPyConnection, title: str) -> None:
    rows = warehouse.execute(queries(CALLS[title])[0]).fetchall()
    assert rows or title.split(". ", maxsplit=1)[0] in MAY_BE_EMPTY


def test_the_first_query_runs_too(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute(queries(TEXT)[0]).fetchall()
