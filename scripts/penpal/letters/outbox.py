"""The outbox: Parquet files of letters, each committed together with its ledger rows.

A worker writes a batch as <batch>.parquet.<process>.part. The main program, which alone holds the
lock, renames it to <batch>.parquet.tmp, inserts its ledger rows in one transaction, and gives the
file its final name. Killed at any point, `recover` puts things right: a .tmp whose batch the ledger
knows is renamed, other leftovers are deleted, and a file that the ledger has lost (an older
warehouse was restored) is entered again. So a letter is in the ledger exactly when it is in one
final file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from penpal.settings import EXIT_LOCKED, UserError

_TEXT = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("language", "subject", "preheader", "html", "text", "headers"),
)
SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [(name, pa.timestamp("us")) for name in ("send_after", "expires_at", "rendered_at")]
)
ROW_GROUP = 250  # a reader of a few letters need not unpack thousands
REFUSED_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("message_id", "campaign", "template", "reason", "detail")]
)
LEDGER_COLUMNS = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("sent_at", "outbox_file", "subject"),
)


def batch_name(message_ids: Iterable[str]) -> str:
    """File name of a batch: a hash of its message ids, so it depends on nothing else."""
    digest = hashlib.sha256("\n".join(sorted(message_ids)).encode()).hexdigest()
    return f"{digest[:32]}.parquet"


def write_batch(outbox: Path, letters: list[dict[str, Any]]) -> tuple[Path, pa.Table]:
    """Write <batch>.parquet.<process>.part to disk; returns its path and its ledger rows.

    The process is in the name because a worker can outlive a killed main program for a moment.
    """
    name = batch_name(letter["message_id"] for letter in letters)
    columns = [[letter[column] for letter in letters] for column in SCHEMA.names]
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)
    path = outbox / f"{name}.{os.getpid()}.part"
    with path.open("wb") as file:
        pq.write_table(
            table,
            file,
            row_group_size=ROW_GROUP,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
        )
        file.flush()
        os.fsync(file.fileno())
    return path, ledger_rows(table, name)


def claim(part: Path) -> str:
    """Take over what a worker wrote: <batch>.parquet.tmp. Returns the batch's final name."""
    name = part.name.removesuffix(".part").rpartition(".")[0]
    os.replace(part, part.with_name(f"{name}.tmp"))
    return name


def ledger_rows(table: pa.Table, name: str) -> pa.Table:
    """The ledger's view of a batch."""
    table = table.append_column("sent_at", table["rendered_at"])
    table = table.append_column("outbox_file", pa.array([name] * len(table), pa.string()))
    return table.select(LEDGER_COLUMNS)


def enter(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    """Insert ledger rows in one transaction; refuses a message that is there already."""
    columns = ", ".join(LEDGER_COLUMNS)
    connection.register("letters_to_enter", rows)
    try:
        connection.begin()
        twice = connection.execute(
            "select count(*) from ledger.email_messages "
            "where message_id in (select message_id from letters_to_enter)"
        ).fetchone()[0]
        if twice:
            raise UserError(f"{twice} letters are in the ledger already: is another run active?")
        connection.execute(
            f"insert into ledger.email_messages ({columns}) select {columns} from letters_to_enter"
        )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("letters_to_enter")


def finish(outbox: Path, name: str) -> None:
    """Give a committed batch its final name."""
    os.replace(outbox / f"{name}.tmp", outbox / name)
    directory = os.open(outbox, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def recover(connection: duckdb.DuckDBPyConnection, outbox: Path) -> None:
    """Bring outbox and ledger together after a run that was killed; see above."""
    known = {
        row[0]
        for row in connection.execute(
            "select distinct outbox_file from ledger.email_messages where outbox_file is not null"
        ).fetchall()
    }
    for path in outbox.glob("*.part"):
        path.unlink()
    for path in sorted(outbox.glob("*.parquet.tmp")):
        if path.stem in known:
            finish(outbox, path.stem)
        else:
            path.unlink()
    for path in sorted(outbox.glob("*.parquet")):
        if path.name not in known:
            columns = [name for name in LEDGER_COLUMNS if name in SCHEMA.names]
            table = ledger_rows(pq.read_table(path, columns=[*columns, "rendered_at"]), path.name)
            enter(connection, table)


@contextmanager
def locked(outbox: Path) -> Iterator[None]:
    """Create the outbox (readable by its owner only) and keep a second renderer out of it."""
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (outbox / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another program is rendering into {outbox}: wait until it is done."
            raise UserError(message, EXIT_LOCKED) from error
        yield


def write_refused(path: Path, refused: list[dict[str, Any]]) -> None:
    """Replace the list of refused letters, which always speaks of the latest run."""
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(pa.Table.from_pylist(refused, schema=REFUSED_SCHEMA), temporary)
    os.replace(temporary, path)
