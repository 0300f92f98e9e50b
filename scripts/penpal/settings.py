"""Paths, settings, exit codes and errors: the one place where every script looks them up."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import duckdb

from penpal.terminal import shown

ROOT = Path(__file__).resolve().parents[2]
EMAILS = ROOT / "emails"

EXIT_DONE = 0  # finished
EXIT_CHECK_FAILED = 1  # the data failed a check
EXIT_CANNOT_RUN = 2  # configuration or missing input
EXIT_LOCKED = 3  # another run holds the lock

# What a disk or its rights say to a program that writes.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)

LOCKED = ("Could not set lock on file", "Conflicting lock")  # DuckDB's words for an open file


class UserError(Exception):
    """Something the user can act on: one sentence that says what, where and what to do."""

    def __init__(self, message: str, exit_code: int = EXIT_CANNOT_RUN):
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Settings:
    """Where one warehouse and everything that belongs to it live.

    Everything beside the warehouse is named after it, so two warehouses in one folder never mix.
    """

    warehouse: Path
    lake: Path

    def _beside(self, suffix: str) -> Path:
        return self.warehouse.with_name(self.warehouse.stem + suffix)

    @property
    def published(self) -> Path:
        """The analysts' read-only copy."""
        return self._beside(".published.duckdb")

    @property
    def anonymised(self) -> Path:
        """The same without personal data, where that was asked for."""
        return self._beside(".anonymised.duckdb")

    @property
    def parquet(self) -> Path:
        """The marts as Parquet, where that was asked for: a link to the newest folder of them."""
        return self._beside(".parquet")

    @property
    def anonymised_parquet(self) -> Path:
        """The marts without personal data as Parquet, likewise."""
        return self._beside(".anonymised.parquet")

    @property
    def published_facts(self) -> Path:
        """What the published copy holds: row count and content hash of every mart, as JSON."""
        return self._beside(".published.json")

    @property
    def ledger_dir(self) -> Path:
        """Export of the ledgers, from which a new warehouse restores them."""
        return self._beside(".ledger")

    @property
    def outbox(self) -> Path:
        """Rendered letters, Parquet files for the sender to fetch."""
        return self._beside(".outbox")

    @property
    def preview(self) -> Path:
        """Browsable page of the letters rendered last."""
        return self._beside(".preview")

    @property
    def reports(self) -> Path:
        """Reports of the data checks."""
        return self._beside(".reports")

    @property
    def runs(self) -> Path:
        """Run records of run_pipeline.py, one folder a run, with the logs of its steps."""
        return self._beside(".runs")

    @property
    def runs_log(self) -> Path:
        """What happened in all runs, a line of JSON an event."""
        return self.runs / "runs.jsonl"

    @property
    def secret_file(self) -> Path:
        """Generated signing secret, used when PENPAL_SECRET is not set."""
        return self._beside(".secret")

    @property
    def lock_file(self) -> Path:
        """Held (flock) by the run that is writing to the warehouse."""
        return self._beside(".lock")

    @property
    def secret(self) -> str | None:
        """The signing secret from PENPAL_SECRET; never printed, never stored."""
        return os.environ.get("PENPAL_SECRET") or None


def _path(variable: str, default: str) -> Path:
    # Relative paths count from the project root, as dbt sees them, wherever a script is started.
    return Path(os.path.normpath(ROOT / (os.environ.get(variable) or default)))


def load() -> Settings:
    """Settings from the environment: PENPAL_WAREHOUSE, PENPAL_LAKE, PENPAL_SECRET."""
    return Settings(
        warehouse=_path("PENPAL_WAREHOUSE", "warehouse/penpal.duckdb"),
        lake=_path("PENPAL_LAKE", "lake"),
    )


def _holder(error: duckdb.Error) -> str:
    """Who has a file open, as far as DuckDB knows."""
    found = re.search(r"lock is held in (.+?) \(PID (\d+)\)", str(error))
    return f"Another program ({found[1]}, process {found[2]})" if found else "Another program"


def locked(path: Path, error: duckdb.Error) -> UserError | None:
    """What to say of a file that another program has open; None where that is not the matter."""
    if not any(words in str(error) for words in LOCKED):
        return None
    message = f"{_holder(error)} has {path} open: close it or wait, then run again."
    return UserError(message, EXIT_LOCKED)


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open an existing warehouse; a missing, locked or unreadable file is a UserError."""
    if not path.exists():
        raise UserError(f"There is no warehouse at {path}: run `make run` or `dbt build` first.")
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        if told := locked(path, error):
            raise told from error
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} cannot be opened as a DuckDB warehouse: {reason}") from error


def _of_the_disk(error: OSError | duckdb.Error) -> str | None:
    """What to say where a disk is the matter, or the rights on it; else None."""
    reason = str(error).partition("\n")[0]
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return f"{error.filename or 'A file'}: {error.strerror}."
    if isinstance(error, duckdb.Error) and os.strerror(errno.ENOSPC) in reason:
        return f"{reason}: free some space on that disk, then run it again."
    if isinstance(error, duckdb.IOException):
        return f"{reason}: the file is damaged, or the disk is full."
    return None


def told(error: BaseException) -> tuple[str | None, int]:
    """What to say of an error, and the exit code; None where it is a fault of the program."""
    reason = str(error).partition("\n")[0]
    if isinstance(error, UserError):
        return str(error), error.exit_code
    # DuckDB turns Ctrl-C during a query into an error of its own.
    if isinstance(error, (KeyboardInterrupt, duckdb.InterruptException)) or (
        isinstance(error, RuntimeError) and reason == "Query interrupted"
    ):
        return "interrupted; run it again.", 128 + signal.SIGINT
    if isinstance(error, (OSError, duckdb.Error)) and (says := _of_the_disk(error)):
        return says, EXIT_CANNOT_RUN
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        message = "The warehouse was built by another version: run `dbt build`, then run again"
        return f"{message} ({reason}).", EXIT_CANNOT_RUN
    # Not exit code 1, which would say that the data failed a check.
    return None, EXIT_CANNOT_RUN


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's main() and exit; what a user can act on is one sentence, no traceback."""
    try:
        code = main() or EXIT_DONE
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads the output (`| head`) has enough; Python would complain at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 128 + signal.SIGPIPE
    except (KeyboardInterrupt, Exception) as error:
        message, code = told(error)
        if message is None:
            traceback.print_exc()
        else:
            lines = "\n".join(map(shown, f"{Path(sys.argv[0]).name}: {message}".split("\n")))
            print(lines, file=sys.stderr)
    sys.exit(code)
