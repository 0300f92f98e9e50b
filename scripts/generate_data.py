r"""Writes a fictional stationery shop's raw exports, with the truth of who is who.

A lake for trials and benchmarks: every raw table as DIR/<source>/<table>/part-*.csv|parquet, all
columns text as in real exports, and the truth in DIR/truth/ (records, web_events, persons,
planted). It is determined by --seed, --people and --as-of: the same values give the same bytes.

The frozen sample of this repository is made again by

    .venv/bin/python scripts/generate_data.py --people 600 --seed 7 \
        --layout seeds --out seeds/sample --truth tests/fixtures

With --layout seeds there is one CSV a table, raw_<source>__<table>.csv, and the truth goes to
sample_truth_<name>.csv in the folder --truth; earlier files of these names are replaced.

Exit codes: 0 done; 2 could not run (wrong option, a folder that is not empty, no space).
"""

import argparse
import os
import sys
from pathlib import Path

from penpal.datagen.build import MIN_PEOPLE, check_size, generate, parse_time
from penpal.datagen.output import OutputError
from penpal.datagen.people import MAX_PEOPLE, World
from penpal.datagen.products import make_products


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--people",
        type=int,
        required=True,
        metavar="N",
        help=f"how many people, {MIN_PEOPLE} to {MAX_PEOPLE}",
    )
    parser.add_argument("--seed", type=int, required=True, metavar="S", help="0 or more")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of a lake (default: csv)"
    )
    parser.add_argument(
        "--as-of",
        default="2026-06-15T12:00:00Z",
        metavar="T",
        help="the clock, UTC; two years of history before it (default: %(default)s)",
    )
    parser.add_argument(
        "--layout",
        choices=("lake", "seeds"),
        default="lake",
        help="lake: folders of files; seeds: one CSV a table (default: lake)",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="DIR",
        help="where the truth goes with --layout seeds (default: --out)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(2, os.cpu_count() or 1),
        metavar="J",
        help="processes; changes nothing in the data (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        as_of = parse_time(options.as_of)
        check_size(options.people, options.seed)
        generate(
            World(options.seed, options.people, as_of, make_products(options.seed)),
            options.out,
            form=options.format,
            layout=options.layout,
            truth=options.truth or options.out,
            jobs=options.jobs,
        )
    except (OutputError, ValueError, OSError) as error:
        print(f"generate_data: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
