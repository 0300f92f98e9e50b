"""Check the rules of campaigns; the files of a lake; or raw data or marts, read-only.

`rules` needs no data: of seeds/rules it judges campaigns.csv, campaign_variants.csv and
data_rules.csv, and tells each problem with its line, the wrong word and the valid ones.

`files` needs no build: it tells the files and records of each raw table, columns that are missing
or probably meant, lines that cannot be read, and how many of the first 10,000 rows staging would
reject or flag, and why. `raw` judges what staging made of the raw rows (the checked_ models): how
many it rejects, and how many values it empties, by column, also next to the last good run; `marts`
checks what the marts promise, and tells what is unusual in the last days' rows. Both go by
seeds/rules/data_rules.csv, print one line a failure (what, how many of how many, keys of three of
them) and write <warehouse>.reports/<layer> as .json and .html. Reports hold counts, shares, ids and
names of columns and files, never another value from the data.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from penpal import settings
from penpal.checks import data_rules, rules, shares
from penpal.checks.contract import raw_contract
from penpal.checks.days import days_outcomes
from penpal.checks.files import as_text, is_good, judge
from penpal.checks.layers import checks_of
from penpal.checks.outcome import Outcome, evaluate
from penpal.checks.report import html_report, make_report
from penpal.files import write_whole
from penpal.project_vars import parse_vars, var
from penpal.settings import EXIT_CANNOT_RUN, EXIT_CHECK_FAILED, EXIT_DONE


def check_files(options: argparse.Namespace) -> int:
    told = judge(settings.load(), parse_vars(options.vars))
    print("\n".join(as_text(told)))
    if options.json:
        write_whole(options.json, json.dumps(told, indent=2))
    return EXIT_DONE if is_good(told) else EXIT_CHECK_FAILED


def check_rules() -> int:
    problems = rules.judge() + data_rules.judge()
    for problem in problems:
        print(f"ERROR   {problem}")
    print(f"{len(problems)} problems" if problems else f"{rules.summary()}, no problem")
    return EXIT_CHECK_FAILED if problems else EXIT_DONE


def compare(paths: settings.Settings, options: argparse.Namespace) -> list[Outcome]:
    """What changed since the last good run; keeps this run's shares where that is asked for."""
    contract = raw_contract()
    with settings.connect(paths.warehouse, read_only=True) as connection:
        now = shares.measure(connection, contract)
    run, before = shares.last_good(paths, str(var(parse_vars(options.vars), "raw_data")))
    outcomes = shares.changes(contract, now, before, run)
    for outcome in outcomes if options.accept_shares else []:
        outcome.severity = "warning"
    if options.shares:
        write_whole(options.shares, json.dumps(now, indent=2))
    return outcomes


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 passed (perhaps with warnings), 1 a check failed, 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("layer", choices=["rules", "files", "raw", "marts"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here as well")
    parser.add_argument(
        "--shares", type=Path, metavar="FILE", help="raw: keep the shares of this run there"
    )
    parser.add_argument(
        "--accept-shares",
        action="store_true",
        help="raw: a share that rose since the last good run is only told",
    )
    parser.add_argument("--vars", metavar="YAML", help="dbt vars of the run, as for dbt")
    options = parser.parse_args(arguments)
    if options.layer == "rules":
        return check_rules()
    if options.layer == "files":
        return check_files(options)
    paths = settings.load()
    started = time.monotonic()
    checks = checks_of(options.layer, paths.warehouse, parse_vars(options.vars))
    changed = compare(paths, options) if options.layer == "raw" else []
    if options.layer == "marts":
        changed = days_outcomes(paths.warehouse)
    outcomes = evaluate(paths.warehouse, checks) + changed
    report = make_report(options.layer, outcomes, time.monotonic() - started)
    for outcome in outcomes:
        if outcome.status != "passed":
            mark = outcome.severity if outcome.status == "failed" else "error"
            print(f"{mark.upper():7} {outcome.line} [{outcome.check}]")
    print(report["summary"])
    text = json.dumps(report, indent=2)
    write_whole(paths.reports / f"{options.layer}.json", text)
    write_whole(paths.reports / f"{options.layer}.html", html_report(report))
    if options.json:
        write_whole(options.json, text)
    codes = {"passed": EXIT_DONE, "failed": EXIT_CHECK_FAILED, "not evaluated": EXIT_CANNOT_RUN}
    return codes[report["status"]]


if __name__ == "__main__":
    try:
        settings.run(main)
    except SystemExit as stop:
        # Leave at once: GX keeps DuckDB objects alive, which the interpreter's shutdown would
        # report as leaks, page after page.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
