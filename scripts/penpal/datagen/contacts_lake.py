"""Writing generated contacts, and who is who, as a lake."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from penpal.datagen.contacts import BLOCK, MAX_PEOPLE, MAX_SHARE, PROFILES, make_contacts
from penpal.datagen.output import COMPRESSION, begin_lake, drop, finish_lake, write_part
from penpal.settings import UserError


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


def write_contacts(kind: str, records: int, people: int, seed: int, out: Path) -> None:
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
