"""Render the letters of marts.email_queue into the outbox, each at most once.

Reads the warehouse, writes Parquet files of letters beside it and a page to look at them, and
records every letter in ledger.email_messages. Can be killed at any time and run again. Every
template is checked first, due or not.

With --try TEMPLATE it renders one letter into target/try/ instead, for a customer or a persona, and
touches neither ledger nor outbox.
"""

from __future__ import annotations

import argparse
import json
import webbrowser
from pathlib import Path

from penpal import settings
from penpal.letters import outbox, rendering, shop, trying, workers
from penpal.settings import UserError

MANY_REFUSED = 20


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--limit", type=int, metavar="N", help="render at most N letters")
    parser.add_argument(
        "--revoke-only",
        action="store_true",
        help="render nothing: only take back what waits in the outbox and must not go any more",
    )
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
    _add_try(parser)
    parsed = parser.parse_args(arguments)
    given = [name for name in trying.FACTS if getattr(parsed, name) is not None]
    if not parsed.template and (parsed.customer or parsed.persona or parsed.set or given):
        parser.error("--customer, --persona, --set and the values belong to --try TEMPLATE")
    for name in ("limit", "jobs"):
        if getattr(parsed, name) is not None and getattr(parsed, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return parsed


def _add_try(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("to look at one letter")
    group.add_argument(
        "--try", dest="template", metavar="TEMPLATE", help="render this letter into target/try/"
    )
    who = group.add_mutually_exclusive_group()
    who.add_argument("--customer", metavar="ID|ADDRESS", help="for this customer of the warehouse")
    who.add_argument("--persona", metavar="NAME", help="for a made-up reader (default: full)")
    for name in trying.FACTS:
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, dest=name, metavar="TEXT", help=f"with this {name}")
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="with this value in the letter's context: offer.code=X, cart=null",
    )
    group.add_argument("--open", action="store_true", help="open it in the browser")


def try_one(options: argparse.Namespace) -> int:
    """Render the letter of --try, and say where it is."""
    where, values = settings.load(), {}
    for one in options.set:
        key, sign, value = one.partition("=")
        if not sign or not key.strip():
            raise UserError(f"--set {one}: write it as KEY=VALUE.")
        values[key.strip()] = value
    for name in trying.FACTS:
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    if options.customer:
        row, source = trying.row_of_customer(where.warehouse, options.template, options.customer)
    else:
        persona = options.persona or "full"
        row = trying.row_of_persona(options.template, persona, values.get("language"))
        source = f"persona {persona}"
    letter = trying.try_letter(shop.load(), trying.changed(row, values), where.warehouse)
    trying.report(letter, source)
    if options.open:
        webbrowser.open(letter["files"]["html"].resolve().as_uri())
    return settings.EXIT_DONE


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    if options.template:
        return try_one(options)
    where = settings.load()
    if not where.warehouse.exists():
        raise UserError(f"There is no warehouse at {where.warehouse}: run dbt build first.")
    with outbox.locked(where.outbox):
        counts = rendering.render_queue(
            where,
            limit=0 if options.revoke_only else options.limit,
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
