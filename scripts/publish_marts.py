"""Publish the marts: a read-only copy for analysts, swapped in whole, and the ledgers' export.

Writes <warehouse>.published.duckdb (schema marts, and the tables that explain.py answers from),
<warehouse>.published.json (row count and content hash of every mart) and
<warehouse>.ledger/<table>.parquet (from which a new warehouse restores its ledgers). Each file is
replaced in one step: whoever reads sees the old one or the new one, also when this program is
killed.
"""

from __future__ import annotations

import argparse
import time

from penpal import publishing, settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 published, 2 could not run, 3 another program writes the warehouse.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    paths = settings.load()
    started = time.monotonic()
    facts = publishing.publish(paths)
    rows = sum(mart["rows"] for mart in facts["marts"].values())
    print(
        f"publish: {len(facts['marts'])} marts, {rows:,} rows, content {facts['content_hash']}"
        f" ({time.monotonic() - started:.1f} s)"
    )
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
