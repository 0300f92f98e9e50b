"""What evaluate_identity.py prints: figures against a truth, the state without one, labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from penpal.identity.evaluation import health, labels, truth, worst
from penpal.identity.evidence import deterministic_components, open_evidence
from penpal.identity.text import counted, table
from penpal.terminal import shown

SIZE_CLASSES = (1, 2, 3, 4, 5, 10, 20, 50, 100, 1000)


def evaluate(connection: duckdb.DuckDBPyConnection, truth_file: Path) -> dict[str, float]:
    """Pairwise and B-cubed figures (0..1) and counts of the customer map against a truth file."""
    open_evidence(connection)
    truth.judge(connection, truth_file)
    return truth.figures(connection)


def report_on_truth(connection: duckdb.DuckDBPyConnection, truth_file: Path) -> dict[str, Any]:
    """Print everything about a truth; returns the figures, without keys and values."""
    found = open_evidence(connection)
    figures: dict[str, Any] = evaluate(connection, truth_file)
    blocking = truth.blocking(connection, deterministic_components(connection, found), found)
    unknown = truth.unknown_by_source(connection)
    ambiguous = truth.ambiguous(connection)
    sizes = truth.sizes(connection)
    figures["blocking_recall"] = blocking["blocking_recall"] if blocking else None
    print_figures(figures)
    if unknown:
        named = ", ".join(f"{source} {n:,}" for source, n in unknown.items())
        print(f"\nOnly the truth knows {sum(unknown.values()):,} records: {named}")
    if ambiguous:
        print(f"\nLeft out, since the truth has several people for each: {counted(ambiguous)}")
    print_blocking(blocking)
    print("\nRecords a person (true) and a customer (found)")
    print_sizes(sizes)
    print_worst(connection, has_candidates=blocking is not None)
    details = {
        "unknown_by_source": unknown,
        "ambiguous_records": ambiguous,
        "cluster_sizes": sizes,
        "blocking": blocking,
    }
    return {**figures, **details}


def report_without_truth(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Print the state of identity; returns it."""
    found = open_evidence(connection)
    report = health.health(connection, deterministic_components(connection, found), found)
    print(f"{report['customers']:,} customers of {report['records']:,} records")
    print("\nRecords a customer")
    print_sizes({"found": report["cluster_sizes"]})
    print_density(report["density"])
    print_counts("Conflicts per thousand records", report["conflicts_per_thousand_records"])
    print_counts("Suppressed values", report["suppressed"])
    print_counts("Links by rule", report["links"])
    print_counts("Grey zone: pairs to review", report["grey_zone"])
    return report


def print_figures(figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        if value is None:
            print(f"{name:28} not available")
        elif name.endswith(("records", "people", "customers", "pairs")):
            print(f"{name:28} {value:,.0f}")
        else:
            print(f"{name:28} {value:.4f}")


def print_blocking(blocking: dict[str, Any] | None) -> None:
    if blocking is None:
        print("\nBlocking recall needs identity.identity_candidates, which is not built.")
        return
    print(f"\nBlocking (deterministic links alone: {blocking['deterministic_recall']:.4f})")
    header = ("rule", "pairs", "true pairs")
    cells = [
        (rule["blocking_rule"], *(f"{rule[key]:,}" for key in list(rule)[1:]))
        for rule in blocking["rules"]
    ]
    print_lines(table([header, *cells]))


def print_sizes(sizes: Mapping[str, Mapping[int, int]]) -> None:
    """Histograms beside each other; sizes above four in classes."""
    classes = list(zip(SIZE_CLASSES, (*SIZE_CLASSES[1:], None), strict=True))
    cells = [("records", *sizes)]
    for low, high in classes:
        counts = [
            sum(n for size, n in found.items() if low <= size and (high is None or size < high))
            for found in sizes.values()
        ]
        if any(counts):
            name = (
                f"{low}+" if high is None else f"{low}" if high == low + 1 else f"{low}-{high - 1}"
            )
            cells.append((name, *(f"{n:,}" for n in counts)))
    print_lines(table(cells))


def print_density(density: dict[str, Any] | None) -> None:
    if density is None:
        print("\nDensity: not available (identity_linked_clusters)")
        return
    print(
        f"\nDensity of the {density['customers']:,} customers that fuzzy links made of three or"
        " more deterministic components"
    )
    if density["mean"] is None:
        return
    print(f"  mean {density['mean']:.3f}; the least dense:")
    print_lines(
        table(
            [
                (
                    f"{row['density']:.3f}",
                    row["customer_id"],
                    f"{row['things_count']:,} components, {row['links_count']:,} linked pairs",
                )
                for row in density["least_dense"]
            ]
        )
    )


def print_counts(title: str, counts: Mapping[str, float] | None) -> None:
    if counts is None:
        print(f"\n{title}: not available")
        return
    print(f"\n{title} ({sum(counts.values()):,.4g})" if counts else f"\n{title}: none")
    cells = [(name, f"{n:,}" if isinstance(n, int) else f"{n:,.3f}") for name, n in counts.items()]
    if cells:
        print_lines(table(cells))


def print_worst(connection: duckdb.DuckDBPyConnection, has_candidates: bool) -> None:
    merges = worst.worst_merges(connection)
    misses = worst.worst_misses(connection, has_candidates=has_candidates)
    for title, errors, whose in (
        ("Worst merges", merges, "customer {name}: {records:,} records of {parts:,} people"),
        ("Worst misses", misses, "person {name}: {records:,} records of {parts:,} customers"),
    ):
        print(f"\n{title} (at most {worst.SHOWN})" if errors else f"\n{title}: none")
        for error in errors:
            wrong = int(error["pairs"])
            counts = {key: int(error[key]) for key in ("records", "parts")}
            print(f"  {shown(whose.format(name=error['name'], **counts))} ({wrong:,} pairs)")
            print_lines([f"  {line}" for line in error["evidence"]])


def print_lines(lines: list[str]) -> None:
    for line in lines:
        print(f"  {shown(line)}")


def report_on_labels(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    """Print the precision that labelled pairs tell; returns it."""
    open_evidence(connection)
    labelled = labels.read_labels(path)
    report = labels.labelled_precision(labelled)
    cells = [("band", "pairs", "labelled", "same", "share", "95 % interval")]
    for name, band in report["bands"].items():
        counts = (f"{band[key]:,}" for key in ("band_pairs", "labelled", "same"))
        shares = ("", "")
        if band["interval"]:
            low, high = band["interval"]
            shares = (f"{band['share_same']:.3f}", f"{low:.3f} to {high:.3f}")
        cells.append((name, *counts, *shares))
    print_lines(table(cells))
    if report["interval"]:
        low, high = report["interval"]
        precision = report["precision_above_threshold"]
        where = ", where labelled" if report["not_covered"] else ""
        print(
            f"\nPrecision above the threshold{where}: {precision:.4f}"
            f" (95 %: {low:.4f} to {high:.4f})"
        )
        if report["not_covered"]:
            named = ", ".join(f"{band} ({n:,} pairs)" for band, n in report["not_covered"].items())
            print(f"It does not cover {named}: no pair of theirs is labelled.")
    else:
        print("\nNo pair above the threshold is labelled: no precision follows.")
    report["today"] = labels.labels_today(connection, labelled)
    named = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in report["today"].items())
    print(f"Today's customers: {named}")
    return report
