"""Publish the marts: a read-only copy for analysts, swapped in whole, and the ledgers' export.

Writes <warehouse>.published.duckdb (schema marts, and the tables that explain.py answers from),
<warehouse>.published.json (row count and content hash of every mart) and
<warehouse>.ledger/<table>.parquet (from which a new warehouse restores its ledgers). Each file is
replaced in one step: whoever reads sees the old one or the new one, also when this program is
killed, and whoever has the old one open keeps it.

With --parquet also the folder <warehouse>.parquet/, a file a mart, swapped whole; with --anonymised
also <warehouse>.anonymised.duckdb (and .anonymised.parquet/), in which columns that are declared as
personal data are hashed with a key or left out. PENPAL_PUBLISH=parquet,anonymised says the same
for every run.
"""

from __future__ import annotations

import argparse
import os
import time

from penpal import anonymising, publishing, settings
from penpal.settings import UserError

EXTRAS = ("parquet", "anonymised")


def wanted_always() -> set[str]:
    """What PENPAL_PUBLISH asks for."""
    given = os.environ.get("PENPAL_PUBLISH") or ""
    wanted = {word.strip() for word in given.split(",")} - {""}
    if unknown := wanted - set(EXTRAS):
        raise UserError(
            f"PENPAL_PUBLISH names {', '.join(sorted(unknown))}: give {' or '.join(EXTRAS)}."
        )
    return wanted


def seconds(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 published, 2 could not run, 3 another program writes the warehouse.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parquet", action="store_true", help="write the marts as Parquet, too")
    parser.add_argument(
        "--anonymised", action="store_true", help="write a copy without personal data, too"
    )
    options = parser.parse_args(arguments)
    always = wanted_always()
    paths = settings.load()
    started = time.monotonic()
    facts = publishing.publish(paths)
    rows = sum(mart["rows"] for mart in facts["marts"].values())
    with_parquet = options.parquet or "parquet" in always
    if with_parquet:
        publishing.export_parquet(paths, paths.published, paths.parquet)
        print(f"publish: {paths.parquet}/ ({seconds(started)})")
    if options.anonymised or "anonymised" in always:
        count = anonymising.anonymise(paths)
        print(f"publish: {paths.anonymised}, {count} marts ({seconds(started)})")
        if with_parquet:
            publishing.export_parquet(paths, paths.anonymised, paths.anonymised_parquet)
            print(f"publish: {paths.anonymised_parquet}/ ({seconds(started)})")
    print(
        f"publish: {len(facts['marts'])} marts, {rows:,} rows, content {facts['content_hash']}"
        f" ({seconds(started)})"
    )
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
