"""Lint letters as their readers get them: headers, both parts, links, contrast, mail clients.

A TEMPLATE of emails/ is rendered for each persona in each of its languages; files may be foreign
mail. Without an argument all templates are looked at. docs/lint.md explains the rules.
Exit codes: 0 no errors, 1 errors, 2 could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penpal import settings
from penpal.letters import shop as shops
from penpal.lint import Against, Mail, catalogs, report, trying
from penpal.lint.reading import read
from penpal.settings import UserError


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "letters",
        nargs="*",
        metavar="TEMPLATE|FILE|FOLDER",
        help="a template's name; a .eml, .mbox, .html or outbox .parquet file; a folder of them",
    )
    parser.add_argument("--json", action="store_true", help="print findings as JSON")
    parser.add_argument(
        "--notes", action="store_true", help="print notes too, not only their number"
    )
    parser.add_argument(
        "--ours", action="store_true", help="hold files to the rules of the shop (emails/shop.toml)"
    )
    parser.add_argument(
        "--transactional", action="store_true", help="files are no advertising: no unsubscribing"
    )
    parser.add_argument(
        "--catalog",
        type=Path,
        metavar="FILE",
        help="a warehouse, or a list of products' addresses: links to others are dead",
    )
    parser.add_argument("--rules", action="store_true", help="print all rules as a table, and end")
    return parser.parse_args(arguments)


def letters(options: argparse.Namespace, shop: shops.Shop) -> Iterator[Mail]:
    """The letters that are asked for, one after the other."""
    for asked in options.letters or trying.templates():
        path = Path(asked)
        if not path.exists() and asked.isidentifier():
            yield from trying.tried(asked, shop)
            continue
        if not path.exists():
            raise UserError(f"There is no letter {asked}: name a template of emails/ or a file.")
        for mail in read(path, trying.transactional_campaigns()):
            ours = mail.is_ours or options.ours
            transactional = mail.is_transactional or options.transactional
            yield replace(mail, is_ours=ours, is_transactional=transactional)


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    if options.rules:
        print(report.rules_table())
        return settings.EXIT_DONE
    shop = shops.load()
    catalog = catalogs.load(options.catalog) if options.catalog else None
    ours, foreign = Against(shop, catalog), Against(None, catalog)
    results = report.linted(letters(options, shop), ours, foreign)
    if options.json:
        summary = report.write_json(results, sys.stdout)
    else:
        summary = report.write_text(results, sys.stdout, with_notes=options.notes)
    return settings.EXIT_CHECK_FAILED if summary["error"] else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
