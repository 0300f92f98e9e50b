"""A night that finds a few new rows: with the comparisons that are kept, and with none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from penpal.benchmark.penpal_side import Place

SHARE = 0.01  # of the rows, which are the ones that came last
COMPARED = "select content_a, content_b from identity.identity_compared"
# What must not differ. Clusters have other numbers in each run: they go by their first record.
PARTITION = """
select record_key, min(record_key) over (partition by cluster) as first_record
from identity.identity_clusters
"""
EDGES = "select * from identity.identity_edges"


def measure(place: Place) -> dict[str, Any]:
    """The night after the one that the warehouse holds, over what there is now; then all anew."""
    folder = place.warehouse.parent
    known = keep(place.warehouse, COMPARED, folder / "compared.parquet")
    staging = place.stage()
    night = place.resolve()
    pairs, anew = count_compared(place.warehouse, known)
    partition = keep(place.warehouse, PARTITION, folder / "partition.parquet")
    edges = keep(place.warehouse, EDGES, folder / "edges.parquet")
    full = place.resolve("--full-refresh")
    differing = count_differing(place.warehouse, PARTITION, partition)
    other_edges = count_differing(place.warehouse, EDGES, edges)
    return {
        "share": SHARE,
        "staging_seconds": staging.seconds,
        "seconds": night["total"],
        "full_seconds": full["total"],
        "ratio": night["total"] / full["total"],
        "cpu_ratio": night["cpu_seconds"] / full["cpu_seconds"],
        "peak_bytes": full["peak_bytes"],
        "pairs": pairs,
        "pairs_compared_anew": anew,
        "same_result": differing == other_edges == 0,
        "records_differing": differing,
        "records_with_other_edges": other_edges,
        "models": night["models"],
        "full_models": full["models"],
    }


def keep(warehouse: Path, query: str, file: Path) -> Path:
    """What the query finds now, as a Parquet file."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"copy ({query}) to '{file}' (format parquet)")
    return file


def count_compared(warehouse: Path, known: Path) -> tuple[int, int]:
    """Pairs whose levels the warehouse holds, and how many of them were not known."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((pairs, anew),) = connection.execute(
            f"""
            with pairs as ({COMPARED})
            select (select count(*) from pairs), count(*)
            from (from pairs except from read_parquet($1))
            """,
            [str(known)],
        ).fetchall()
    return pairs, anew


def count_differing(warehouse: Path, query: str, file: Path) -> int:
    """Records of which the query finds something else than is kept, or that only one knows."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((differing,),) = connection.execute(
            f"""
            with here as ({query}), there as (from read_parquet($1))
            select count(distinct record_key)
            from (
                (from here except all from there) union all (from there except all from here)
            )
            """,
            [str(file)],
        ).fetchall()
    return differing
