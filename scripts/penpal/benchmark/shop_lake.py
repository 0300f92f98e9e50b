"""A generated shop whose last rows come later."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from penpal.benchmark.all_sources import ARRIVALS, SOURCES, clock_before_the_last, make_lake

LAST = 0.01  # of the rows
QUARTER = timedelta(minutes=15)
FORM = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class ShopLake:
    """A lake that holds what had come by `early`; add() brings what came after that.

    `whole` is the lake with everything. Clocks are UTC.
    """

    whole: Path
    folder: Path
    early: str

    @property
    def quarter(self) -> str:
        """A quarter of an hour after the early clock."""
        return (datetime.strptime(self.early, FORM) + QUARTER).strftime(FORM)

    def add(self, name: str, after: str, until: str) -> int:
        """A file for each table of what came in between; how many rows they have."""
        rows = 0
        with duckdb.connect() as connection:
            for table, column in ARRIVALS.items():
                here = f"try_cast({column} as timestamptz) at time zone 'UTC'"
                ((count,),) = connection.execute(
                    f"copy (from read_parquet('{self.whole}/{table}/*.parquet')"
                    f" where {here} > timestamp '{after}' and {here} <= timestamp '{until}')"
                    f" to '{self.folder}/{table}/{name}.parquet' (format parquet)"
                ).fetchall()
                rows += count
        return rows

    def begin(self) -> int:
        """Nearly all rows, in the files that the whole lake has; how many they are."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with duckdb.connect() as connection:
            rows = sum(self._copy(connection, path) for path in files_of(self.whole))
        return rows

    def _copy(self, connection: duckdb.DuckDBPyConnection, path: Path) -> int:
        table = path.parent.relative_to(self.whole).as_posix()
        target = self.folder / table / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        column = ARRIVALS.get(table)
        later = (
            f"where (try_cast({column} as timestamptz) at time zone 'UTC' > timestamp"
            f" '{self.early}') is not true"
            if column
            else ""
        )
        ((count,),) = connection.execute(
            f"copy (from read_parquet('{path}') {later}) to '{target}' (format parquet)"
        ).fetchall()
        return count


def files_of(lake: Path) -> list[Path]:
    """The Parquet files of a lake's raw tables."""
    return sorted(path for source in SOURCES for path in lake.glob(f"{source}/*/*.parquet"))


def shop_lake(people: int, seed: int, folder: Path) -> ShopLake:
    """A shop of so many people; generated unless an earlier run with the same options has."""
    whole = make_lake(people, seed, folder)
    return ShopLake(whole, folder / "lake", clock_before_the_last(LAST, whole))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where it is not there."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def plain_copy(lake: Path, database: Path) -> int:
    """Every raw table of a lake as a table of a new database, as it is; how many rows.

    What the full build is measured against: the least that a warehouse has to do.
    """
    database.unlink(missing_ok=True)
    rows = 0
    with duckdb.connect(str(database), config={"threads": 2}) as connection:
        for table in sorted({path.parent for path in files_of(lake)}):
            name = f"{table.parent.name}__{table.name}"
            ((count,),) = connection.execute(
                f"create table {name} as from read_parquet('{table}/*.parquet')"
            ).fetchall()
            rows += count
        connection.execute("checkpoint")
    return rows
