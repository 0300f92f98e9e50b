"""How good is the identity layer? Against a known truth, without one, or by labelling a sample.

    python scripts/evaluate_identity.py tests/fixtures/sample_truth_records.csv
    python scripts/evaluate_identity.py
    python scripts/evaluate_identity.py --review-sample 300 --out sample.csv
    python scripts/evaluate_identity.py --labels sample.csv

With a truth (CSV or Parquet): its columns are person_id and either source_table (crm.contacts,
crm.consents, crm.surveys, shop.customers, shop.orders, shop.checkouts, web.events for identify
calls, email.events for clicks) and record_id (the raw key), or record_key as in identity_map.
Precision and recall are over pairs of records that the truth and the customer map know; recall
counts pairs that no rule ever compared. Records that only the truth knows (rejected, deleted, not
yet received) are counted, and pairwise_recall_with_unknown takes each as a customer of its own.
The worst merges and misses are printed with their evidence, which is personal data; the file of
--json has figures only.

Without a truth: sizes and density of clusters, conflicts, suppressed values, links, grey zone.
--review-sample draws pairs to label, over bands of the match weight; write 1 (same person) or 0 in
is_same, and --labels tells the precision that follows.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import settings
from explaining import health, labels, truth, worst
from explaining.evidence import deterministic_components, open_evidence
from explaining.text import counted, table
from files import check_writable, write_whole
from project_vars import var
from settings import UserError

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
            print(f"  {whose.format(name=error['name'], **counts)} ({wrong:,} pairs)")
            print_lines([f"  {line}" for line in error["evidence"]])


def print_lines(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}")


def draw_sample(connection: duckdb.DuckDBPyConnection, options: argparse.Namespace) -> None:
    """Write the sample where asked, else print it."""
    open_evidence(connection)
    threshold = options.threshold
    if threshold is None:
        threshold = float(var({}, "match_thresholds")["link"])
    sample = labels.review_sample(connection, options.review_sample, threshold)
    if not sample:
        raise UserError("The warehouse holds no scored pairs and no refusals: nothing to label.")
    if options.out is None:
        labels.write_sample(sample, sys.stdout)
        return
    text = io.StringIO()
    labels.write_sample(sample, text)
    write_whole(options.out, text.getvalue())
    drawn = {band: sum(row["band"] == band for row in sample) for band in labels.BANDS}
    named = ", ".join(f"{band} {n}" for band, n in drawn.items() if n)
    print(f"{options.out}: {len(sample)} pairs ({named}); write 1 or 0 in is_same.")


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


def bits(text: str) -> float:
    """A number on the command line; nan and inf are none."""
    if not math.isfinite(number := float(text)):
        raise ValueError
    return number


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path, nargs="?", help="the true person of each record")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--review-sample", type=int, metavar="N", help="draw N pairs to label")
    parser.add_argument("--out", type=Path, help="write the sample to this file, not to the screen")
    parser.add_argument(
        "--threshold", type=bits, help="link threshold in bits, if not the project's"
    )
    parser.add_argument("--labels", type=Path, help="a labelled sample")
    options = parser.parse_args()
    chosen = (options.truth, options.review_sample, options.labels)
    if sum(choice is not None for choice in chosen) > 1:
        parser.error("give a truth, --review-sample or --labels: one of them.")
    if options.review_sample is not None and options.review_sample < 1:
        parser.error("--review-sample needs at least one pair.")
    if options.review_sample is None and (options.out or options.threshold is not None):
        parser.error("--out and --threshold go with --review-sample.")
    if options.review_sample is not None and options.json:
        parser.error("a sample has no figures: --json does not go with --review-sample.")
    return options


def main() -> int:
    options = parse_options()
    for given in (options.truth, options.labels):
        if given and not given.is_file():
            raise UserError(f"{given} is not a file.")
    for target in (options.json, options.out):
        if target:
            check_writable(target)
    if options.out and options.out.exists():
        raise UserError(f"{options.out} is there already, maybe with labels: name a new file.")
    with settings.connect(settings.load().warehouse, read_only=True) as connection:
        if options.review_sample is not None:
            draw_sample(connection, options)
            return settings.EXIT_DONE
        if options.labels:
            report = report_on_labels(connection, options.labels)
        elif options.truth:
            report = report_on_truth(connection, options.truth)
        else:
            report = report_without_truth(connection)
    if options.json:
        write_whole(options.json, json.dumps(report, indent=2) + "\n")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
