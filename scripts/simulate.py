"""What would have gone out? Replays decisions over past time, on a scratch copy of the warehouse.

    python scripts/simulate.py --from 2026-05-17 --to 2026-06-15 --every 1d
    python scripts/simulate.py --from '2026-06-14 08:00' --to '2026-06-14 20:00' --every 15m
    python scripts/simulate.py --from 2026-05-17 --to 2026-06-15 --compare HEAD~3 --html page.html
    python scripts/simulate.py --from 2026-05-17 --to 2026-06-15 --compare other_rules/

At each step all is decided anew from what had been received by then: who is who, profiles,
segments, decisions. What goes out enters the ledger of the copy, so caps, cooldowns and "already
sent" hold from then on; the ledgers begin as they stood at --from. It says, per campaign and day,
what would have gone out, been held and refused, and why; and counts from the letters that nobody
got one twice or more than the caps allow. --compare replays it by other rules too, those of a
commit (with its models) or of a folder with copies of files of seeds/rules, and tells the
difference in letters, audiences and reasons. Other campaigns than those of --campaign are decided,
but not shown.

Not replayed: rendering, what readers would have done with these letters, and former states of rows
that a source has changed since. The warehouse itself is only read.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import re
import signal
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.files import check_writable, write_whole
from penpal.identity.evidence import Row
from penpal.identity.text import SHOWN
from penpal.pages import page
from penpal.pipeline.run import dbt_vars
from penpal.pipeline.warm import die_with_parent
from penpal.sections import as_text
from penpal.settings import ROOT, UserError
from penpal.simulation import chart, report
from penpal.simulation.rules import other_project
from penpal.simulation.simulate import Simulation, simulate

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
MOST_STEPS = 10_000


def moment(text: str) -> datetime:
    try:
        given = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        given = None
    if given is None or given.tzinfo:
        raise argparse.ArgumentTypeError(f"'{text}' is no UTC time like 2026-06-15 12:00")
    return given


def every(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([mhd])", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is no span like 15m, 1h or 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 done, 1 a promise was broken, 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--from", dest="begins", type=moment, required=True, metavar="TIME", help="first, UTC")
    add("--to", dest="ends", type=moment, required=True, metavar="TIME", help="last step, UTC")
    add("--every", type=every, default="1d", metavar="SPAN", help="15m, 1h, 1d (default)")
    add("--campaign", action="append", default=[], metavar="NAME", help="show only this (again)")
    add("--compare", metavar="REF|FOLDER", help="a commit, or a folder of rule files")
    add("--html", type=Path, metavar="FILE", help="write a page, with a chart")
    add("--json", type=Path, metavar="FILE", help="write all that was found, for programs")
    add("--all", action="store_true", help="list everything, however long")
    add("--keep", type=Path, metavar="FOLDER", help="keep the scratch warehouses there")
    add("--vars", metavar="YAML", help="dbt vars, as those of the run")
    add("--raw-data", choices=["sample", "lake", "warehouse"], help="var raw_data")
    add("--sources", metavar="LIST", help="var sources: crm,web,shop,email")
    options = parser.parse_args(arguments)
    if options.begins > options.ends:
        parser.error("--from is after --to")
    if (options.ends - options.begins) / options.every > MOST_STEPS:
        parser.error(f"more than {MOST_STEPS:,} steps: choose a longer --every")
    return options


def asked(options: argparse.Namespace, folder: Path) -> list[Simulation]:
    """One simulation, or the two that are compared: other rules first, today's second."""
    options.as_of = None
    given = {name: value for name, value in dbt_vars(options).items() if name != "as_of"}
    now = Simulation(
        *(settings.load().warehouse, folder / "now", ROOT),
        *(options.begins, options.ends, options.every, given, options.campaign),
    )
    if not options.compare:
        refuse_unknown_campaigns(options.campaign, ROOT)
        return [now]
    other = other_project(options.compare, folder / "other_project")
    refuse_unknown_campaigns(options.campaign, ROOT, other)
    return [
        replace(now, folder=folder / "other", project=other, name=options.compare),
        now,
    ]


def refuse_unknown_campaigns(names: list[str], *projects: Path) -> None:
    known: set[str] = set()
    for project in projects:
        with (project / "seeds" / "rules" / "campaigns.csv").open(newline="") as file:
            known |= {row["campaign"] for row in csv.DictReader(file)}
    for name in names:
        if name not in known:
            raise UserError(f"There is no campaign '{name}': there are {', '.join(sorted(known))}.")


def run(simulations: list[Simulation]) -> list[Row]:
    """Each in a process of its own, as dbt knows one warehouse a process; a failure ends all."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(len(simulations), initializer=end_with_parent) as pool:
        found = dict(pool.imap_unordered(numbered, enumerate(simulations)))
    return [found[place] for place in range(len(simulations))]


def end_with_parent() -> None:
    """Ctrl-C goes to every process: the main one alone answers it, and ends the others."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def numbered(asked: tuple[int, Simulation]) -> tuple[int, Row]:
    return asked[0], simulate(asked[1])


def as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def tell(options: argparse.Namespace, found: list[Row]) -> None:
    if len(found) == 1:
        (title, told), sections = report.headline(found[0]), report.outcome_sections(found[0])
        series = {
            campaign: report.letters_by_day(found[0], campaign)
            for campaign in report.campaigns_of(found[0])
        }
        picture = chart.stacked("Letters by day", report.days_of(found[0]), series)
    else:
        title, told = report.comparison_headline(*found)
        sections = report.comparison_sections(*found)
        series = {side["name"]: report.letters_by_day(side) for side in found}
        picture = chart.grouped("Letters by day", report.days_of(found[0]), series)
    print(as_text([title, *told], sections, None if options.all else SHOWN))
    if options.html:
        write_whole(options.html, page(title, told, sections, picture=picture))
    if options.json:
        write_whole(options.json, json.dumps(found, indent=1, default=as_json) + "\n")


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    for file in filter(None, (options.html, options.json)):
        check_writable(file)
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        raise UserError(f"{options.keep} is not empty: name a new folder to keep it in.")
    beside = settings.load().warehouse.parent
    with tempfile.TemporaryDirectory(
        prefix="simulation.", dir=beside if beside.is_dir() else None
    ) as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = run(asked(options, folder.absolute()))
        tell(options, found)
    kept = all(row["is_kept"] for side in found for row in side["checks"])
    return settings.EXIT_DONE if kept else settings.EXIT_CHECK_FAILED


if __name__ == "__main__":
    settings.run(main)
