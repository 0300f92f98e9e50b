"""One page that tells how the data and the letters do: health, funnel, campaigns, experiments.

Writes <warehouse>.reports/results.html from the published marts: one file that needs no network,
for a screen, a phone and paper. It has counts and shares only, never a person's data. With --eml
and --to its first figures are written as a letter too, for whatever sends mail. docs/results.md
says what the numbers are.

    .venv/bin/python scripts/build_report.py
    .venv/bin/python scripts/build_report.py --campaign cart_abandonment --out cart.html
    .venv/bin/python scripts/build_report.py --eml results.eml --to team@example.com
"""

from __future__ import annotations

import argparse
from pathlib import Path

from penpal import settings
from penpal.files import write_whole
from penpal.results import mail
from penpal.results.report import build


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 written, 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--campaign", metavar="NAME", help="only what tells of this campaign")
    parser.add_argument("--segment", metavar="NAME", help="only what tells of this segment")
    parser.add_argument("--out", type=Path, metavar="FILE", help="another file to write")
    parser.add_argument("--eml", type=Path, metavar="FILE", help="write a letter with figures too")
    parser.add_argument("--to", metavar="ADDRESS", help="whom the letter is to")
    options = parser.parse_args(arguments)
    if bool(options.eml) != bool(options.to):
        parser.error("--eml and --to go together: a letter is to somebody.")
    paths = settings.load()
    file = options.out or paths.reports / "results.html"
    marts = paths.published if paths.published.exists() else paths.warehouse
    with settings.connect(marts, read_only=True) as connection:
        html = build(connection, paths.runs, options.campaign, options.segment)
        letter = mail.message(connection, paths.runs, options.to) if options.eml else b""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, html)
    if options.eml:
        options.eml.write_bytes(letter)
        print(f"letter: {options.eml}")
    print(f"report: {file}")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
