"""Render the letters of marts.email_queue into the outbox, each at most once.

Reads the warehouse, writes Parquet files of letters beside it and a page to look at them, and
records every letter in ledger.email_messages. Can be killed at any time and run again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from penpal import settings
from penpal.letters import outbox, rendering, workers
from penpal.settings import UserError

MANY_REFUSED = 20


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--limit", type=int, metavar="N", help="render at most N letters")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="worker processes (default: by letters and cores)"
    )
    parser.add_argument(
        "--preview",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="write the page that shows what was rendered",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to FILE")
    parser.add_argument(
        "--max-refused",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="exit 1 when a larger share of the letters is refused, and no fewer than"
        f" {MANY_REFUSED} (default 0.05)",
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        default=workers.TIME_LIMIT,
        metavar="SECONDS",
        help=f"refuse a letter that takes more processor seconds (default {workers.TIME_LIMIT:g})",
    )
    parsed = parser.parse_args(arguments)
    for name in ("limit", "jobs"):
        if getattr(parsed, name) is not None and getattr(parsed, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    where = settings.load()
    if not where.warehouse.exists():
        raise UserError(f"There is no warehouse at {where.warehouse}: run dbt build first.")
    with outbox.locked(where.outbox):
        counts = rendering.render_queue(
            where,
            limit=options.limit,
            jobs=options.jobs,
            time_limit=options.time_limit,
            with_preview=options.preview,
        )
    rendering.report(counts)
    if options.json:
        options.json.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    # A refused letter is that letter's matter: whoever chose its name must not stop the others.
    is_many = counts["refused_total"] >= MANY_REFUSED
    too_many = is_many and counts["refused_share"] > options.max_refused
    return settings.EXIT_CHECK_FAILED if too_many else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
