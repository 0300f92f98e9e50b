r"""What does a run cost? A generated shop built in full, 15 minutes later, and the next night.

    make bench                          10,000 people
    make bench PEOPLE=1000000           a million: 20 GB of disk, an hour

Beside DuckDB's plain copy of the same Parquet, in the same run: processor seconds, wall, peak
memory, sizes of files, the ten slowest models, and the ratios that were promised. Every step is a
process of its own; generating the data and reading the project are not counted. Writes
DIR/result.json, after each step, and DIR/result.txt. docs/performance.md has figures.

Exit codes: 0 done; 2 could not run.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from penpal import settings
from penpal.benchmark import pipeline, pipeline_report
from penpal.datagen.build import MIN_PEOPLE
from penpal.datagen.people import MAX_PEOPLE
from penpal.files import check_writable, write_whole
from penpal.settings import ROOT


def stop(number: int, frame: Any) -> NoReturn:
    """SIGTERM ends the step that runs, too."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=11, metavar="S")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "target" / "bench",
        metavar="DIR",
        help="where data and warehouse go (default: target/bench)",
    )
    options = parser.parse_args(arguments)
    if not MIN_PEOPLE <= options.people <= MAX_PEOPLE:
        parser.error(f"--people: {MIN_PEOPLE:,} to {MAX_PEOPLE:,}")
    folder = options.folder.resolve()
    check_writable(folder / "result.json")
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, stop)

    def tell(text: str, found: dict[str, Any]) -> None:
        print(f"{text} …", file=sys.stderr, flush=True)
        write_whole(folder / "result.json", json.dumps(found, indent=2) + "\n")

    found = pipeline.measure(options.people, options.seed, folder, tell)
    found["ratios"] = pipeline_report.ratios(found)
    text = "\n".join(pipeline_report.lines(found)) + "\n"
    write_whole(folder / "result.json", json.dumps(found, indent=2) + "\n")
    write_whole(folder / "result.txt", text)
    print(text, end="")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
