"""Clusters of customers: planted ones are found, and keep their numbers from run to run."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from conftest import outputs_by_threads

from penpal.predictions.clusters import SCHEMA, Previous, clusters, silhouette

NOBODY = Previous({}, {}, 0)
# Recency, frequency, monetary (logarithms), and what they like: regulars, lapsed, spenders.
KINDS = {
    "regular": (2.0, 2.5, 3.0, "pens"),
    "lapsed": (5.8, 0.3, 3.0, "ink"),
    "spender": (4.0, 0.7, 5.5, "pens"),
}


def shop(seed: int = 1, people: int = 60, kinds: dict[str, tuple] = KINDS) -> pa.Table:
    """Rows of cluster_features; a customer's id begins with the kind."""
    random = np.random.default_rng(seed)
    rows = []
    for kind, (*centre, likes) in kinds.items():
        for person in range(people):
            name = f"{kind}-{person:05}"
            values = np.array(centre) + random.normal(0, 0.25, 3)
            rows += [
                (name, feature, float(value))
                for feature, value in zip(("recency", "frequency", "monetary"), values, strict=True)
            ]
            rows.append((name, f"likes {likes}", 1.0))
    return features(rows)


def features(rows: list[tuple[str, str, float]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    kinds = (pa.string(), pa.string(), pa.float64())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    table = pa.table(arrays, names=["customer_id", "feature", "value"])
    return table.sort_by([("customer_id", "ascending"), ("feature", "ascending")])


def by_kind(table: pa.Table) -> dict[str, Counter]:
    """Cluster and label of the customers of each kind."""
    found: dict[str, Counter] = {}
    for row in table.to_pylist():
        kind = row["customer_id"].split("-")[0]
        found.setdefault(kind, Counter())[row["cluster"], row["label"]] += 1
    return found


def remembered(table: pa.Table, found: pa.Table) -> Previous:
    """What the ledger would hold after a run."""
    names = sorted(set(table["feature"].to_pylist()))
    sums: dict[int, Counter] = {}
    cluster_of = {row["customer_id"]: row["cluster"] for row in found.to_pylist()}
    sizes = Counter(cluster_of.values())
    for row in table.to_pylist():
        cluster = cluster_of[row["customer_id"]]
        sums.setdefault(cluster, Counter())[row["feature"]] += row["value"] / sizes[cluster]
    labels = {row["cluster"]: row["label"] for row in found.to_pylist()}
    centres = {at: {name: float(sums[at][name]) for name in names} for at in sorted(sums)}
    return Previous({at: labels[at] for at in centres}, centres, max(centres))


def test_planted_kinds_are_found_and_told_in_words() -> None:
    found = by_kind(clusters(shop(), NOBODY))
    assert all(len(places) == 1 for places in found.values())
    labels = {kind: next(iter(places))[1] for kind, places in found.items()}
    assert labels == {
        "regular": "many orders, likes pens, small orders, ordered lately",
        "lapsed": "few orders, likes ink, small orders, ordered long ago",
        "spender": "likes pens, large orders",
    }


def test_clusters_keep_their_numbers_while_customers_come_and_drift() -> None:
    table = shop()
    before = clusters(table, NOBODY)
    previous = remembered(table, before)
    later = {kind: (place[0] + 0.4, *place[1:]) for kind, place in KINDS.items()}
    again = by_kind(clusters(shop(seed=2, people=75, kinds=later), previous))
    assert again.keys() == by_kind(before).keys()
    for kind, places in by_kind(before).items():
        assert {at for at, _ in again[kind]} == {at for at, _ in places}


def test_numbers_come_from_the_clusters_before_not_from_the_search() -> None:
    table = shop()
    previous = remembered(table, clusters(table, NOBODY))
    renamed = {old: old + 10 for old in previous.centres}
    moved = Previous(
        {renamed[at]: label for at, label in previous.labels.items()},
        {renamed[at]: centre for at, centre in previous.centres.items()},
        20,
    )
    assert set(clusters(table, moved)["cluster"].to_pylist()) == set(renamed.values())


def test_a_new_kind_takes_a_number_that_none_has_had() -> None:
    table = shop()
    previous = remembered(table, clusters(table, NOBODY))
    previous = Previous(previous.labels, previous.centres, 7)
    more = KINDS | {"giver": (1.0, 0.1, 8.0, "gifts")}
    found = by_kind(clusters(shop(people=60, kinds=more), previous))
    ((number, _),) = found["giver"]
    assert number == 8
    for kind in KINDS:
        assert {at for at, _ in found[kind]} <= previous.centres.keys()


def test_a_word_stays_until_half_of_what_it_took() -> None:
    table = shop()
    first = clusters(table, NOBODY)
    lapsed = next(iter(by_kind(first)["lapsed"]))
    assert "ordered long ago" in lapsed[1]
    # Their recency comes nearer to everybody's: between a quarter and a half of a deviation.
    nearer = KINDS | {"lapsed": (3.5, *KINDS["lapsed"][1:])}
    second = shop(kinds=nearer)
    kept = next(iter(by_kind(clusters(second, remembered(table, first)))["lapsed"]))
    fresh = next(iter(by_kind(clusters(second, NOBODY))["lapsed"]))
    assert "ordered long ago" in kept[1]
    assert "ordered long ago" not in fresh[1]


def test_a_small_shop_has_one_cluster() -> None:
    found = clusters(shop(people=16), NOBODY)
    assert set(found["label"].to_pylist()) == {"all customers"}
    assert set(found["cluster"].to_pylist()) == {1}
    assert clusters(shop(people=17), NOBODY)["label"].to_pylist()[0] != "all customers"
    assert clusters(features([]), NOBODY).schema == SCHEMA


def test_customers_who_are_all_alike_are_no_error() -> None:
    rows = [
        (f"c{person:03}", feature, 1.0)
        for person in range(60)
        for feature in ("recency", "frequency", "monetary")
    ]
    found = clusters(features(rows), NOBODY)
    assert set(found["label"].to_pylist()) == {"average"}


def test_silhouette() -> None:
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    centres = np.array([[0.5], [10.5]])
    # Own 1; others 10.5 and 9.5 away in the mean.
    expected = (9.5 / 10.5 + 8.5 / 9.5) / 2
    assert silhouette(points, centres) == pytest.approx(expected)


PROGRAM = """
import hashlib, sys
sys.path[:0] = ["scripts", "tests", "tests/python"]
from test_clusters import NOBODY, clusters, shop
table = clusters(shop(people=700), NOBODY)
print(hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest())
"""


def test_same_clusters_whatever_the_number_of_threads() -> None:
    assert len(outputs_by_threads(PROGRAM)) == 1
