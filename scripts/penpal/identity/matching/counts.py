"""What an estimate needs of a warehouse: counts of agreement patterns, and of values in common."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from penpal.identity.matching.weights import Weights
from penpal.settings import UserError

# The column of identity_profiles that a term is about, where the names differ.
TERM_COLUMNS = {"birth_date": "birth_date_key"}
NEEDED = ("identity_profiles", "identity_records", "identity_candidates", "identity_evidence")


@dataclass(frozen=True)
class Patterns:
    """Pairs by how they agree: one entry a pattern.

    levels: of each comparison, the number of the level in each pattern, -1 where a side is missing.
    pairs: how many pairs agree so.
    """

    levels: dict[str, np.ndarray]
    pairs: np.ndarray

    def count(self, comparison: str, pairs: np.ndarray, size: int) -> np.ndarray:
        """Pairs a level; pairs given as one number a pattern."""
        return np.bincount(self.levels[comparison] + 1, weights=pairs, minlength=size + 1)[1:]


@dataclass(frozen=True)
class Counts:
    """Everything that is read.

    linked: pairs of profiles of one deterministic cluster that blocking would propose. All else
    leaves such pairs out. pairs: all pairs of profiles. agreements: of each term, how many pairs
    agree in it, and how many both have it.
    """

    profiles: int
    pairs: float
    candidates: Patterns
    linked: Patterns
    random: Patterns
    agreements: dict[str, tuple[float, float]]


def check_built(connection: duckdb.DuckDBPyConnection) -> None:
    """UserError where the identity layer is not built."""
    found = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'identity'"
    ).fetchall()
    missing = [name for name in NEEDED if (name,) not in found]
    if missing:
        raise UserError(
            f"The warehouse has no identity.{missing[0]}: run `make run`,"
            " or `dbt build -s +path:models/identity`, first."
        )


def read_counts(
    connection: duckdb.DuckDBPyConnection, weights: Weights, queries: dict[str, str]
) -> Counts:
    """Read the identity layer; UserError where it has levels without weights.

    queries: SQL of linked_comparisons and random_comparisons (see queries.py).
    """
    profiles, pairs = connection.execute(
        """
        select coalesce(sum(profiles), 0), (power(sum(profiles), 2) - sum(profiles * profiles)) / 2
        from (select count(*) as profiles from identity.identity_profiles group by cluster)
        """
    ).fetchone()
    return Counts(
        profiles=int(profiles),
        pairs=float(pairs or 0),
        candidates=_patterns(connection, "identity.identity_evidence", weights),
        linked=_patterns(connection, f"({queries['linked_comparisons']})", weights),
        random=_patterns(connection, f"({queries['random_comparisons']})", weights),
        agreements={term: _agreements(connection, term) for term in weights.terms},
    )


def _patterns(
    connection: duckdb.DuckDBPyConnection, relation: str, weights: Weights
) -> Patterns:
    columns = ", ".join(f"{comparison}_level" for comparison in weights.levels)
    rows = connection.execute(
        f"select {columns}, count(*) as pairs from {relation} as compared"
        f" group by {columns} order by pairs desc, {columns}"
    ).fetchall()
    *shown, pairs = zip(*rows, strict=True) if rows else [()] * (len(weights.levels) + 1)
    numbered = {}
    for (comparison, levels), found in zip(weights.levels.items(), shown, strict=True):
        number = {level: i for i, level in enumerate(levels)} | {None: -1}
        unknown = set(found) - number.keys()
        if unknown:
            raise UserError(
                f"The generic weights have no row for {comparison}, {min(unknown)}: the models are"
                " newer than these scripts."
            )
        numbered[comparison] = np.array([number[level] for level in found], dtype=np.int64)
    return Patterns(numbered, np.array(pairs, dtype=float))


def _agreements(connection: duckdb.DuckDBPyConnection, term: str) -> tuple[float, float]:
    column = TERM_COLUMNS.get(term, term)
    agree, both = connection.execute(
        f"""
        with of_cluster as (
            select {column} as value, cluster, cast(count(*) as double) as profiles
            from identity.identity_profiles
            where {column} is not null
            group by {column}, cluster
        ),
        of_value as (
            select sum(profiles) as profiles, sum(profiles * profiles) as own
            from of_cluster
            group by value
        ),
        clusters as (select sum(profiles) as profiles from of_cluster group by cluster)
        select
            (select sum(profiles * profiles - own) / 2 from of_value),
            (select (power(sum(profiles), 2) - sum(profiles * profiles)) / 2 from clusters)
        """
    ).fetchone()
    return float(agree or 0), float(both or 0)
