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
from pathlib import Path

from penpal import settings
from penpal.datagen.contacts import MAX_PEOPLE, PROFILES
from penpal.datagen.contacts_lake import write_contacts
from penpal.datagen.output import (
    OutputError,
)
from penpal.settings import UserError


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
        write_contacts(options.errors, options.records, options.people, options.seed, options.out)
    except (OutputError, OSError) as error:
        raise UserError(str(error)) from error
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
