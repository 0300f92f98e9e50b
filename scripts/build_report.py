"""One page that tells how the data and the letters do: health, funnel, campaigns, experiments.

Writes <warehouse>.reports/results.html from the published marts: one file that needs no network,
for a screen, a phone and paper. It has counts and shares only, never a person's data.
docs/results.md says what the numbers are.

    .venv/bin/python scripts/build_report.py
    .venv/bin/python scripts/build_report.py --campaign cart_abandonment --out cart.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

from penpal import settings
from penpal.files import write_whole
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
    options = parser.parse_args(arguments)
    paths = settings.load()
    file = options.out or paths.reports / "results.html"
    marts = paths.published if paths.published.exists() else paths.warehouse
    with settings.connect(marts, read_only=True) as connection:
        html = build(connection, paths.runs, options.campaign, options.segment)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, html)
    print(f"report: {file}")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
