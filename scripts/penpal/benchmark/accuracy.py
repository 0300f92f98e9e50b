"""Pairwise accuracy of a partition; pairs that no rule ever compared count as missed."""

from __future__ import annotations

import duckdb


def pairwise(
    connection: duckdb.DuckDBPyConnection, clusters: str, truth: str
) -> dict[str, float | int]:
    """Precision, recall and F1 (0..1) over all pairs of records.

    clusters: a relation with record_id and cluster_id; truth: one with record_id and person_id.
    A record of the truth that is in no cluster stands alone.
    """
    ((agreed, linked, true),) = connection.execute(f"""
        with judged as (
            select truth.person_id,
                coalesce(
                    cast(clusters.cluster_id as varchar), 'alone ' || truth.record_id
                ) as cluster_id
            from {truth} as truth
            left join {clusters} as clusters on truth.record_id = clusters.record_id
        ),
        cells as (select person_id, cluster_id, count(*) as n from judged group by all)
        select
            (select coalesce(sum(n * (n - 1) // 2), 0) from cells),
            (select coalesce(sum(n * (n - 1) // 2), 0)
             from (select sum(n) as n from cells group by cluster_id)),
            (select coalesce(sum(n * (n - 1) // 2), 0)
             from (select sum(n) as n from cells group by person_id))
    """).fetchall()
    precision = agreed / linked if linked else 1.0
    recall = agreed / true if true else 1.0
    both = precision + recall
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(2 * precision * recall / both) if both else 0.0,
        "linked_pairs": int(linked),
        "true_pairs": int(true),
    }
