"""Hand over the letters of the outbox as files that a mail program or a provider takes.

Only what may go out now leaves: due, not expired, not revoked. Can be killed and run again: no
letter twice, none lost. docs/sending.md explains formats, files and what a sender has to do.
Exit codes: 0 done, 1 letters were refused, 2 could not run, 3 another run holds the lock.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from penpal import settings
from penpal.export.folder import opened
from penpal.export.handover import Counts, hand_over, outbox_files
from penpal.export.providers import FORMATS
from penpal.files import check_writable, write_whole
from penpal.settings import UserError


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="a folder for it")
    parser.add_argument(
        "--outbox", type=Path, metavar="DIR", help="default: the warehouse's (PENPAL_WAREHOUSE)"
    )
    parser.add_argument(
        "--as-of",
        metavar="TIME",
        help="UTC, '2026-06-15 12:00': what may go out then (default: now, as mail goes out now)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to FILE")
    return parser.parse_args(arguments)


def moment(text: str | None) -> datetime:
    """A time in UTC without a zone, as the outbox holds times."""
    if text is None:
        return datetime.now(UTC).replace(tzinfo=None)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--as-of {text} is no time: write '2026-06-15 12:00'.") from error
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def report(counts: Counts, folder: Path, as_of: datetime) -> None:
    """The counts, one line a fact."""
    print(f"{counts.handed_over:>9,}  handed over, in {counts.files:,} files: {folder}")
    for count, words in (
        (counts.earlier, "handed over earlier"),
        (counts.not_yet, "not to be sent yet"),
        (counts.expired, "expired: they do not go out any more"),
        (counts.revoked, "revoked: they must not go out"),
        (counts.withdrawn, "taken back from the folder: expired or revoked since"),
    ):
        if count:
            print(f"{count:>9,}  {words}")
    for reason, count in sorted(counts.refused.items()):
        print(f"{count:>9,}  refused: {reason}")
    if counts.refused_ids:
        print(f"{'':9}  first of them: message {counts.refused_ids[0]}")
    if counts.expired and not counts.handed_over + counts.earlier and counts.latest:
        print(f"Note: at {as_of:%Y-%m-%d %H:%M} UTC all are expired, the last at {counts.latest}.")
        print("      Run the pipeline again; for letters of a past moment give --as-of.")


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    as_of = moment(options.as_of)
    outbox = options.outbox or settings.load().outbox
    if options.json:
        check_writable(options.json)
    if options.out.resolve() == outbox.resolve():
        raise UserError(f"{options.out} is the outbox itself: name a folder for the hand-over.")
    outbox_files(outbox)
    with opened(options.out, options.format) as folder:
        counts = hand_over(outbox, folder, FORMATS[options.format], as_of)
    report(counts, options.out, as_of)
    if options.json:
        write_whole(options.json, json.dumps(counts.as_dict(), indent=2) + "\n")
    return settings.EXIT_CHECK_FAILED if counts.refused else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
