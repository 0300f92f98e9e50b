"""Both systems on generated contacts, in turn; and the night that finds the last of them."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from penpal.benchmark import night, report
from penpal.benchmark.penpal_side import Place, copy_warehouse
from penpal.benchmark.process import run_process
from penpal.datagen.contacts_lake import write_contacts
from penpal.settings import ROOT

SHARE_OF_PEOPLE = {"light": 0.7, "heavy": 0.1, "mini": 0.25}  # people a record
BLOCKS = "blocks.parquet"  # those of Penpal, for Splink
# What Splink's users would block such contacts on.
OWN_RULES = (
    ("first_name_key", "last_name_key"),
    ("last_name_key", "birth_date_key"),
    ("first_name_key", "birth_date_key"),
    ("last_name_key", "postal_code"),
    ("first_name_key", "postal_code"),
    ("street_key", "city_key"),
    ("birth_date_key", "postal_code"),
    ("email_key",),
    ("phone",),
)


@dataclass(frozen=True)
class Arrangement:
    """A way to set Splink up: its comparison of names, and whether it has Penpal's blocks."""

    names: str
    same_blocks: bool


ARRANGEMENTS = (
    Arrangement("apart", True),
    Arrangement("together", True),
    Arrangement("apart", False),
)


def make_lake(options: argparse.Namespace) -> Path:
    """The generated contacts; those of an earlier run with the same options are used again."""
    people = options.people or max(1, round(options.records * SHARE_OF_PEOPLE[options.errors]))
    options.people = people
    name = f"{options.errors}-{options.records}-{people}-{options.seed}"
    lake = options.folder / "contacts" / name
    if not lake.exists():
        say(f"Making {options.records:,} contacts of {people:,} people")
        write_contacts(options.errors, options.records, people, options.seed, lake)
    return lake


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(f"{text} …", file=sys.stderr, flush=True)


def run_splink(place: Place, truth: Path, folder: Path, how: Arrangement) -> dict[str, Any]:
    """Splink's results; with the same blocks, they are in a file that run_round keeps."""
    job = folder / "splink-job.json"
    facts = {
        "warehouse": str(place.warehouse),
        "truth": str(truth),
        "rules": OWN_RULES,
        "blocks": str(folder / BLOCKS) if how.same_blocks else None,
        "threads": os.cpu_count() or 1,
        "names": how.names,
    }
    job.write_text(json.dumps(facts), encoding="utf-8")
    ended = run_process(
        "Splink",
        [sys.executable, "-m", "penpal.benchmark.splink_side", str(job)],
        {"PYTHONPATH": str(ROOT / "scripts")},
    )
    return json.loads(ended.output.strip().splitlines()[-1]) | {"same_blocks": how.same_blocks}


def run_round(
    place: Place, staged: Path, truth: Path, folder: Path, *, splink: bool
) -> dict[str, Any]:
    """Both sides once; Splink in each arrangement, the better ones with either blocking kept."""
    copy_warehouse(staged, place.warehouse)
    say("Penpal: the identity layer")
    found: dict[str, Any] = {"penpal": place.resolve() | place.judge(truth)}
    if splink:
        place.keep_blocks(folder / BLOCKS)
        tried = []
        for how in ARRANGEMENTS:
            blocks = "Penpal's blocks" if how.same_blocks else "blocking rules of its own"
            say(f"Splink: {blocks}, names {how.names}")
            tried.append(run_splink(place, truth, folder, how))
        for name, same in (("splink", True), ("splink_own_rules", False)):
            sides = [side for side in tried if side["same_blocks"] == same]
            found[name] = max(sides, key=lambda side: side["best"]["f1"])
        found["splink_f1"] = [
            {"names": side["names"], "same_blocks": side["same_blocks"], "f1": side["best"]["f1"]}
            for side in tried
        ]
    return found


def split_lake(lake: Path, folder: Path) -> tuple[Path, Path]:
    """A lake without the contacts loaded last, and the file that would add them."""
    shutil.rmtree(folder, ignore_errors=True)
    contacts = folder / "lake" / "crm" / "contacts"
    contacts.mkdir(parents=True)
    late = folder / "late.parquet"
    everything = f"read_parquet('{lake}/crm/contacts/*.parquet')"
    with duckdb.connect() as connection:
        ((last,),) = connection.execute(
            f"select quantile_disc(loaded_at, {1 - night.SHARE}) from {everything}"
        ).fetchall()
        for target, condition in ((contacts / "early.parquet", "<="), (late, ">")):
            connection.execute(f"""
                copy (select * from {everything} where loaded_at {condition} '{last}')
                to '{target}' (format parquet)
            """)
    return contacts.parents[1], late


def run_night(lake: Path, folder: Path) -> dict[str, Any]:
    """Builds without the last contacts; then the night that finds them."""
    early, late = split_lake(lake, folder / "night")
    place = Place(folder / "night" / "penpal.duckdb", early, folder / "target")
    say(f"Penpal: {1 - night.SHARE:.0%} of the contacts, the night that finds the rest, all anew")
    place.stage()
    place.resolve()
    shutil.move(late, early / "crm" / "contacts" / "late.parquet")
    return night.measure(place)


def compare(options: argparse.Namespace, place: Place) -> dict[str, Any]:
    """Both sides on all contacts; the result is what goes into the JSON file."""
    folder, truth = options.folder, place.lake / "truth" / "records.parquet"
    staged = folder / "staged.duckdb"
    staged.unlink(missing_ok=True)
    say("Staging")
    replace(place, warehouse=staged).stage()
    rounds = [
        run_round(place, staged, truth, folder, splink=not options.no_splink)
        for _ in range(options.repeat)
    ]
    say("Penpal: weights estimated from the contacts, and the identity layer again")
    other = replace(place, warehouse=folder / "estimated" / "penpal.duckdb")
    other.warehouse.parent.mkdir(exist_ok=True)
    copy_warehouse(place.warehouse, other.warehouse)
    estimated = other.resolve_with_estimated_weights()
    names = ("duckdb", "dbt-core", "dbt-duckdb") + (() if options.no_splink else ("splink",))
    return {
        "data": {name: getattr(options, name) for name in ("records", "people", "errors", "seed")},
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0]},
        "versions": {name: importlib.metadata.version(name) for name in names},
        "summary": report.summarise(rounds),
        "rounds": rounds,
        "estimated": estimated and estimated | other.judge(truth),
    }
