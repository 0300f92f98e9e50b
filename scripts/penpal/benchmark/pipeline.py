"""A generated shop built in full, 15 minutes later, and in the next night with 1 % of new rows."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from penpal.benchmark.all_sources import AS_OF, SOURCES
from penpal.benchmark.penpal_side import Place, model_seconds
from penpal.benchmark.process import Finished, run_process
from penpal.benchmark.shop_lake import ShopLake, files_of, shop_lake, size_of
from penpal.settings import ROOT

# Tests prove the code and the data; they are no part of what a build costs.
BUILD = ("build", "--exclude-resource-type", "test", "unit_test")
SLOWEST = 10


def measured(done: Finished) -> dict[str, Any]:
    """What a process took."""
    return {
        "cpu_seconds": round(done.cpu_seconds, 2),
        "seconds": round(done.seconds, 2),
        "peak_bytes": done.peak_bytes,
    }


def build(place: Place, title: str) -> dict[str, Any]:
    """A full build; also the seconds of each model."""
    done = place.dbt(title, *BUILD)
    results = json.loads((place.target / "run_results.json").read_text(encoding="utf-8"))
    models = model_seconds(results)
    slowest = sorted(models.items(), key=lambda item: (-item[1], item[0]))[:SLOWEST]
    return measured(done) | {
        "models": len(models),
        "model_seconds": round(sum(models.values()), 1),
        "slowest": {name: round(seconds, 2) for name, seconds in slowest},
        "warehouse_bytes": size_of(place.warehouse),
    }


def script(place: Place, title: str, *arguments: str) -> Finished:
    """One of Penpal's programs, on the warehouse of the place."""
    return run_process(
        title,
        [sys.executable, str(ROOT / "scripts" / arguments[0]), *arguments[1:]],
        place.environment,
    )


def has_triggers() -> bool:
    """Whether the pipeline has a run between nights."""
    command = [sys.executable, str(ROOT / "scripts/run_pipeline.py"), "triggers", "--help"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def cycle(place: Place) -> dict[str, Any] | None:
    """The run between nights, all its steps; None where there is no such run."""
    if not has_triggers():
        return None
    options = ("--vars", place.options[1])
    return measured(script(place, "The run of triggers", "run_pipeline.py", "triggers", *options))


def letters(place: Place) -> dict[str, Any]:
    """All letters of the queue, from the marts to the outbox."""
    told = place.warehouse.with_name("letters.json")
    done = script(place, "The letters", "render_emails.py", "--json", str(told))
    counts = json.loads(told.read_text(encoding="utf-8"))
    return measured(done) | {"letters": counts["rendered_total"]}


def copy(lake: Path, database: Path) -> dict[str, Any]:
    """DuckDB's plain copy of the same Parquet."""
    module = "penpal.benchmark.plain_copy"
    done = run_process(
        "The plain copy",
        [sys.executable, "-m", module, str(lake), str(database)],
        {"PYTHONPATH": str(ROOT / "scripts")},
    )
    found = measured(done) | {"rows": int(done.output), "bytes": size_of(database)}
    database.unlink()
    return found


def parse(place: Place) -> None:
    """dbt reads its project anew for other vars: once, before anything is measured."""
    place.dbt("Reading the project", "parse")


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def measure(
    people: int, seed: int, folder: Path, tell: Callable[[str, dict[str, Any]], None]
) -> dict[str, Any]:
    """Everything, in order. `tell` is told what begins, and what has been found so far."""
    found: dict[str, Any] = {"people": people, "seed": seed, "machine": machine()}
    tell(f"A shop of {people:,} people", found)
    shop = shop_lake(people, seed, folder)
    found["rows"] = {"before": shop.begin()}
    warehouse = folder / "shop" / "penpal.duckdb"
    shutil.rmtree(warehouse.parent, ignore_errors=True)
    warehouse.parent.mkdir(parents=True)
    place = Place(warehouse, shop.folder, folder / "target", SOURCES, shop.early)
    tell("The plain copy of its Parquet", found)
    found["copy"] = copy(shop.folder, folder / "copy.duckdb")
    found["parquet_bytes"] = sum(map(size_of, files_of(shop.folder)))
    tell("A full build", found)
    parse(place)
    found["full"] = build(place, "The first build")
    tell("The letters, and the marts published", found)
    found["letters"] = letters(place)
    found["publish"] = measured(script(place, "Publishing", "publish_marts.py"))
    nights(found, place, shop, tell)
    return found


def nights(
    found: dict[str, Any],
    place: Place,
    shop: ShopLake,
    tell: Callable[[str, dict[str, Any]], None],
) -> None:
    """A quarter of an hour's rows and the run between nights; the rest, and the next night."""
    tell("A quarter of an hour later", found)
    cycle(place)  # finds nothing, and reads the project anew if it has to
    found["rows"]["quarter"] = shop.add("quarter", shop.early, shop.quarter)
    found["cycle"] = cycle(replace(place, as_of=shop.quarter))
    found["rows"]["rest"] = shop.add("rest", shop.quarter, AS_OF)
    tell("The next night, with 1 % new", found)
    then = replace(place, as_of=AS_OF)
    parse(then)
    found["night"] = build(then, "The next night")
