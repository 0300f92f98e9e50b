"""The components materialization against networkx, on graphs of every shape."""

from __future__ import annotations

import random
import re

import networkx as nx
import pyarrow as pa
from conftest import ScratchProject
from hypothesis import given, settings
from hypothesis import strategies as st

MODEL = """
{{ config(materialized='components', max_rounds=var('max_rounds', 60)) }}
select node_a, node_b from {{ ref('links') }}
"""


def components(
    scratch: ScratchProject, edges: list[tuple[str | None, str | None]], max_rounds: int = 60
) -> tuple[dict[str, str], str]:
    """Runs the materialization over edges; gives node -> component and what dbt printed."""
    ends = {"node_a": [a for a, _ in edges], "node_b": [b for _, b in edges]}
    scratch.table("links", {name: pa.array(nodes, pa.string()) for name, nodes in ends.items()})
    scratch.model("found", MODEL)
    done = scratch.dbt("--debug", "run", "--vars", f"max_rounds: {max_rounds}")
    if done.returncode:
        return {}, done.stdout
    return dict(scratch.rows("found", "node", "component")), done.stdout


def expected(edges: list[tuple[str, str]]) -> dict[str, str]:
    graph = nx.Graph(edges)
    return {node: min(part) for part in nx.connected_components(graph) for node in part}


def rounds(log: str) -> int:
    return int(re.findall(r"found: (\d+) rounds", log)[-1])


def shapes() -> dict[str, list[tuple[str, str]]]:
    huge = "9" * 200
    blobs = [(f"b{i}", f"b{j}") for i in range(30) for j in range(i)]
    blobs += [(f"c{i}", f"c{j}") for i in range(30) for j in range(i)]
    return {
        "empty": [],
        "loop only": [("a", "a")],
        "one edge": [("a", "b")],
        "repeated and reversed": [("a", "b"), ("b", "a"), ("a", "b"), ("a", "a")],
        "huge ids": [(huge, huge + "1"), (huge + "1", huge + "2"), ("x", "x")],
        "two blobs and a bridge": [*blobs, ("b7", "c9")],
        "two blobs": blobs,
        "quotes and unicode": [("o'hara", 'say "hi"'), ("né", "日本"), ("日本", "o'hara")],
    }


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, int]]:
    nodes = draw(st.integers(1, 40))
    return draw(st.lists(st.tuples(st.integers(0, nodes), st.integers(0, nodes)), max_size=80))


def test_random_graphs_and_shapes_agree_with_networkx(scratch: ScratchProject) -> None:
    # Every graph goes into one run, its nodes marked by its number: a dbt start costs seconds.
    drawn: list[list[tuple[int, int]]] = []

    @settings(max_examples=200, deadline=None, database=None)
    @given(graphs())
    def collect(graph: list[tuple[int, int]]) -> None:
        drawn.append(graph)

    collect()
    edges = [(f"{n}:{a}", f"{n}:{b}") for n, graph in enumerate(drawn) for a, b in graph]
    for name, shape in shapes().items():
        edges += [(f"{name}:{a}", f"{name}:{b}") for a, b in shape]
    # An end that is unknown joins nobody; its other end is a node all the same.
    found, _ = components(scratch, [*edges, (None, "known"), ("known", None), (None, None)])
    assert found == expected([*edges, ("known", "known")])


def test_no_edges_give_no_nodes(scratch: ScratchProject) -> None:
    found, log = components(scratch, [])
    assert found == {}
    assert rounds(log) == 0


def test_a_chain_of_2000_takes_at_most_15_rounds(scratch: ScratchProject) -> None:
    chain = [(f"{i:05d}", f"{i + 1:05d}") for i in range(2_000)]
    random.Random(7).shuffle(chain)
    found, log = components(scratch, chain)
    assert found == expected(chain)
    assert rounds(log) <= 15


def test_a_star_of_20000(scratch: ScratchProject) -> None:
    star = [("hub", f"leaf{i}") for i in range(20_000)]
    found, log = components(scratch, star)
    assert set(found.values()) == {"hub"}
    assert len(found) == 20_001
    assert rounds(log) <= 15


def test_too_few_rounds_fail_loudly(scratch: ScratchProject) -> None:
    chain = [(f"{i:04d}", f"{i + 1:04d}") for i in range(500)]
    found, log = components(scratch, chain, max_rounds=2)
    assert found == {}
    assert "edges are left after 2 rounds" in log
