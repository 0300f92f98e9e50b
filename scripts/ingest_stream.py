"""Read events from Kafka into the lake, at least once; stops cleanly on SIGTERM.

Every batch becomes a file for each partition in <lake>/<source>/<table>/<day>/, written whole;
only then are its offsets committed, so that a kill loses nothing and what comes twice has the same
message_id. What is not one JSON object of UTF-8 goes to a folder of dead letters, with reason and
offset. While the disk is nearly full, or too many files wait for a run, nothing is read.

    .venv/bin/python scripts/ingest_stream.py --brokers kafka:9092 --topic web-events

Needs requirements-stream.txt. docs/streams.md tells what the files, the log and the metrics say.
"""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.files import check_writable
from penpal.pipeline.lock import hold_lock
from penpal.settings import Settings, UserError
from penpal.streams.batch import Limits
from penpal.streams.cycles import Cycles
from penpal.streams.files import Places, remove_leftovers
from penpal.streams.ingest import Ingest
from penpal.streams.kafka import KafkaSource, check_installed, read_config
from penpal.streams.metrics import Metrics, say
from penpal.streams.pressure import Pressure

MB, GB = 2**20, 2**30


def _number(least: float, kind: Callable[[str], Any] = int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not {least} or more")
        return value

    return read


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 stopped as it was told to, 2 could not run, 3 another program reads"
        " with this group.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--topic", action="append", required=True, metavar="NAME", help="may be given again")
    add("--brokers", metavar="HOST:PORT,…", help="where Kafka is (bootstrap.servers)")
    add("--config", type=Path, metavar="FILE", help="settings of librdkafka, name=value a line")
    add("--group", default="penpal", metavar="NAME", help="whose offsets (default: %(default)s)")
    add(
        "--from",
        dest="begin",
        choices=["earliest", "latest"],
        default="earliest",
        help="where a group begins that never read (default: %(default)s)",
    )
    add("--table", default="web.events", help="raw table of the lake (default: %(default)s)")
    add("--plain", action="store_true", help="write .jsonl instead of .jsonl.gz")
    batch = parser.add_argument_group("a batch is written as soon as it has")
    limit = batch.add_argument
    limit("--batch-events", type=_number(1), default=50_000, metavar="N", help="%(default)s")
    limit("--batch-mb", type=_number(1), default=64, metavar="N", help="%(default)s")
    limit(
        "--batch-seconds",
        type=_number(0.1, float),
        default=60,
        metavar="N",
        help="%(default)s, since its first event was read",
    )
    pressure = parser.add_argument_group("nothing is read while")
    limit = pressure.add_argument
    limit(
        "--max-unread",
        type=_number(1),
        default=10_000,
        metavar="N",
        help="more files of the table wait for a run (%(default)s)",
    )
    limit(
        "--min-free-gb",
        type=_number(0, float),
        default=1,
        metavar="N",
        help="less of the lake's disk is free (%(default)s)",
    )
    add("--dead-letters", type=Path, metavar="DIR", help="default: <lake>/_dead_letters/<table>")
    add("--metrics", type=Path, metavar="FILE", help="default: beside the warehouse")
    add(
        "--until-idle",
        type=_number(0.1, float),
        metavar="SECONDS",
        help="stop where nothing came for so long",
    )
    add(
        "--run-triggers",
        action="store_true",
        help="start `run_pipeline.py triggers` after each batch, one at a time",
    )
    add("run", nargs="*", metavar="-- OPTION", help="options of that run: -- --raw-data lake")
    options = parser.parse_args(arguments)
    if options.run and not options.run_triggers:
        parser.error("options after -- are for --run-triggers")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", options.group):
        parser.error("--group: letters, digits, - and _ only")
    return options


def table_folder(lake: Path, name: str) -> Path:
    """The folder of a raw table; a name that is no table is a UserError."""
    known = {
        path.stem.removeprefix("base_").replace("__", ".")
        for path in (settings.ROOT / "models" / "staging").glob("*/base_*.yml")
    }
    if name not in known:
        raise UserError(f"--table {name}: the raw tables are {', '.join(sorted(known))}.")
    return lake.joinpath(*name.split("."))


def beside(paths: Settings, options: argparse.Namespace, ending: str) -> Path:
    """A file of this program beside the warehouse."""
    return paths.warehouse.with_name(f"{paths.warehouse.stem}.stream.{options.group}.{ending}")


def make_ingest(paths: Settings, options: argparse.Namespace) -> Ingest:
    """Everything put together, connected to the stream."""
    table = table_folder(paths.lake, options.table)
    dead = options.dead_letters or paths.lake / "_dead_letters" / options.table
    if dead.absolute().is_relative_to(table.absolute()):
        raise UserError(f"--dead-letters {dead} is in the table: name a folder outside {table}.")
    metrics = options.metrics or beside(paths, options, "json")
    check_writable(metrics)
    check_writable(table / "a file")
    config = read_config(options.config) if options.config else {}
    if options.brokers:
        config["bootstrap.servers"] = options.brokers
    if not config.get("bootstrap.servers"):
        raise UserError("Say where Kafka is: --brokers HOST:PORT, or --config FILE.")
    remove_leftovers(table)
    remove_leftovers(dead)
    listed = paths.warehouse.with_name(f"{paths.warehouse.stem}.lake")
    listed = listed / options.table.replace(".", "__") / "files.parquet"
    return Ingest(
        KafkaSource(options.topic, config, options.group, options.begin),
        Places(table, dead, KafkaSource.name, not options.plain),
        Limits(options.batch_events, options.batch_mb * MB, options.batch_seconds),
        Pressure(table, listed, options.max_unread, int(options.min_free_gb * GB)),
        Metrics(metrics),
        Cycles(beside(paths, options, "triggers.log"), options.run)
        if options.run_triggers
        else None,
        options.until_idle,
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    check_installed()
    paths = settings.load()
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with hold_lock(beside(paths, options, "lock"), f"stream {options.group}", now):
        ingest = make_ingest(paths, options)

        def stop(number: int, frame: Any) -> None:
            ingest.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        say(f"reads {', '.join(options.topic)} into {ingest.places.table}")
        ingest.run()
    say(" ".join(f"{name}={count}" for name, count in ingest.metrics.counts.items()))
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
