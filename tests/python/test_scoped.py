"""Tables that outlast a run: macros/materializations/scoped.sql and macros/run_state.sql."""

from __future__ import annotations

import json
import re
import subprocess

import duckdb
import pytest
from conftest import ROOT, ScratchProject

Row = tuple[str | None, int, str]

# What the runs find: at first everything, then the rows of what they look at.
ALL = [("a", 1, "old"), ("a", 2, "old"), ("b", 1, "old"), ("b", 2, "old"), (None, 1, "old")]
SOME = [("b", 1, "new"), ("c", 1, "new")]

# The rows that each model replaces, and those that a run which looks at SOME leaves.
SCOPED: dict[str, tuple[str, list[Row]]] = {
    "by_one_column": (
        "[['kind', 'some_kinds']]",
        [("a", 1, "old"), ("a", 2, "old"), (None, 1, "old"), *SOME],
    ),
    "by_two_columns": (
        "[['kind, number', 'some_pairs']]",
        [("a", 1, "old"), ("a", 2, "old"), ("b", 2, "old"), (None, 1, "old"), *SOME],
    ),
    "by_a_column_of_another_name": (
        "[['number', 'some_pairs', 'twice']]",
        [("a", 1, "old"), ("b", 1, "old"), (None, 1, "old"), *SOME],
    ),
    "by_a_condition": ("['kind is null']", [*ALL[:4], *SOME]),
    "by_any_of_them": (
        "[['kind', 'some_kinds'], 'kind is null']",
        [("a", 1, "old"), ("a", 2, "old"), *SOME],
    ),
    "by_all_of_them": (
        "[[['kind', 'some_kinds'], ['number', 'some_pairs', 'twice']]]",
        [("a", 1, "old"), ("a", 2, "old"), ("b", 1, "old"), (None, 1, "old"), *SOME],
    ),
    "by_a_column_and_a_condition": (
        "[[['kind', 'some_kinds'], 'number = 1'], 'kind is null']",
        [("a", 1, "old"), ("a", 2, "old"), ("b", 2, "old"), *SOME],
    ),
    "by_nothing_that_is_there": ("[['kind', 'no_kinds']]", [*ALL, *SOME]),
}
MODEL = """
{{{{ config(
    materialized='scoped',
    replaces={replaces},
    post_hook="select " ~ ("error('stopped')" if var('stop', '') == 'after' else "1"),
) }}}}
-- depends_on: {{{{ ref('identity_run') }}}}
-- depends_on: {{{{ ref('some_kinds') }}}}
-- depends_on: {{{{ ref('some_pairs') }}}}
-- depends_on: {{{{ ref('no_kinds') }}}}
{{% if run_is_full() %}}
select kind, number, value
{{% else %}}
select value, {{{{ 'error(kind)' if var('stop', '') == 'within' else 'kind' }}}} as kind, number
{{% endif %}}
from {{{{ ref('found') }}}}
"""
TOUCHED = """
{{ config(materialized='view_or_table') }}

-- depends_on: {{ ref('identity_touched') }}
select * from {{ ref('records') }}
{% if not run_is_full() %}
where record_key in (select record_key from {{ ref('identity_touched') }})
{% endif %}
"""

# Counts its runs: none before the first.
REASON = """
-- depends_on: {{ ref('by_one_column') }}
select
    '{{ full_run_because() or 'nothing' }}' as because,
    coalesce(max(number), 0) + 1 as number
from ({{ rows_before('reason', {'number': 'integer'}) }}) as before
"""


@pytest.fixture(scope="module")
def engine() -> str:
    return "duckdb"  # every run on Spark looks at everything: plain Parquet has no deletes


def run(scratch: ScratchProject, *select: str, stop: str = "") -> subprocess.CompletedProcess[str]:
    variables = json.dumps({"stop": stop})
    return scratch.dbt("run", "--vars", variables, "--select", *select)


def find(scratch: ScratchProject, rows: list[Row], *, is_full: bool) -> None:
    """What the next run finds, and whether it looks at everything."""
    scratch.table("identity_run", {"is_full": [is_full]})
    kinds, numbers, values = zip(*rows, strict=True)
    scratch.table("found", {"kind": kinds, "number": numbers, "value": values})


def table(scratch: ScratchProject, name: str) -> list[Row]:
    return sorted(scratch.rows(name, "kind", "number", "value"), key=str)


def kind_of(scratch: ScratchProject, name: str) -> str:
    query = "select table_type from information_schema.tables where table_name = $1"
    with duckdb.connect(str(scratch.folder / "scratch.duckdb"), read_only=True) as connection:
        ((kind,),) = connection.execute(query, [name]).fetchall()
    return kind


@pytest.fixture(scope="module")
def scoped(scratch: ScratchProject) -> ScratchProject:
    scratch.table("some_kinds", {"kind": ["b", "c"]})
    scratch.table("some_pairs", {"kind": ["b", "d"], "number": [1, 2], "twice": [2, 4]})
    scratch.model("no_kinds", "select 'e' as kind")
    for name, (replaces, _) in SCOPED.items():
        scratch.model(name, MODEL.format(replaces=replaces))
    return scratch


def build(scoped: ScratchProject, *names: str) -> None:
    done = run(scoped, *(f"+{name}" for name in names))
    assert done.returncode == 0, done.stdout


def test_a_run_replaces_what_it_looks_at(scoped: ScratchProject) -> None:
    find(scoped, ALL, is_full=True)
    build(scoped, *SCOPED)
    for name in SCOPED:
        assert table(scoped, name) == sorted(ALL, key=str)
    find(scoped, SOME, is_full=False)
    build(scoped, *SCOPED)
    for name, (_, expected) in SCOPED.items():
        assert table(scoped, name) == sorted(expected, key=str), name
    # Again, it replaces its own rows.
    build(scoped, "by_one_column")
    assert table(scoped, "by_one_column") == sorted(SCOPED["by_one_column"][1], key=str)
    find(scoped, SOME, is_full=True)
    build(scoped, "by_one_column")
    assert table(scoped, "by_one_column") == sorted(SOME, key=str)


def test_a_model_that_fails_leaves_its_table(scoped: ScratchProject) -> None:
    find(scoped, ALL, is_full=True)
    build(scoped, "by_one_column")
    for is_full, stop in ((False, "within"), (False, "after"), (True, "after")):
        find(scoped, SOME, is_full=is_full)
        done = run(scoped, "+by_one_column", stop=stop)
        assert done.returncode == 1, done.stdout
        assert table(scoped, "by_one_column") == sorted(ALL, key=str), (is_full, stop)


def test_a_view_in_a_run_over_everything_else_a_table(scratch: ScratchProject) -> None:
    scratch.table("records", {"record_key": ["a", "b", "c"], "value": [1, 2, 3]})
    scratch.model("touched_records", TOUCHED)

    def touch(is_full: bool, *touched: str) -> None:
        scratch.table("identity_run", {"is_full": [is_full]})
        scratch.table("identity_touched", {"record_key": list(touched)})
        build(scratch, "identity_run", "touched_records")

    everything = [("a", 1), ("b", 2), ("c", 3)]
    # From nothing to a view, to a table, to another table, to a view.
    for is_full, touched in ((True, "b"), (False, "cbx"), (False, "a"), (True, "a")):
        touch(is_full, *touched)
        kind = "VIEW" if is_full else "BASE TABLE"
        assert kind_of(scratch, "touched_records") == kind
        expected = [row for row in everything if is_full or row[0] in touched]
        assert sorted(scratch.rows("touched_records", "*")) == expected


def test_a_whole_table_is_made_anew_or_stays(scratch: ScratchProject) -> None:
    def make(kind: str, value: int, stop: str = "false") -> subprocess.CompletedProcess[str]:
        hook = f"select case when {stop} then error('stopped') else 1 end"
        config = f'{{{{ config(materialized="{kind}", post_hook="{hook}") }}}}'
        scratch.model("made", f"{config}\nselect {value} as value")
        return scratch.dbt("run", "--select", "made")

    for kind, value in (("whole", 1), ("whole", 2), ("view", 3), ("whole", 4)):
        done = make(kind, value)
        assert done.returncode == 0, done.stdout
        assert scratch.rows("made", "value") == [(value,)]
    assert kind_of(scratch, "made") == "BASE TABLE"
    assert make("whole", 5, stop="true").returncode == 1
    assert make("whole", 6, stop="(select true from nowhere)").returncode == 1
    assert scratch.rows("made", "value") == [(4,)]


def test_what_was_there_before_tells_why_a_run_looks_at_everything(scoped: ScratchProject) -> None:
    scoped.model("reason", REASON)
    find(scoped, ALL, is_full=True)
    build(scoped, *SCOPED)

    def reason(*arguments: str) -> tuple[object, ...]:
        done = scoped.dbt("run", "--select", "reason", *arguments)
        assert done.returncode == 0, done.stdout
        (row,) = scoped.rows("reason", "because", "number")
        return row

    assert reason() == ("nothing", 1)
    assert reason("--full-refresh") == ("full_refresh", 2)
    with duckdb.connect(str(scoped.folder / "scratch.duckdb")) as connection:
        connection.execute("drop table by_two_columns")
    assert reason() == ("missing_table", 3)


def test_without_a_decision_a_run_looks_at_everything(scratch: ScratchProject) -> None:
    (scratch.folder / "scratch.duckdb").unlink(missing_ok=True)
    scratch.table("identity_touched", {"record_key": ["a"]})
    scratch.table("records", {"record_key": ["a", "b"]})
    scratch.model("touched_records", TOUCHED)
    build(scratch, "touched_records")
    assert sorted(scratch.rows("touched_records", "record_key")) == [("a",), ("b",)]


def test_a_run_ends_after_all_that_it_keeps() -> None:
    """Else one that was killed in between would not be noticed."""
    models = {path.stem: path.read_text() for path in (ROOT / "models").glob("**/*.sql")}
    kept = {name for name, sql in models.items() if "materialized='scoped'" in sql}
    assert "identity_clusters" in kept
    before, queue = set(), ["identity_finished_run"]
    while queue:
        name = queue.pop()
        if name not in before and name in models:
            before.add(name)
            queue += re.findall(r"ref\('(\w+)'\)", models[name])
    assert kept <= before
