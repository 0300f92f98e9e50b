"""Worker processes that render batches, each under a time limit.

Jinja's sandbox keeps a template from reaching Python, but not from looping for ever: only another
process can be stopped. A batch that takes too long, or too much memory, loses its worker.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
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
START_LIMIT = 120  # seconds until a worker must be ready

Row = dict[str, Any]


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


def render_batch(renderer: Renderer, job: Job, batch: list[tuple]) -> Result:
    """Render one batch into a file of the outbox."""
    result, letters = Result(rows=len(batch)), []
    for values in batch:
        row = dict(zip(job.columns, values, strict=True))
        try:
            letter = renderer.render(row)
        except Refused as error:
            result.refused.append(refusal(row, error.reason, error.detail))
            continue
        letters.append(letter)
        result.large += len(letter["html"]) > HTML_WARN
        result.rendered[row["campaign"]] = result.rendered.get(row["campaign"], 0) + 1
    if letters:
        result.part, result.ledger = outbox.write_batch(job.outbox, letters)
    return result


def _work(connection: Connection, job: Job) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    signer = Signer(*job.secret.split(","))
    renderer = Renderer(job.shop, signer, job.transactional, job.templates)
    try:
        connection.send(None)
        while True:
            batch = connection.recv()
            connection.send(render_batch(renderer, job, batch))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass  # the main program is gone


class _Worker:
    """A process and the batch it is at; it says None once it is ready, then one Result a batch."""

    def __init__(self, job: Job):
        # A fresh interpreter: forking one that runs DuckDB's threads could hang.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, job), daemon=True)
        self.process.start()
        other.close()
        self.batch: list[tuple] | None = None
        self.deadline = time.monotonic() + START_LIMIT

    def give(self, batch: list[tuple], seconds: float) -> None:
        self.batch, self.deadline = batch, time.monotonic() + seconds
        self.connection.send(batch)

    def answer(self) -> tuple[bool, Result | str | None]:
        """(has it said anything, what it said); a text is the reason why it never will."""
        try:
            if self.connection.poll():
                return True, self.connection.recv()
        except (EOFError, ConnectionError):
            return True, "worker_died"
        return time.monotonic() >= self.deadline, "time_limit"

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def render_all(
    job: Job, batches: Iterable[list[tuple]], jobs: int, time_limit: float
) -> Iterator[Result]:
    """Render batches (each of one template) in `jobs` processes, yielding as they are done.

    Letters of a template whose batch exceeds `time_limit` seconds are refused: it loops.
    """
    template_at = job.columns.index("template")
    banned: dict[str, str] = {}
    todo, workers = iter(batches), [_Worker(job) for _ in range(jobs)]

    def refuse(batch: list[tuple], reason: str) -> Result:
        rows = [dict(zip(job.columns, values, strict=True)) for values in batch]
        return Result(refused=[refusal(row, reason) for row in rows], rows=len(rows))

    try:
        while workers:
            pause = max(min(worker.deadline for worker in workers) - time.monotonic(), 0.0)
            wait([worker.connection for worker in workers], timeout=pause)
            for worker in list(workers):
                has_answered, answer = worker.answer()
                if not has_answered:
                    continue
                if isinstance(answer, str):
                    worker.stop()
                    workers.remove(worker)
                    if worker.batch is None:
                        raise UserError(f"A worker process could not start ({answer}).")
                    banned[worker.batch[0][template_at]] = answer
                    yield refuse(worker.batch, answer)
                    workers.append(_Worker(job))
                    continue
                if answer is not None:
                    yield answer
                for batch in todo:
                    reason = banned.get(batch[0][template_at])
                    if reason is None:
                        worker.give(batch, time_limit)
                        break
                    yield refuse(batch, reason)
                else:
                    worker.stop()
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.stop()
