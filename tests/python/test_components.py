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


Edge = tuple[int | None, int | None]


def components(
    scratch: ScratchProject, edges: list[Edge], max_rounds: int = 60
) -> tuple[dict[int, int], str]:
    """Runs the materialization over edges; gives node -> component and what dbt printed."""
    ends = {"node_a": [a for a, _ in edges], "node_b": [b for _, b in edges]}
    scratch.table("links", {name: pa.array(nodes, pa.int64()) for name, nodes in ends.items()})
    scratch.model("found", MODEL)
    done = scratch.dbt("--debug", "run", "--vars", f"max_rounds: {max_rounds}")
    if done.returncode:
        return {}, done.stdout
    found = scratch.rows("found", "node", "component")
    assert len(dict(found)) == len(found), "a node twice"
    return dict(found), done.stdout


def expected(edges: list[tuple[int, int]]) -> dict[int, int]:
    graph = nx.Graph(edges)
    return {node: min(part) for part in nx.connected_components(graph) for node in part}


def rounds(log: str) -> int:
    return int(re.findall(r"found: (\d+) rounds", log)[-1])


def shapes() -> list[list[tuple[int, int]]]:
    """By number of a node, so that they have none in common."""
    huge = 2**63
    blobs = [(-i, -j) for i in range(1_000, 1_030) for j in range(1_000, i)]
    blobs += [(i, j) for i in range(2_000, 2_030) for j in range(2_000, i)]
    apart = [(i, j) for i in range(3_000, 3_030) for j in range(3_000, i)]
    apart += [(-i, -j) for i in range(4_000, 4_030) for j in range(4_000, i)]
    return [
        [(-1, -1)],
        [(0, 0)],
        [(1, 2)],
        [(-3, -4), (-4, -3), (-3, -4), (-3, -3)],
        [(huge - 1, huge - 2), (huge - 2, -huge), (huge - 3, huge - 3)],
        [*blobs, (-1_007, 2_009)],
        apart,
    ]


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, int]]:
    nodes = draw(st.integers(1, 40))
    return draw(st.lists(st.tuples(st.integers(0, nodes), st.integers(0, nodes)), max_size=80))


def test_random_graphs_and_shapes_agree_with_networkx(scratch: ScratchProject) -> None:
    # Every graph goes into one run, its nodes in a hundred of its own: a dbt start costs seconds.
    drawn: list[list[tuple[int, int]]] = []

    @settings(max_examples=200, deadline=None, database=None)
    @given(graphs())
    def collect(graph: list[tuple[int, int]]) -> None:
        drawn.append(graph)

    collect()
    signs = [1 if n % 2 else -1 for n in range(len(drawn))]
    edges = [
        (sign * (100 * n + a + 10_000), sign * (100 * n + b + 10_000))
        for n, (sign, graph) in enumerate(zip(signs, drawn, strict=True))
        for a, b in graph
    ]
    edges += [edge for shape in shapes() for edge in shape]
    # An end that is unknown joins nobody; its other end is a node all the same.
    found, _ = components(scratch, [*edges, (None, 9_000), (9_001, None), (None, None)])
    assert found == expected([*edges, (9_000, 9_000), (9_001, 9_001)])


def test_no_edges_give_no_nodes(scratch: ScratchProject) -> None:
    found, log = components(scratch, [])
    assert found == {}
    assert rounds(log) == 0


def test_a_chain_of_2000_takes_at_most_15_rounds(scratch: ScratchProject) -> None:
    chain = [(i, i + 1) for i in range(-1_000, 1_000)]
    random.Random(7).shuffle(chain)
    found, log = components(scratch, chain)
    assert found == expected(chain)
    assert rounds(log) <= 15


def test_a_star_of_20000(scratch: ScratchProject) -> None:
    star = [(20_000, leaf) for leaf in range(20_000)]
    found, log = components(scratch, star)
    assert set(found.values()) == {0}
    assert len(found) == 20_001
    assert rounds(log) <= 15


def test_too_few_rounds_fail_loudly(scratch: ScratchProject) -> None:
    chain = [(i, i + 1) for i in range(500)]
    found, log = components(scratch, chain, max_rounds=2)
    assert found == {}
    assert "edges are left after 2 rounds" in log
