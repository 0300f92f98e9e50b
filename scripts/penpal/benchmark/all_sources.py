"""The identity layer on a whole shop's exports, and the night that finds what came last."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from penpal.benchmark import night
from penpal.benchmark.penpal_side import Place
from penpal.benchmark.process import run_process
from penpal.settings import ROOT

SOURCES = ("crm", "web", "shop", "email")
AS_OF = "2026-06-15 12:00:00"  # the clock of the generated shop
# What tells when a row came, in the tables that grow from day to day.
ARRIVALS = {"crm/consents": "loaded_at", "web/events": "received_at", "shop/orders": "loaded_at"}
ARRIVALS |= {"shop/checkouts": "created_at", "email/events": "received_at"}


def make_lake(people: int, seed: int, folder: Path) -> Path:
    """A generated shop; that of an earlier run with the same options is used again."""
    lake = folder / "shops" / f"{people}-{seed}"
    if not lake.exists():
        new = lake.with_name(f"{lake.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        script = ROOT / "scripts" / "generate_data.py"
        command = [sys.executable, str(script), "--people", str(people), "--seed", str(seed)]
        run_process("The shop", [*command, "--format", "parquet", "--out", str(new)], {})
        new.rename(lake)
    return lake


def clock_before_the_last(share: float, lake: Path) -> str:
    """The time by which all but this share of the rows that are there at AS_OF had come, UTC."""
    arrived = " union all ".join(
        f"select try_cast({column} as timestamptz) at time zone 'UTC' as came_at"
        f" from read_parquet('{lake}/{table}/*.parquet')"
        for table, column in ARRIVALS.items()
    )
    with duckdb.connect() as connection:
        ((found,),) = connection.execute(
            f"select strftime(quantile_disc(came_at, {1 - share}), '%Y-%m-%d %H:%M:%S')"
            f" from ({arrived}) where came_at <= timestamp '{AS_OF}'"
        ).fetchall()
    return found


def measure(people: int, seed: int, folder: Path) -> dict[str, Any]:
    """Builds as of the clock before the last rows came; then the night that ends at AS_OF."""
    lake = make_lake(people, seed, folder)
    early = clock_before_the_last(night.SHARE, lake)
    warehouse = folder / "shop" / "penpal.duckdb"
    shutil.rmtree(warehouse.parent, ignore_errors=True)
    then = Place(warehouse, lake, folder / "target", SOURCES, early)
    then.stage()
    then.resolve()
    found = night.measure(replace(then, as_of=AS_OF))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((records,),) = connection.execute(
            "select count(*) from identity.identity_clusters"
        ).fetchall()
    return {"people": people, "records": records, "as_of_before": early} | found
