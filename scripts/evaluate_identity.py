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
from pathlib import Path

import duckdb

from penpal import settings
from penpal.files import check_writable, write_whole
from penpal.identity.evaluation import labels, reports
from penpal.identity.evidence import open_evidence
from penpal.project_vars import var
from penpal.settings import UserError


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
            report = reports.report_on_labels(connection, options.labels)
        elif options.truth:
            report = reports.report_on_truth(connection, options.truth)
        else:
            report = reports.report_without_truth(connection)
    if options.json:
        write_whole(options.json, json.dumps(report, indent=2) + "\n")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
