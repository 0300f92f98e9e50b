"""Kinds of customers: k-means on standardised features, with numbers and words that stay.

A cluster is the one of the run before whose centre its own is nearest to, one for one, and keeps
its number; a new one takes a number that none has had. Its label says in which features it lies
half a standard deviation or more from the shop's mean, and keeps a word until that is a quarter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from penpal.predictions.history import Numbers

SMALLEST, LARGEST = 3, 6
MIN_CUSTOMERS = 50
FITTED_ON = 10_000  # customers, evenly spaced; all are assigned
JUDGED_ON = 1_000  # for the silhouette, whose cost grows with the square
STARTS = 5
# Another number of clusters must be this much better in silhouette than that of the run before.
BETTER = 0.02
SAID_FROM, KEPT_FROM = 0.5, 0.25
WORDS = {
    "recency": ("ordered lately", "ordered long ago"),
    "frequency": ("few orders", "many orders"),
    "monetary": ("small orders", "large orders"),
}
SCHEMA = pa.schema({"customer_id": pa.string(), "cluster": pa.int32(), "label": pa.string()})


@dataclass(frozen=True)
class Previous:
    """The clusters of the run before: label and raw centre by number, and the highest number."""

    labels: dict[int, str]
    centres: dict[int, dict[str, float]]
    highest: int

    @classmethod
    def of(cls, table: pa.Table) -> Previous:
        """From rows of profile.previous_cluster_centroids."""
        labels: dict[int, str] = {}
        centres: dict[int, dict[str, float]] = {}
        rows = table.to_pylist()
        for row in rows:
            labels[row["cluster"]] = row["label"]
            centres.setdefault(row["cluster"], {})[row["feature"]] = row["value"]
        return cls(labels, centres, max((row["highest_cluster"] for row in rows), default=0))


def clusters(table: pa.Table, previous: Previous) -> pa.Table:
    """The cluster of each customer in rows of profile.cluster_features, ordered by both keys."""
    ids, names, raw = _matrix(table)
    if len(ids) < MIN_CUSTOMERS:
        size = len(ids)
        return pa.table([ids, pa.array([1] * size), ["all customers"] * size], schema=SCHEMA)
    mean = np.sum(raw, axis=0) / len(raw)
    deviation = np.sqrt(np.sum((raw - mean) ** 2, axis=0) / len(raw))
    scale = _weights(names) / np.where(deviation > 0, deviation, 1.0)
    points = (raw - mean) * scale
    # A feature that the run before did not know is taken as at the mean.
    old = [
        [(centre.get(name, mean[at]) - mean[at]) * scale[at] for at, name in enumerate(names)]
        for centre in previous.centres.values()
    ]
    centres = fit(points, np.array(old).reshape(len(old), len(names)))
    numbers = _numbers(centres, np.array(old).reshape(len(old), len(names)), previous)
    nearest = _nearest(points, centres)
    # Where customers are alike, a centre may be nearest to nobody.
    inhabited = np.unique(nearest)
    labels = _labels(names, centres / _weights(names), numbers, previous, inhabited)
    return pa.table(
        [ids, pa.array([numbers[at] for at in nearest]), [labels[at] for at in nearest]],
        schema=SCHEMA,
    )


def fit(points: Numbers, old: Numbers) -> Numbers:
    """The centres: as many as separate the customers best, near the old ones where they can be."""
    sample = points[_spread(len(points), FITTED_ON)]
    judges = points[_spread(len(points), JUDGED_ON)]
    found = {}
    for count in range(SMALLEST, LARGEST + 1):
        random = np.random.default_rng(count)
        tries = [_lloyd(sample, _start(sample, count, random)) for _ in range(STARTS)]
        if len(old) == count:
            tries.insert(0, _lloyd(sample, old))
        losses = [_loss(sample, centres) for centres in tries]
        best = int(np.argmin(losses))
        # What follows from the old centres stays unless another start is clearly better.
        chosen = 0 if len(old) == count and losses[0] <= 1.02 * losses[best] else best
        found[count] = tries[chosen]
    worth = {count: silhouette(judges, centres) for count, centres in found.items()}
    if len(old) in worth:
        worth[len(old)] += BETTER
    return found[max(worth, key=lambda count: worth[count])]


def silhouette(points: Numbers, centres: Numbers) -> float:
    """Mean over the points of (b - a) / max(a, b): own cluster, and nearest other (-1..1)."""
    own = _nearest(points, centres)
    sizes = np.bincount(own, minlength=len(centres))
    distance = cdist(points, points)
    sums = np.stack([distance[:, own == at].sum(axis=1) for at in range(len(centres))], axis=1)
    rows = np.arange(len(points))
    within = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    others = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.inf)
    others[rows, own] = np.inf
    nearest = others.min(axis=1)
    larger = np.maximum(within, nearest)
    usable = (sizes[own] > 1) & np.isfinite(larger) & (larger > 0)
    return float(np.sum((nearest - within)[usable] / larger[usable]) / len(points))


def _matrix(table: pa.Table) -> tuple[pa.Array, list[str], Numbers]:
    """Customers, names of features, and their values; 0 where a customer has no such row."""
    customers = table["customer_id"].combine_chunks().dictionary_encode()
    features = table["feature"].to_pylist()
    names = sorted(set(features))
    places = {name: at for at, name in enumerate(names)}
    raw = np.zeros((len(customers.dictionary), len(names)))
    columns = [places[name] for name in features]
    raw[customers.indices.to_numpy(), columns] = table["value"].to_numpy()
    return customers.dictionary, names, raw


def _weights(names: list[str]) -> Numbers:
    """Interests together weigh as one feature."""
    interests = sum(name not in WORDS for name in names)
    return np.array([1.0 if name in WORDS else interests**-0.5 for name in names])


def _spread(size: int, wanted: int) -> Numbers:
    return np.unique(np.linspace(0, size - 1, min(size, wanted)).astype(np.int64))


def _nearest(points: Numbers, centres: Numbers) -> Numbers:
    return np.argmin(cdist(points, centres), axis=1)


def _loss(points: Numbers, centres: Numbers) -> float:
    return float(np.sum(np.min(cdist(points, centres, "sqeuclidean"), axis=1)))


def _start(points: Numbers, count: int, random: np.random.Generator) -> Numbers:
    """k-means++: each further centre is a point, the likelier the farther from those before."""
    chosen = [points[random.integers(len(points))]]
    while len(chosen) < count:
        away = np.min(cdist(points, np.array(chosen), "sqeuclidean"), axis=1)
        sums = np.cumsum(away)
        at = np.searchsorted(sums, random.uniform() * sums[-1], side="right")
        chosen.append(points[min(int(at), len(points) - 1)])
    return np.array(chosen)


def _lloyd(points: Numbers, centres: Numbers) -> Numbers:
    for _ in range(100):
        own = _nearest(points, centres)
        sizes = np.bincount(own, minlength=len(centres))[:, None]
        sums = np.stack(
            [np.bincount(own, column, minlength=len(centres)) for column in points.T], axis=1
        )
        # A centre that nobody is nearest to stays where it is.
        moved = np.where(sizes > 0, sums / np.maximum(sizes, 1), centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _numbers(centres: Numbers, old: Numbers, previous: Previous) -> list[int]:
    """The number of each centre: of the old one it goes on from, or the next that is free."""
    # New ones by their place, so that equal runs number them alike.
    order = np.lexsort(centres.T[::-1])
    numbers = [0] * len(centres)
    if len(old):
        known = list(previous.centres)
        for at, then in zip(*linear_sum_assignment(cdist(centres, old)), strict=True):
            numbers[at] = known[then]
    following = previous.highest
    for at in order:
        if not numbers[at]:
            following += 1
            numbers[at] = following
    return numbers


def _labels(
    names: list[str], centres: Numbers, numbers: list[int], previous: Previous, inhabited: Numbers
) -> list[str]:
    labels: list[str] = []
    for at, number in enumerate(numbers):
        before = previous.labels.get(number, "").split(", ")
        said = [
            word
            for place, name in enumerate(names)
            for word in [_word(name, centres[at, place])]
            if word and abs(centres[at, place]) >= (KEPT_FROM if word in before else SAID_FROM)
        ]
        label = ", ".join(said) or "average"
        labels.append(label)
    # Two clusters of the same words are told apart by their numbers.
    told = Counter(labels[at] for at in inhabited)
    return [
        f"{label}, no. {number}" if told[label] > 1 else label
        for label, number in zip(labels, numbers, strict=True)
    ]


def _word(name: str, place: float) -> str | None:
    if name in WORDS:
        return WORDS[name][1 if place > 0 else 0]
    return name if place > 0 else None
