"""Why is it so? Asks a built warehouse, and answers from the evidence that it keeps.

    python scripts/explain.py identity crm.contacts:C1
    python scripts/explain.py identity crm.contacts:C1 anna@shop.example
    python scripts/explain.py identity 7c9e6679-7425-40de-944b-e07fc1f90ae7 --json
    python scripts/explain.py segment abandoned_carts anna@shop.example
    python scripts/explain.py customer anna@shop.example --html anna.html
    python scripts/explain.py decision birthday anna@shop.example --published

`identity` with one name tells who it is: records, identifiers, former ids, the links that bind them
and what was refused. With two it tells what joins them, or why nothing does. `segment` tells why a
customer is in a segment or not: the reason, or the criterion beside the customer's own values, and
all spells in it. `customer` tells all that is known of one, each value with the record that it is
from, every decision with its reason, and what the next letter of each campaign waits for;
`decision` tells that of one campaign. A name is a record (source table and key, joined by a colon),
a customer id, also one that a merge has ended, an e-mail address or a phone. The warehouse, or with
--published the analysts' copy of it, is opened read-only; answers show personal data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from penpal import settings
from penpal.customers.facts import explain_customer, explain_decision
from penpal.customers.sections import customer_sections, headline
from penpal.customers.tables import Warehouse
from penpal.customers.text import render_customer, render_decision
from penpal.files import write_whole
from penpal.identity.evidence import Row
from penpal.identity.explain import explain_identity
from penpal.identity.text import render
from penpal.pages import page
from penpal.segments.explain import explain_segment, render_segment


def as_json(value: Any) -> str:
    """What JSON has no type for: times in ISO format."""
    return value.isoformat() if isinstance(value, date) else str(value)


def opened(options: argparse.Namespace) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """The warehouse, or the copy of it that is published."""
    paths = settings.load()
    return settings.connect(
        paths.published if options.published else paths.warehouse, read_only=True
    )


def identity(options: argparse.Namespace) -> int:
    with opened(options) as connection:
        facts = explain_identity(connection, options.name, options.other)
    return answer(options, facts, render)


def segment(options: argparse.Namespace) -> int:
    with opened(options) as connection:
        facts = explain_segment(connection, options.name, options.customer)
    return answer(options, facts, render_segment)


def customer(options: argparse.Namespace) -> int:
    with opened(options) as connection:
        facts = explain_customer(Warehouse(connection), options.customer)
    if not options.html:
        return answer(options, facts, render_customer)
    options.html.parent.mkdir(parents=True, exist_ok=True)
    write_whole(options.html, page(*headline(facts), customer_sections(facts)))
    print(f"{options.html}: all about {facts['customer_id']}")
    return settings.EXIT_DONE


def decision(options: argparse.Namespace) -> int:
    with opened(options) as connection:
        facts = explain_decision(Warehouse(connection), options.campaign, options.customer)
    return answer(options, facts, render_decision)


def answer(options: argparse.Namespace, facts: Row, render_facts: Callable[..., str]) -> int:
    if options.json:
        print(json.dumps(facts, indent=2, default=as_json))
    else:
        print(render_facts(facts, everything=options.all))
    return settings.EXIT_DONE


def parser() -> argparse.ArgumentParser:
    """One subcommand a question; each sets `answer`, the function that prints it."""
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    questions = top.add_subparsers(title="questions", metavar="QUESTION", required=True)
    who = questions.add_parser("identity", help="who is this, and why are these two (not) one?")
    who.add_argument("name", help="a record, customer id, e-mail address or phone")
    who.add_argument("other", nargs="?", help="a second one: are the two the same customer?")
    who.set_defaults(answer=identity)
    why = questions.add_parser("segment", help="why is a customer in a segment, or not?")
    why.add_argument("name", help="the segment")
    why.add_argument("customer", help="a record, customer id, e-mail address or phone")
    why.set_defaults(answer=segment)
    all_about = questions.add_parser("customer", help="all about a customer, with its sources")
    all_about.add_argument("--html", metavar="FILE", type=Path, help="write it as a page")
    letter = questions.add_parser("decision", help="why does a campaign (not) write to a customer?")
    letter.add_argument("campaign", help="the campaign")
    for question, tell in ((all_about, customer), (letter, decision)):
        question.add_argument("customer", help="a record, customer id, e-mail address or phone")
        question.set_defaults(answer=tell)
    for question in (who, why, all_about, letter):
        question.add_argument(
            "--published", action="store_true", help="ask the published copy, not the warehouse"
        )
        question.add_argument("--json", action="store_true", help="facts for programs, not text")
        question.add_argument("--all", action="store_true", help="list everything, however long")
    return top


def main() -> int:
    options = parser().parse_args()
    return options.answer(options)


if __name__ == "__main__":
    settings.run(main)
