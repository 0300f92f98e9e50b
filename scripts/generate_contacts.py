r"""Writes contacts of known people with known kinds of errors, to measure identity resolution with.

A lake with crm.contacts alone, all columns text, and who is who:

    DIR/crm/contacts/part-*.parquet   the raw contract's columns
    DIR/truth/records.parquet         source_table, record_id, person_id

Kinds of errors (--errors): light, what a shop's CRM looks like; heavy, historical registers of
names, birth dates and places, each often wrong or missing; mini, a short list of names, birth
dates, cities and e-mail addresses. The same options give the same bytes.

    .venv/bin/python scripts/generate_contacts.py \
        --records 1000000 --people 700000 --seed 1 --errors light --out lake

Exit codes: 0 done; 2 could not run (wrong option, a folder that is not empty, no space).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pyarrow.parquet as pq
import settings
from datagen.contacts import BLOCK, MAX_PEOPLE, MAX_SHARE, PROFILES, make_contacts
from datagen.output import COMPRESSION, OutputError, begin_lake, drop, finish_lake, write_part
from settings import UserError


def check_size(records: int, people: int, seed: int) -> None:
    """Raises UserError with a sentence for the user."""
    if not 1 <= people <= MAX_PEOPLE:
        raise UserError(f"--people {people} is not between 1 and {MAX_PEOPLE}.")
    if not people <= records <= people * MAX_SHARE:
        raise UserError(
            f"--records {records} is not between {people} and {people * MAX_SHARE}, "
            f"one to {MAX_SHARE} a person."
        )
    if seed < 0:
        raise UserError(f"--seed {seed} is negative; give 0 or more.")


def write(kind: str, records: int, people: int, seed: int, out: Path) -> None:
    """Writes everything, or nothing."""
    check_size(records, people, seed)
    draft = begin_lake(out)
    show, truth_file = sys.stderr.isatty(), draft / "truth" / "records.parquet"
    truth_file.parent.mkdir()
    try:
        writer = None
        made = make_contacts(PROFILES[kind], records, people, seed)
        for part, (contacts, truth) in enumerate(made):
            write_part(draft, "crm.contacts", contacts, part, "parquet")
            writer = writer or pq.ParquetWriter(truth_file, truth.schema, compression=COMPRESSION)
            writer.write_table(truth)
            if show:
                done = min(records, (part + 1) * BLOCK)
                print(f"\r{done:,} of {records:,} records", end="", file=sys.stderr, flush=True)
        writer.close()
        finish_lake(draft, out)
    finally:
        if show:
            print(file=sys.stderr)
        if draft.exists():
            drop(draft)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, required=True, metavar="N")
    parser.add_argument("--people", type=int, required=True, metavar="M", help=f"to {MAX_PEOPLE}")
    parser.add_argument("--seed", type=int, required=True, metavar="S", help="0 or more")
    parser.add_argument("--errors", choices=sorted(PROFILES), default="light")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        write(options.errors, options.records, options.people, options.seed, options.out)
    except (OutputError, OSError) as error:
        raise UserError(str(error)) from error
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
