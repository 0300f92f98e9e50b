"""Worker processes that render batches, each letter within a limit of processor time.

A sandbox keeps a template from reaching Python, but not from computing for ever: only another
process can be stopped. A letter that takes too much time or memory costs its worker's life; it is
refused, and the rest of its batch goes to the next worker. Time is the processor's, so that a busy
machine refuses nothing.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pyarrow as pa

from penpal.letters import outbox
from penpal.letters.render import HTML_WARN, Refused, Renderer
from penpal.letters.shop import Shop
from penpal.letters.tokens import Signer
from penpal.settings import EMAILS, UserError

MEMORY_LIMIT = 4 << 30  # bytes a worker may hold
START_LIMIT = 300  # seconds until a worker must be ready
STUCK = 3600  # seconds after which a worker that computes nothing is given up
TIME_LIMIT = 2.0  # processor seconds for one letter: a good one takes a few ten-thousandths
STRIKES = 3  # letters of a template that may be stopped before all the others are refused

Row = dict[str, Any]
Batch = pa.Table | list[tuple]  # rows of the queue, all of one template


def rows_of(batch: Batch) -> list[tuple]:
    if isinstance(batch, list):
        return batch
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def packed(batch: Batch) -> bytes | list[tuple]:
    """The batch as it travels to a worker: only its own rows, however large its buffers are."""
    if isinstance(batch, list):
        return batch
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, batch.schema) as writer:
        writer.write_table(batch)
    return stream.getvalue().to_pybytes()


def unpacked(sent: bytes | list[tuple]) -> list[tuple]:
    return sent if isinstance(sent, list) else rows_of(pa.ipc.open_stream(sent).read_all())


@dataclass(frozen=True)
class Job:
    """What a worker needs to know; picklable, so that it can be handed to a fresh process."""

    shop: Shop
    secret: str
    outbox: Path
    columns: tuple[str, ...]
    transactional: frozenset[str]
    templates: Path = EMAILS


@dataclass
class Result:
    """One batch done: the file it wrote (None without letters), ledger rows, refusals."""

    part: Path | None = None
    ledger: pa.Table | None = None
    refused: list[Row] = field(default_factory=list)
    rendered: dict[str, int] = field(default_factory=dict)
    large: int = 0
    rows: int = 0


def refusal(row: Row, reason: str, detail: str = "") -> Row:
    return {
        **{name: row[name] for name in ("message_id", "campaign", "template")},
        "reason": reason,
        "detail": detail,
    }


def render_batch(
    renderer: Renderer, job: Job, batch: list[tuple], at: Any = None, seconds: float = 0
) -> Result:
    """Render one batch into a file of the outbox; `at` tells the row that is being rendered.

    Whatever takes more than `seconds` of processor time on one letter ends this process (0: not).
    """
    result, writer = Result(rows=len(batch)), outbox.BatchWriter(job.outbox)
    for number, values in enumerate(batch):
        row = dict(zip(job.columns, values, strict=True))
        if seconds:
            at.value = number
            signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            letter = renderer.render(row)
        except Refused as error:
            result.refused.append(refusal(row, error.reason, error.detail))
            continue
        except Exception as error:  # whatever a row may do, it stops no other
            result.refused.append(refusal(row, "unexpected_error", type(error).__name__))
            continue
        writer.add(letter)
        result.large += len(letter["html"]) > HTML_WARN
        result.rendered[row["campaign"]] = result.rendered.get(row["campaign"], 0) + 1
    signal.setitimer(signal.ITIMER_PROF, 0)
    if written := writer.write():
        result.part, result.ledger = written
    return result


class _NoPandas:
    """pyarrow would import pandas, for half a second, to ask whether our lists are its arrays."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _work(connection: Connection, job: Job, at: Any, seconds: float) -> None:
    sys.meta_path.insert(0, _NoPandas())
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the kernel ends the process, whatever it does
    signer = Signer(*job.secret.split(","))
    renderer = Renderer(job.shop, signer, job.transactional, job.templates)
    try:
        connection.send(None)
        while True:
            batch = unpacked(connection.recv())
            connection.send(render_batch(renderer, job, batch, at, seconds))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass  # the main program is gone


class _Worker:
    """A process and the batch it is at; it says None once it is ready, then one Result a batch."""

    def __init__(self, job: Job, seconds: float):
        # A fresh interpreter: forking one that runs DuckDB's threads could hang.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.at = context.RawValue("i", -1)
        arguments = (other, job, self.at, seconds)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        other.close()
        self.batch: Batch | None = None
        self.deadline = time.monotonic() + START_LIMIT

    def give(self, batch: Batch) -> None:
        self.batch, self.deadline = batch, time.monotonic() + STUCK
        self.at.value = -1
        self.connection.send(packed(batch))

    def answer(self) -> tuple[bool, Result | str | None]:
        """(has it said anything, what it said); a text is the reason why it never will."""
        try:
            if self.connection.poll():
                return True, self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            was_slow = self.process.exitcode == -signal.SIGPROF
            return True, "time_limit" if was_slow else "worker_died"
        return time.monotonic() >= self.deadline, "worker_stuck"

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class _Batches:
    """What is still to do; first what a dead worker left, without the letter it died of."""

    def __init__(self, job: Job, batches: Iterable[Batch]):
        self.job, self.template_at = job, job.columns.index("template")
        self.new, self.again = iter(batches), deque()
        self.strikes: Counter[str] = Counter()
        self.banned: dict[str, str] = {}

    def template(self, batch: Batch) -> str | None:
        if isinstance(batch, list):
            return batch[0][self.template_at]
        return batch.column(self.template_at)[0].as_py()

    def next(self) -> tuple[Batch | None, list[Result]]:
        """The next batch (None: there is none), and the batches that are refused before it."""
        refused = []
        while (batch := self.again.popleft() if self.again else next(self.new, None)) is not None:
            reason = self.banned.get(self.template(batch))
            if reason is None:
                break
            refused.append(self.refuse(batch, reason))
        return batch, refused

    def died(self, batch: Batch, at: int, reason: str) -> Result:
        """Refuse the letter that a worker died of; the others are rendered all the same, until a
        template has done so too often."""
        template, batch = self.template(batch), rows_of(batch)
        if not 0 <= at < len(batch):  # while it wrote the file: no letter's fault in particular
            return self.refuse(batch, reason)
        self.strikes[template] += 1
        if self.strikes[template] >= STRIKES:
            self.banned[template] = reason
        rest = batch[:at] + batch[at + 1 :]
        if rest:
            self.again.append(rest)
        return self.refuse([batch[at]], reason)

    def refuse(self, batch: Batch, reason: str) -> Result:
        rows = [dict(zip(self.job.columns, values, strict=True)) for values in rows_of(batch)]
        return Result(refused=[refusal(row, reason) for row in rows], rows=len(rows))


def render_all(
    job: Job, batches: Iterable[Batch], jobs: int, time_limit: float = TIME_LIMIT
) -> Iterator[Result]:
    """Render batches (each of one template) in `jobs` processes, yielding as they are done.

    A letter that takes more than `time_limit` processor seconds is refused, and after STRIKES of
    them whatever is left of its template.
    """
    todo, workers = _Batches(job, batches), [_Worker(job, time_limit) for _ in range(jobs)]
    try:
        while workers:
            pause = max(min(worker.deadline for worker in workers) - time.monotonic(), 0.0)
            wait([worker.connection for worker in workers], timeout=pause)
            for worker in list(workers):
                has_answered, answer = worker.answer()
                if not has_answered:
                    continue
                workers.remove(worker)
                if isinstance(answer, str):
                    worker.stop()
                    if worker.batch is None:
                        raise UserError(f"A worker process could not start ({answer}).")
                    yield todo.died(worker.batch, worker.at.value, answer)
                    workers.append(_Worker(job, time_limit))
                    continue
                if answer is not None:
                    yield answer
                batch, refused = todo.next()
                yield from refused
                if batch is None:
                    worker.stop()
                else:
                    worker.give(batch)
                    workers.append(worker)
    finally:
        for worker in workers:
            worker.stop()
