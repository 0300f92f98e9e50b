r"""How does identity resolution fare next to Splink? Accuracy, time, memory on the same contacts.

    make bench-identity                          1,000,000 contacts of 700,000 people
    make bench-identity ARGS='--records 50000'   fewer

Contacts are made (generate_contacts.py), staged once, and resolved by both in turn, each in a
process of its own: Penpal's identity layer by dbt, one model at a time; Splink with its DuckDB
backend in memory, with the same blocks (and once more with rules of its own), its parameters
estimated from the same contacts without labels. Accuracy is over all pairs of records, whether or
not a rule compared them; Splink's is at the threshold that turns out best for it, Penpal's with the
shipped weights, and once more with weights estimated from the contacts. Then the last hundredth of
the contacts is held back, and added to a warehouse that has the others. The same is done with a
whole shop of all sources (generate_data.py), whose last hundredth is what came last.
docs/benchmarks.md says more.

Exit codes: 0 done; 2 could not run (Splink is not installed, a wrong option).
"""

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
import generate_contacts
import settings
from benchmark import all_sources, report
from benchmark.penpal_side import Place, copy_warehouse
from benchmark.process import run_process
from datagen.contacts import PROFILES
from files import check_writable, write_whole
from settings import ROOT, UserError

SHARE_OF_PEOPLE = {"light": 0.7, "heavy": 0.1, "mini": 0.25}  # people a record
INCREMENT = 0.01
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
        generate_contacts.write(options.errors, options.records, people, options.seed, lake)
    return lake


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(f"{text} …", file=sys.stderr, flush=True)


def run_splink(place: Place, truth: Path, folder: Path, how: Arrangement) -> dict[str, Any]:
    """Splink's results."""
    job = folder / "splink-job.json"
    facts = {
        "warehouse": str(place.warehouse),
        "truth": str(truth),
        "rules": None if how.same_blocks else OWN_RULES,
        "threads": os.cpu_count() or 1,
        "names": how.names,
    }
    job.write_text(json.dumps(facts), encoding="utf-8")
    ended = run_process(
        "Splink",
        [sys.executable, "-m", "benchmark.splink_side", str(job)],
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
            f"select quantile_disc(loaded_at, {1 - INCREMENT}) from {everything}"
        ).fetchall()
        for target, condition in ((contacts / "early.parquet", "<="), (late, ">")):
            connection.execute(f"""
                copy (select * from {everything} where loaded_at {condition} '{last}')
                to '{target}' (format parquet)
            """)
    return contacts.parents[1], late


def run_increment(full: Place, folder: Path, full_seconds: float) -> dict[str, Any]:
    """Builds without the last contacts, adds them and builds again."""
    early, late = split_lake(full.lake, folder / "increment")
    place = Place(folder / "increment" / "penpal.duckdb", early, folder / "target")
    say(f"The increment: building with {1 - INCREMENT:.0%}")
    place.stage()
    first = place.resolve()
    say(f"The increment: adding {INCREMENT:.0%}")
    shutil.move(late, early / "crm" / "contacts" / "late.parquet")
    staging = place.stage()
    added = place.resolve()
    place.keep_partition(folder / "increment" / "partition.parquet")
    differing = full.count_differing(folder / "increment" / "partition.parquet")
    return {
        "share": INCREMENT,
        "first_seconds": first["total"],
        "seconds": added["total"],
        "models": added["models"],
        "staging_seconds": staging.seconds,
        "full_seconds": full_seconds,
        "ratio": added["total"] / full_seconds,
        "same_partition": differing == 0,
        "records_differing": differing,
    }


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


def bench(options: argparse.Namespace, file: Path) -> None:
    """Measures, prints, and writes the file: all again after each further measure."""
    place = Place(options.folder / "penpal.duckdb", make_lake(options), options.folder / "target")
    result = compare(options, place)
    print("\n".join(report.lines(result)))
    write(result, file)
    if not options.no_increment:
        full = result["summary"]["identity_layer_seconds"]
        result["increment"] = run_increment(place, options.folder, full)
        print(report.increment_line(result["increment"]))
        write(result, file)
    if options.shop:
        say(f"A shop of {options.shop:,} people: 99 % of it, the rest, and everything at once")
        found = all_sources.measure(options.shop, options.seed, INCREMENT, options.folder)
        result["all_sources"] = found
        print(report.all_sources_line(found))
        write(result, file)
    print(f"\nEverything measured: {file}")


def write(result: dict[str, Any], file: Path) -> None:
    """The result as JSON."""
    write_whole(file, json.dumps(result, indent=2) + "\n")


def check_splink() -> None:
    """Raises UserError where Splink is not installed."""
    try:
        importlib.metadata.version("splink")
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            "Splink is not installed: run `make setup-splink`, or give --no-splink."
        ) from None


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--people", type=int, metavar="M", help="default: by the kind of errors")
    parser.add_argument("--errors", choices=sorted(PROFILES), default="light")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--repeat", type=int, default=1, metavar="R", help="rounds, both in turn")
    parser.add_argument("--no-splink", action="store_true", help="Penpal alone")
    parser.add_argument("--no-increment", action="store_true")
    parser.add_argument(
        "--shop",
        type=int,
        default=1_000_000,
        metavar="P",
        help="people of the shop of all sources; 0 leaves it out (default: 1000000)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "target" / "bench-identity",
        metavar="DIR",
        help="where warehouses and contacts go (default: target/bench-identity)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: DIR/result.json")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        raise UserError(f"--repeat {options.repeat} is not 1 or more.")
    if not options.no_splink:
        check_splink()
    options.folder = options.folder.resolve()
    file = options.json or options.folder / "result.json"
    for target in (options.folder / "penpal.duckdb", file):
        check_writable(target)
    options.folder.mkdir(parents=True, exist_ok=True)
    bench(options, file)
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
