"""What do the results speak against? The regular review for the owners of rules.

Lists campaigns that brought nothing beyond chance, or lose readers, or cannot be judged;
experiments that are decided or broken; segments whose members behave like everybody; caps and
thresholds that would have done better a notch away. Each with its evidence, its owner and what to
do. Reads the published marts; docs/results.md says what is looked at, and how.

    .venv/bin/python scripts/review_rules.py
    .venv/bin/python scripts/review_rules.py --owner 'crm team' --letters 1000 --json review.json
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from penpal import settings
from penpal.files import write_whole
from penpal.results.review import LETTERS, Finding, findings
from penpal.terminal import shown


def as_text(found: list[Finding]) -> str:
    """Findings under their owners."""
    if not found:
        return "The results speak against no rule."
    lines = []
    for owner in sorted({finding.owner for finding in found}):
        mine = [finding for finding in found if finding.owner == owner]
        lines += ["", f"{owner} ({len(mine)})"]
        for finding in mine:
            lines += [
                f"  {finding.rule}: {finding.kind.replace('_', ' ')}",
                f"    {finding.evidence}",
                f"    -> {finding.advice}",
            ]
    return "\n".join(map(shown, lines[1:]))


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of letters, such as 500")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 done (with findings or without), 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--owner", metavar="NAME", help="only rules of this owner")
    parser.add_argument(
        "--letters",
        type=count,
        default=LETTERS,
        metavar="N",
        help=f"from how many letters on something is said (default {LETTERS})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them as JSON too")
    options = parser.parse_args(arguments)
    paths = settings.load()
    marts = paths.published if paths.published.exists() else paths.warehouse
    with settings.connect(marts, read_only=True) as connection:
        found = findings(connection, options.letters)
    if options.owner:
        found = [finding for finding in found if finding.owner == options.owner]
    if options.json:
        rows = [asdict(finding) for finding in found]
        write_whole(options.json, json.dumps(rows, indent=2, default=str) + "\n")
    print(as_text(found))
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
