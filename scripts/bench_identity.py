r"""How does identity resolution fare next to Splink? Accuracy, time, memory on the same contacts.

    make bench-identity                          1,000,000 contacts of 700,000 people
    make bench-identity ARGS='--records 50000'   fewer

Contacts are made (generate_contacts.py), staged once, and resolved by both in turn, each in a
process of its own: Penpal's identity layer by dbt, one model at a time; Splink with its DuckDB
backend in memory, with the same blocks (and once more with rules of its own), its parameters
estimated from the same contacts without labels. Accuracy is over all pairs of records, whether or
not a rule compared them; Splink's is at the threshold that turns out best for it, Penpal's with the
shipped weights, and once more with weights estimated from the contacts. Then a night that finds the
last hundredth of the contacts is timed against all of them anew, and the results of both compared.
The same is done with a whole shop of all sources (generate_data.py), whose last hundredth is what
came last. docs/benchmarks.md says more.

Exit codes: 0 done; 2 could not run (Splink is not installed, a wrong option).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.benchmark import all_sources, contacts, report
from penpal.benchmark.penpal_side import Place
from penpal.datagen.contacts import PROFILES
from penpal.files import check_writable, write_whole
from penpal.settings import ROOT, UserError


def bench(options: argparse.Namespace, file: Path) -> None:
    """Measures, prints, and writes the file: all again after each further measure."""
    place = Place(
        options.folder / "penpal.duckdb", contacts.make_lake(options), options.folder / "target"
    )
    result = contacts.compare(options, place)
    print("\n".join(report.lines(result)))
    write(result, file)
    if not options.no_night:
        result["night"] = contacts.run_night(place.lake, options.folder)
        print(report.night_line(result["night"]))
        write(result, file)
    if options.shop:
        contacts.say(
            f"A shop of {options.shop:,} people: 99 % of it, a night that finds the rest, all anew"
        )
        found = all_sources.measure(options.shop, options.seed, options.folder)
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
    parser.add_argument("--no-night", action="store_true")
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
