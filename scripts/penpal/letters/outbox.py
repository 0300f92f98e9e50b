"""The outbox: Parquet files of letters, each committed together with its ledger rows.

A worker writes a batch as <batch>.parquet.<process>.part. The main program, which alone holds the
lock, renames it to <batch>.parquet.tmp, inserts its ledger rows in one transaction, and gives the
file its final name. Killed at any point, `recover` puts things right: a .tmp whose batch the ledger
knows is renamed, other leftovers are deleted, and a file that the ledger has lost (an older
warehouse was restored) is entered again. So a letter is in the ledger exactly when it is in one
final file.

A letter that waits is asked again in every run: `revoke` marks those that must not go out any more.
Whoever sends takes letters with state 'due' only, before expires_at.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from penpal import settings
from penpal.settings import EXIT_LOCKED, UserError

_TEXT = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("language", "subject", "preheader", "html", "text", "headers"),
)
SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [(name, pa.timestamp("us")) for name in ("send_after", "expires_at", "rendered_at")]
    # due or revoked, why, and the clock of the run that said so
    + [("state", pa.string()), ("state_reason", pa.string()), ("state_at", pa.timestamp("us"))]
    # the offer that it makes, with its code, as JSON
    + [("offer", pa.string())]
)
ROW_GROUP = 250  # a reader of a few letters need not unpack thousands
REFUSED_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("message_id", "campaign", "template", "reason", "detail")]
)
PACKING = {"compression": "zstd", "compression_level": 1, "use_dictionary": False}
LEDGER_COLUMNS = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("sent_at", "outbox_file", "subject"),
)
_OF_LEDGER = [name for name in LEDGER_COLUMNS if name in SCHEMA.names]


def batch_name(message_ids: Iterable[str]) -> str:
    """File name of a batch: a hash of its message ids, so it depends on nothing else."""
    digest = hashlib.sha256("\n".join(sorted(message_ids)).encode()).hexdigest()
    return f"{digest[:32]}.parquet"


class BatchWriter:
    """Packs letters a row group at a time, while they are still near the processor, and writes them
    in one go when the batch is done: <batch>.parquet.<process>.part.

    The process is in the name because a worker can outlive a killed main program for a moment.
    """

    def __init__(self, outbox: Path):
        self.outbox = outbox
        self._letters: list[dict[str, Any]] = []
        self._ledger: list[pa.Table] = []
        self._packed = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._packed, SCHEMA, **PACKING)

    def add(self, letter: dict[str, Any]) -> None:
        self._letters.append(letter)
        if len(self._letters) == ROW_GROUP:
            self._pack()

    def _pack(self) -> None:
        if self._letters:
            table = _as_table(self._letters)
            self._writer.write_table(table)
            self._ledger.append(table.select([*_OF_LEDGER, "rendered_at", "offer"]))
            self._letters = []

    def write(self) -> tuple[Path, pa.Table] | None:
        """The file and its ledger rows; None where no letter was added."""
        self._pack()
        self._writer.close()
        if not self._ledger:
            return None
        table = pa.concat_tables(self._ledger)
        name = batch_name(table["message_id"].to_pylist())
        return _write_part(self.outbox, name, self._packed.getvalue()), ledger_rows(table, name)


def write_batch(outbox: Path, letters: list[dict[str, Any]]) -> tuple[Path, pa.Table]:
    """Write a batch of letters; returns its path and its ledger rows."""
    writer = BatchWriter(outbox)
    for letter in letters:
        writer.add(letter)
    return writer.write()


def _as_table(letters: list[dict[str, Any]]) -> pa.Table:
    columns = [[letter.get(column) for letter in letters] for column in SCHEMA.names]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)


def _packed(table: pa.Table) -> pa.Buffer:
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, row_group_size=ROW_GROUP, **PACKING)
    return stream.getvalue()


def _write_part(outbox: Path, name: str, packed: pa.Buffer) -> Path:
    path = outbox / f"{name}.{os.getpid()}.part"
    with path.open("wb") as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())
    return path


def claim(part: Path) -> str:
    """Take over what a worker wrote: <batch>.parquet.tmp. Returns the batch's final name."""
    name = part.name.removesuffix(".part").rpartition(".")[0]
    os.replace(part, part.with_name(f"{name}.tmp"))
    return name


def ledger_rows(table: pa.Table, name: str) -> pa.Table:
    """The ledger's view of a batch: LEDGER_COLUMNS, and the offer, whose code has a ledger too."""
    if "offer" not in table.column_names:  # a file of an earlier version
        table = table.append_column("offer", pa.nulls(len(table), pa.string()))
    table = table.append_column("sent_at", table["rendered_at"])
    table = table.append_column("outbox_file", pa.array([name] * len(table), pa.string()))
    return table.select([*LEDGER_COLUMNS, "offer"])


# The ledger of codes: what a letter says of its offer, and which letter it is. A code is that of an
# occasion: a second letter about it, or one that is rendered anew, shows the same.
CODE_COLUMNS = (
    *("code", "offer", "customer_id", "campaign", "occasion", "message_id"),
    *("kind", "value", "currency", "minimum", "issued_at", "expires_at"),
)
ENTER_CODES = f"""
insert into ledger.offer_codes ({", ".join(CODE_COLUMNS)})
select offer ->> 'code', min(offer ->> 'offer'), min(customer_id), min(campaign), min(occasion),
    min(message_id), min(offer ->> 'kind'), min(try_cast(offer ->> 'value' as decimal(18, 2))),
    min(offer ->> 'currency'), min(try_cast(offer ->> 'minimum' as decimal(18, 2))), min(sent_at),
    min(timezone('UTC', try_cast(offer ->> 'expires_at' as timestamptz)))
from letters_to_enter
where offer is not null and (offer ->> 'code') not in (select code from ledger.offer_codes)
group by offer ->> 'code'
"""


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
        if "offer" in rows.column_names:
            connection.execute(ENTER_CODES)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("letters_to_enter")


def commit(warehouse: Path, outbox: Path, results: list[tuple[Path, pa.Table]]) -> list[Path]:
    """Take over batches that workers wrote, enter each in the ledger, give each its final name.

    Several at a time, since opening and closing the warehouse costs more than what is entered.
    """
    names = [claim(part) for part, _ in results]
    with settings.connect(warehouse) as connection:
        for _, rows in results:
            enter(connection, rows)
    for name in names:
        finish(outbox, name)
    return [outbox / name for name in names]


def finish(outbox: Path, name: str) -> None:
    """Give a committed batch its final name."""
    _replace(outbox / f"{name}.tmp", outbox / name)


def _replace(written: Path, final: Path) -> None:
    os.replace(written, final)
    directory = os.open(final.parent, os.O_RDONLY)
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
            there = pq.read_schema(path).names
            wanted = (*LEDGER_COLUMNS, "rendered_at", "offer")
            columns = [name for name in wanted if name in there]
            table = ledger_rows(pq.read_table(path, columns=columns), path.name)
            enter(connection, table)


REVOCATIONS = """
select sent.outbox_file, revoked.message_id, revoked.reason, revoked.evaluated_at
from marts.email_revocations as revoked
inner join ledger.email_messages as sent on revoked.message_id = sent.message_id
where sent.outbox_file is not null
"""


def revoke(connection: duckdb.DuckDBPyConnection, outbox: Path) -> Counter[str]:
    """Mark what must not go out any more, as marts.email_revocations says; how many by reason.

    A file that the sender has taken away is left out, and what was revoked once stays so. Each file
    is written anew beside itself and replaced, so that a reader sees it before or after.
    """
    revoked: Counter[str] = Counter()
    files: dict[str, dict[str, tuple]] = defaultdict(dict)
    for name, message_id, *why in connection.execute(REVOCATIONS).fetchall():
        files[name][message_id] = tuple(why)
    for name, reasons in sorted(files.items()):
        path = outbox / name
        if not path.exists():
            continue
        letters = pq.read_table(path).to_pylist()
        still_due = [
            letter
            for letter in letters
            if letter.setdefault("state", "due") == "due" and letter["message_id"] in reasons
        ]
        for letter in still_due:
            reason, at = reasons[letter["message_id"]]
            letter |= {"state": "revoked", "state_reason": reason, "state_at": at}
            revoked[reason] += 1
        if still_due and path.exists():  # a sender may have taken it meanwhile
            _replace(_write_part(outbox, name, _packed(_as_table(letters))), path)
    return revoked


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
    names = REFUSED_SCHEMA.names
    table = REFUSED_SCHEMA.empty_table()
    if refused:  # else not: pyarrow imports pandas when it is given lists
        columns = [pa.array([row[name] for row in refused], pa.string()) for name in names]
        table = pa.table(columns, REFUSED_SCHEMA)
    pq.write_table(table, temporary)
    os.replace(temporary, path)
