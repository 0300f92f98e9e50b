"""The settle and agglomerate materializations against plain Python, on graphs of every shape."""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import combinations

import networkx as nx
import pyarrow as pa
import pytest
from conftest import ScratchProject
from hypothesis import given, settings
from hypothesis import strategies as st

Row = tuple[str | None, str | None, int | None]
Clusters = dict[str, str]


@dataclass(frozen=True)
class Found:
    """What a model found: node -> cluster, in how many rounds (none: it failed), and dbt's log."""

    clusters: Clusters
    rounds: int | None
    log: str


@dataclass(frozen=True)
class Config:
    materialized: str = "settle"
    threshold: int = 0
    absent_weight: int = 0
    max_rounds: int = 500


def in_order(count: int) -> list[int]:
    """Numbers for so many names in their order: those of one run, of which some are negative."""
    return list(range(-(count // 2), count - count // 2))


def far_apart(count: int) -> list[int]:
    """Those of another run: the order stays."""
    return sorted(random.Random(11).sample(range(-(2**61), 2**61), count))


def out_of_order(count: int) -> list[int]:
    return random.Random(12).sample(in_order(count), count)


@dataclass(frozen=True)
class Case:
    rows: list[Row]
    config: Config
    numbers: Callable[[int], list[int]] = in_order

    def number_of(self) -> dict[str, int]:
        names = sorted({name for a, b, _ in self.rows for name in (a, b)} - {None})
        return dict(zip(names, self.numbers(len(names)), strict=True))

    def table(self) -> dict[str, pa.Array]:
        """The rows by number, beside the names of which ties are made."""
        number = self.number_of()
        a, b, weight = zip(*self.rows, strict=True) if self.rows else ([], [], [])
        return {
            "node_a": pa.array(map(number.get, a), pa.int64()),
            "node_b": pa.array(map(number.get, b), pa.int64()),
            "weight": pa.array(weight, pa.int64()),
            "name_a": pa.array(a, pa.string()),
            "name_b": pa.array(b, pa.string()),
        }


def run_cases(scratch: ScratchProject, cases: dict[str, Case]) -> dict[str, Found]:
    """One dbt run with a model for each case: a dbt start costs seconds."""
    for old in (scratch.folder / "models").glob("*.sql"):
        old.unlink()
    tables: dict[object, str] = {}
    for name, case in cases.items():
        of = (id(case.rows), case.numbers)
        if of not in tables:
            tables[of] = f"{name}_links"
            scratch.table(tables[of], case.table())
        arguments = ", ".join(f"{key}={value!r}" for key, value in asdict(case.config).items())
        scratch.model(
            name,
            f"{{{{ config({arguments}) }}}}\n"
            "select node_a, node_b, weight, {{ link_tie('name_a', 'name_b') }} as tie\n"
            f"from {{{{ ref('{tables[of]}') }}}}\n",
        )
    log = scratch.dbt("--debug", "run").stdout
    found: dict[str, Found] = {}
    for name, case in cases.items():
        rounds = re.findall(rf" {name}: (\d+) rounds", log)
        clusters = scratch.rows(name, "node", "cluster") if rounds else []
        assert len(dict(clusters)) == len(clusters), "a node twice"
        name_of = {number: node for node, number in case.number_of().items()}
        found[name] = Found(
            {name_of[node]: name_of[smallest] for node, smallest in clusters},
            int(rounds[0]) if rounds else None,
            log,
        )
    return found


class Graph:
    """What the rows say: sizes, the links of each two nodes, who must be apart."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.size: dict[str, int] = {}
        weights: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.apart: set[tuple[str, str]] = set()
        loops: dict[str, int] = defaultdict(int)
        for a, b, weight in rows:
            for node in {a, b} - {None}:
                loops[node] += a == b
            if a is None or b is None or a == b:
                continue
            if weight is None:
                self.apart.add((min(a, b), max(a, b)))
            else:
                weights[min(a, b), max(a, b)].append(weight)
        self.size = {node: max(count, 1) for node, count in loops.items()}
        self.best = {pair: max(each) for pair, each in weights.items()}
        self.pairs, self.total = {}, {}
        for (a, b), each in weights.items():
            possible = self.size[a] * self.size[b]
            self.pairs[a, b] = min(len(each), possible)
            self.total[a, b] = sum(each) * self.pairs[a, b] // len(each)

    def order(self, pair: tuple[str, str]) -> tuple[int, str, str, str]:
        scramble = hashlib.md5("|".join(pair).encode(), usedforsecurity=False).hexdigest()[:12]
        return (-self.best[pair], scramble, *pair)

    def are_apart(self, one: set[str], other: set[str]) -> bool:
        return any((min(a, b), max(a, b)) in self.apart for a in one for b in other)


def named(parts: Iterable[set[str]]) -> Clusters:
    return {node: min(part) for part in parts for node in part}


def settle(graph: Graph, config: Config) -> Clusters:
    """Kruskal's algorithm with cannot-links."""
    part = {node: {node} for node in graph.size}
    for a, b in sorted(graph.best, key=graph.order):
        if graph.best[a, b] < config.threshold or part[a] is part[b]:
            continue
        if not graph.are_apart(part[a], part[b]):
            part[a] |= part[b]
            part |= dict.fromkeys(part[b], part[a])
    return named(part.values())


def agglomerate(graph: Graph, config: Config) -> Clusters:
    """Rounds of mutual best choices, each worked out anew from the nodes' links."""
    part = {node: frozenset([node]) for node in graph.size}
    grown_from = {cluster: node for node, cluster in part.items()}
    while True:
        size = {cluster: sum(graph.size[node] for node in cluster) for cluster in part.values()}
        between: dict[frozenset, list[tuple[str, str]]] = defaultdict(list)
        for a, b in graph.best:
            if part[a] != part[b]:
                between[frozenset([part[a], part[b]])].append((a, b))
        choices: dict[frozenset, tuple] = {}
        for clusters, pairs in between.items():
            strongest = max(graph.best[pair] for pair in pairs)
            possible = size[min(clusters, key=min)] * size[max(clusters, key=min)]
            absent = possible - sum(graph.pairs[pair] for pair in pairs)
            total = sum(graph.total[pair] for pair in pairs) + config.absent_weight * absent
            mean = total / possible
            linkage = mean + (strongest - mean) / (2 * math.sqrt(min(size[c] for c in clusters)))
            if strongest < config.threshold or linkage < config.threshold:
                continue
            if graph.are_apart(*clusters):
                continue
            for one in clusters:
                (other,) = clusters - {one}
                choice = (-linkage, min(graph.order(pair) for pair in pairs), other)
                choices[one] = min(choices.get(one, choice), choice, key=lambda choice: choice[:2])
        if not choices:
            return named(set(cluster) for cluster in part.values())
        for one, (_, _, other) in choices.items():
            first, second = ((-size[each], grown_from[each]) for each in (one, other))
            if choices[other][2] == one and first < second:
                asking = [joiner for joiner in choices if choices[joiner][2] == one]
                asking.sort(key=lambda joiner: choices[joiner][:2])
                asking = asking[: max(1, size[one] // 8)]
                taken = [
                    joiner
                    for i, joiner in enumerate(asking)
                    if not any(graph.are_apart(joiner, better) for better in asking[:i])
                ]
                together = one.union(*taken)
                grown_from[together] = grown_from[one]
                part |= dict.fromkeys(together, together)


REFERENCE = {"settle": settle, "agglomerate": agglomerate}

weights = st.one_of(st.integers(-2, 5), st.integers(0, 1), st.integers(-100, 100), st.none())


@st.composite
def graphs(draw: st.DrawFn) -> list[Row]:
    ends = st.integers(0, draw(st.integers(0, 14)))
    rows = draw(st.lists(st.tuples(ends, ends, weights), max_size=60))
    # A node of many records may take several others in one round.
    rows += [(node, node, None) for node in draw(st.lists(ends, max_size=2)) for _ in range(30)]
    return [(str(a), str(b), weight) for a, b, weight in rows]


def seeded_graph(seed: int) -> list[Row]:
    """True clusters with noise between them; some are large, some nodes must be apart."""
    rng = random.Random(seed)
    nodes = rng.randint(20, 120)
    of = [rng.randrange(max(1, nodes // rng.choice([3, 10, 60]))) for _ in range(nodes)]
    rows: list[Row] = [(f"{i:03d}", f"{i:03d}", None) for i in range(nodes)]
    apart_rate = rng.choice([0, 0.01, 0.1])
    spread = rng.choice([0, 3, 1000])
    for i, j in combinations(range(nodes), 2):
        same = of[i] == of[j]
        if rng.random() < (0.7 if same else 0.02):
            rows.append((f"{i:03d}", f"{j:03d}", rng.randint(0, spread) + (8 if same else -2)))
        if rng.random() < (apart_rate if same else apart_rate * 2):
            rows.append((f"{j:03d}", f"{i:03d}", None))
    return rows


def chain(links: int, name: str = "") -> list[Row]:
    return [(f"{name}{i:05d}", f"{name}{i + 1:05d}", 5) for i in range(links)]


def star(leaves: int, name: str = "") -> list[Row]:
    return [(f"{name}hub", f"{name}leaf{i:05d}", 5) for i in range(leaves)]


def couples_apart(leaves: int, name: str = "") -> list[Row]:
    return [(f"{name}leaf{i:05d}", f"{name}leaf{i + 1:05d}", None) for i in range(0, leaves, 2)]


def equals() -> list[Row]:
    """Two clusters of 16 records that choose each other, and one that chooses each of them."""
    loops = [(node, node, None) for node, size in {"b": 15, "aa": 16}.items() for _ in range(size)]
    first_round = [("a", "b", 900)] * 15
    second_round = [("b", "aa", 600)] * 240 + [("x", "b", 900), ("y", "aa", 900)]
    return [*loops, *first_round, *second_round]


def shapes() -> dict[str, list[Row]]:
    long = "9" * 200
    cliques = [(f"{c}{i}", f"{c}{j}", 5) for c in "bc" for i in range(30) for j in range(i)]
    people = [(f"{c}{i}", f"{c}{j}", 30) for c in "bc" for i in range(5) for j in range(i)]
    people += [(f"b{i}", f"c{j}", -8 if i + j else 20) for i in range(5) for j in range(5)]
    return {
        "loop only": [("a", "a", 3)],
        "loops only": [("a", "a", None), ("a", "a", 1), ("b", "b", None)],
        "one link": [("a", "b", 5)],
        "only apart": [("a", "b", None)],
        "linked and apart": [("a", "b", 9), ("b", "a", None)],
        "repeated and reversed": [("a", "b", 5), ("b", "a", 5), ("a", "b", 4), ("a", "a", 1)],
        "weakest link is cut": [("a", "b", 9), ("b", "c", 7), ("c", "d", 8), ("d", "a", None)],
        "negative": [("a", "b", -1), ("b", "c", 6), ("a", "c", 2)],
        "the mean says no": [("a", "b", 9), ("b", "c", 5), ("a", "c", -40)],
        "long names": [(long, long + "1", 5), (long + "1", long + "2", 5), ("x", "x", 1)],
        "huge weights": [("a", "b", 2**40), ("b", "c", -(2**40)), ("c", "d", 2**40 + 1)],
        "two blobs and a bridge": [*cliques, ("b7", "c9", 5)],
        "two blobs apart": [*cliques, ("b7", "c9", 5), ("b1", "c1", None)],
        "two people and a pair that could be either": people,
        "quotes and unicode": [("o'hara", 'say "hi"', 5), ("né", "日本", 5), ("né", "o'hara", 5)],
        "a hub of couples that must be apart": star(40) + couples_apart(40),
    }


CONFIGS = [
    Config("settle", 0),
    Config("settle", 5),
    Config("agglomerate", 0),
    Config("agglomerate", 3, absent_weight=-4),
]


@pytest.fixture(scope="module")
def drawn(engine: str) -> dict[str, list[Row]]:
    """Every graph of the property tests. They go into one run: a dbt start costs seconds."""
    rows: list[list[Row]] = []

    @settings(max_examples=400 if engine == "duckdb" else 100, deadline=None, database=None)
    @given(graphs())
    def collect(graph: list[Row]) -> None:
        rows.append(graph)

    collect()
    rows += [seeded_graph(seed) for seed in range(60 if engine == "duckdb" else 10)]
    return {str(n): graph for n, graph in enumerate(rows)} | shapes()


def marked(graphs: dict[str, list[Row]]) -> list[Row]:
    return [
        (f"{name}:{a}", f"{name}:{b}", weight)
        for name, graph in graphs.items()
        for a, b, weight in graph
    ]


@pytest.fixture(scope="module")
def found(
    scratch: ScratchProject, drawn: dict[str, list[Row]], engine: str
) -> dict[Config, dict[str, tuple[Graph, Clusters]]]:
    """For each config (two on Spark), by the graph's name: the graph, and the clusters found."""
    configs = CONFIGS if engine == "duckdb" else [CONFIGS[0], CONFIGS[-1]]
    rows = [*marked(drawn), (None, "x:x", 7), ("x:y", None, None)]
    tables = run_cases(scratch, {f"found_{i}": Case(rows, each) for i, each in enumerate(configs)})
    of: dict[Config, dict[str, tuple[Graph, Clusters]]] = {}
    for config, table in zip(configs, tables.values(), strict=True):
        assert table.rounds is not None, table.log
        for beside_null in ("x:x", "x:y"):
            assert table.clusters.pop(beside_null) == beside_null
        by_graph: dict[str, Clusters] = defaultdict(dict)
        for node, cluster in table.clusters.items():
            by_graph[node.rsplit(":", 1)[0]][node] = cluster
        assert by_graph.keys() == {name for name, graph in drawn.items() if graph}
        of[config] = {
            name: (Graph(marked({name: graph})), by_graph[name]) for name, graph in drawn.items()
        }
    return of


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_graph_agrees_with_the_plain_algorithm(
    found: dict[Config, dict[str, tuple[Graph, Clusters]]], config: Config
) -> None:
    if config not in found:
        pytest.skip("Spark has fewer")
    for name, (graph, clusters) in found[config].items():
        assert clusters == REFERENCE[config.materialized](graph, config), name


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_what_must_be_apart_is_apart(
    found: dict[Config, dict[str, tuple[Graph, Clusters]]], config: Config
) -> None:
    for name, (graph, clusters) in found[config].items():
        assert not [(a, b) for a, b in graph.apart if clusters[a] == clusters[b]], name


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_cluster_is_connected_by_its_links(
    found: dict[Config, dict[str, tuple[Graph, Clusters]]], config: Config
) -> None:
    for name, (graph, clusters) in found[config].items():
        inside = nx.Graph()
        inside.add_nodes_from(graph.size)
        inside.add_edges_from(
            (a, b)
            for (a, b), weight in graph.best.items()
            if weight >= config.threshold and clusters[a] == clusters[b]
        )
        assert named(nx.connected_components(inside)) == clusters, name


def test_shapes_by_hand(found: dict[Config, dict[str, tuple[Graph, Clusters]]]) -> None:
    def parts(config: Config, name: str) -> list[str]:
        members: dict[str, list[str]] = defaultdict(list)
        for node, cluster in sorted(found[config][name][1].items()):
            members[cluster].append(node.rsplit(":", 1)[1])
        return ["".join(each) for each in members.values()]

    assert parts(CONFIGS[0], "weakest link is cut") == ["ab", "cd"]
    assert parts(CONFIGS[0], "linked and apart") == ["a", "b"]
    assert parts(CONFIGS[0], "negative") == ["abc"]
    assert parts(CONFIGS[2], "negative") == ["abc"]
    assert parts(CONFIGS[1], "the mean says no") == ["abc"]
    assert parts(CONFIGS[2], "the mean says no") == ["ab", "c"]
    assert len(parts(CONFIGS[1], "two blobs and a bridge")) == 1
    assert len(parts(CONFIGS[3], "two blobs and a bridge")) == 2
    assert len(parts(CONFIGS[1], "two blobs apart")) == 2
    # The mean is -6.88, half-way to the best +6.56; with five on both sides it is a fifth: -0.87.
    assert len(parts(CONFIGS[2], "two people and a pair that could be either")) == 2
    for config in CONFIGS[:3]:
        assert len(parts(config, "a hub of couples that must be apart")) == 21


def test_order_repetition_and_what_lies_elsewhere_change_nothing(
    scratch: ScratchProject,
    drawn: dict[str, list[Row]],
    found: dict[Config, dict[str, tuple[Graph, Clusters]]],
) -> None:
    few = {name: graph for i, (name, graph) in enumerate(drawn.items()) if i % 3}
    turned = [(b, a, weight) for a, b, weight in marked(few)]
    random.Random(7).shuffle(turned)
    cases = {
        "turned_settle": Case(turned, CONFIGS[0]),
        "turned_agglomerate": Case(turned, CONFIGS[2]),
        # Links and loops are counted for the mean, so only the best link bears repeating.
        "repeated_settle": Case(turned + marked(few), CONFIGS[0]),
    }
    for name, table in run_cases(scratch, cases).items():
        expected: Clusters = {}
        for graph in few:
            expected |= found[cases[name].config][graph][1]
        assert table.clusters == expected, name


def test_of_the_nodes_numbers_only_the_order_counts(
    scratch: ScratchProject,
    drawn: dict[str, list[Row]],
    found: dict[Config, dict[str, tuple[Graph, Clusters]]],
) -> None:
    rows = marked(drawn)
    cases = {
        "renumbered_settle": Case(rows, CONFIGS[0], far_apart),
        "renumbered_agglomerate": Case(rows, CONFIGS[2], far_apart),
        # Ties of different names differ, so that not even the order counts.
        "scrambled_settle": Case(rows, CONFIGS[0], out_of_order),
    }
    for name, table in run_cases(scratch, cases).items():
        parts: dict[str, set[str]] = defaultdict(set)
        for node, smallest in table.clusters.items():
            parts[smallest].add(node)
        if cases[name].numbers is far_apart:
            assert named(parts.values()) == table.clusters, name
        expected: Clusters = {}
        for _, clusters in found[cases[name].config].values():
            expected |= clusters
        assert named(parts.values()) == expected, name


def test_the_smallest_tie_of_a_pair_counts(scratch: ScratchProject) -> None:
    # 1 and 3 must be apart, and the links of both with 2 are equal: the first tie has it.
    links = [(1, 2, 5, "z"), (2, 3, 5, "b"), (2, 1, 5, "a"), (1, 3, None, None)]
    for old in (scratch.folder / "models").glob("*.sql"):
        old.unlink()
    for order, rows in {"forth": links, "back": links[::-1]}.items():
        node_a, node_b, weight, tie = zip(*rows, strict=True)
        columns = {"node_a": node_a, "node_b": node_b, "weight": weight, "tie": tie}
        scratch.table(f"links_{order}", columns)
        for materialized in REFERENCE:
            scratch.model(
                f"{materialized}_{order}",
                f"{{{{ config(materialized='{materialized}') }}}}\n"
                f"select node_a, node_b, weight, tie from {{{{ ref('links_{order}') }}}}\n",
            )
    done = scratch.dbt("run")
    assert done.returncode == 0, done.stdout
    for model in [
        f"{materialized}_{order}" for materialized in REFERENCE for order in ("forth", "back")
    ]:
        assert dict(scratch.rows(model, "node", "cluster")) == {1: 1, 2: 1, 3: 3}, model


@pytest.fixture(scope="module")
def shaped(scratch: ScratchProject, engine: str) -> dict[str, Found]:
    """Graphs that are hard on the number of rounds; Spark, slow to start each, has smaller ones."""
    rng = random.Random(3)
    rising = [(a, b, i) for i, (a, b, _) in enumerate(chain(2_000, "rising"))]
    scattered = [(f"{rng.randrange(3000)}", f"{rng.randrange(3000)}", i % 4) for i in range(4000)]
    size = {"duckdb": 20_000, "spark": 40}[engine]
    block = [(f"{i:03d}", f"{j:03d}", 5) for i in range(min(400, size // 4)) for j in range(i)]
    cases = {
        "empty_settle": Case([], Config("settle")),
        "empty_agglomerate": Case([], Config("agglomerate")),
        "scattered": Case(scattered, Config("settle", threshold=2)),
        "chains": Case(
            [*chain(2_000, "equal"), *rising, ("rising00000", "rising02000", None)],
            Config("settle"),
        ),
        "chain_by_mean": Case(chain(size // 10), Config("agglomerate")),
        "stars": Case(
            star(20_000, "a") + star(20_000, "b") + couples_apart(20_000, "b"),
            Config("settle"),
        ),
        "star_by_mean": Case(star(size), Config("agglomerate")),
        "star_by_strict_mean": Case(star(size), Config("agglomerate", threshold=3)),
        "block_by_mean": Case(block, Config("agglomerate", threshold=5, absent_weight=-5)),
        "equals": Case(equals(), Config("agglomerate", threshold=470)),
        "one_round": Case([("a", "b", 5)], Config(max_rounds=1)),
    }
    done = run_cases(scratch, cases)
    for name, table in done.items():
        assert table.rounds is not None, f"{name} failed: {table.log[-10_000:]}"
    return done


def sizes(found: Found) -> Counter[int]:
    """How many clusters there are of each size."""
    return Counter(Counter(found.clusters.values()).values())


def test_no_links_give_no_nodes(shaped: dict[str, Found]) -> None:
    for name in ["empty_settle", "empty_agglomerate"]:
        assert shaped[name].clusters == {}
        assert shaped[name].rounds == 0


def test_without_apart_settled_links_give_connected_components(shaped: dict[str, Found]) -> None:
    rng = random.Random(3)
    graph = nx.Graph()
    for i in range(4000):
        a, b = f"{rng.randrange(3000)}", f"{rng.randrange(3000)}"
        graph.add_nodes_from([a, b])
        if i % 4 >= 2:
            graph.add_edge(a, b)
    assert shaped["scattered"].clusters == named(nx.connected_components(graph))


def test_chains_of_2000(shaped: dict[str, Found]) -> None:
    found = shaped["chains"]
    # The ends of the rising chain must be apart: its weakest link, from 0 to 1, is cut.
    assert sizes(found) == {2_001: 1, 2_000: 1, 1: 1}
    assert found.clusters["rising00000"] == "rising00000"
    assert found.clusters["rising00002"] == "rising00001"
    assert found.rounds <= 15


def test_a_chain_of_equal_links_by_mean(shaped: dict[str, Found]) -> None:
    assert set(shaped["chain_by_mean"].clusters.values()) == {"00000"}
    assert shaped["chain_by_mean"].rounds <= 60


def test_stars_of_20000(shaped: dict[str, Found]) -> None:
    # Of each couple that must be apart, one joins its hub.
    assert sizes(shaped["stars"]) == {20_001: 1, 10_001: 1, 1: 10_000}
    assert shaped["stars"].rounds <= 5


def test_stars_by_mean(shaped: dict[str, Found]) -> None:
    assert set(shaped["star_by_mean"].clusters.values()) == {"hub"}
    assert shaped["star_by_mean"].rounds <= 100
    # 5 + 5 / n is at least twice 3 for a hub of up to five.
    strict = shaped["star_by_strict_mean"]
    assert sizes(strict) == {6: 1, 1: len(strict.clusters) - 6}


def test_a_block_of_duplicates_by_mean(shaped: dict[str, Found]) -> None:
    assert set(shaped["block_by_mean"].clusters.values()) == {"000"}
    assert shaped["block_by_mean"].rounds <= 40


def test_of_equals_the_one_that_grew_from_the_first_node_takes(shaped: dict[str, Found]) -> None:
    # It is aa: b took a in the first round. x fits the 16 of b and a, but not 32 and more.
    assert shaped["equals"].clusters == dict.fromkeys(["a", "aa", "b", "y"], "a") | {"x": "x"}
    assert shaped["equals"].clusters == agglomerate(
        Graph(equals()), Config("agglomerate", threshold=470)
    )


def test_just_enough_rounds_do_not_fail(shaped: dict[str, Found]) -> None:
    assert shaped["one_round"].clusters == {"a": "a", "b": "a"}
    assert shaped["one_round"].rounds == 1


def test_too_few_rounds_fail_loudly(scratch: ScratchProject) -> None:
    cases = {
        f"too_few_{materialized}": Case(chain(500), Config(materialized, max_rounds=2))
        for materialized in REFERENCE
    }
    for name, found in run_cases(scratch, cases).items():
        assert found.rounds is None
        assert f"{name}: clusters still join after 2 rounds" in found.log
