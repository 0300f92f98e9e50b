"""A letter of each campaign and language, linted before the first one is rendered for good."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from penpal import settings
from penpal.letters import workers
from penpal.letters.queue import NOT_RENDERED, QUEUE_COLUMNS
from penpal.lint import Against, lint
from penpal.lint.reading import from_outbox
from penpal.settings import UserError

SHOWN = 20  # faults that are listed

# The first of each campaign and language by its id, so that a run after a crash looks at the same.
SAMPLE = f"""
select {", ".join(f"queue.{name}" for name in QUEUE_COLUMNS)} {NOT_RENDERED}
qualify row_number() over (
    partition by queue.campaign, queue.language order by queue.message_id
) = 1
order by coalesce(queue.template, ''), queue.message_id
"""


def lint_sample(job: workers.Job, warehouse: Path, time_limit: float) -> None:
    """Render and lint the sample; a UserError lists the faults. Nothing is kept of it.

    A letter that is refused has no findings: the rendering itself will refuse and count it.
    """
    with settings.connect(warehouse, read_only=True) as connection:
        rows = connection.execute(SAMPLE).fetchall()
    contexts = {
        row[QUEUE_COLUMNS.index("message_id")]: row[QUEUE_COLUMNS.index("context")] for row in rows
    }
    faults = [
        fault
        for letter in _rendered(job, rows, time_limit)
        for fault in _faults(job, letter, contexts[letter["message_id"]])
    ]
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        head = "the lint found what no letter may have, nothing was rendered:"
        raise UserError("\n".join([head, *faults[:SHOWN], *more]))


def _rendered(job: workers.Job, rows: list[tuple], time_limit: float) -> Iterator[dict[str, Any]]:
    template = QUEUE_COLUMNS.index("template")
    batches = [list(some) for _, some in groupby(rows, key=lambda row: row[template])]
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(job, outbox=Path(folder))
        for result in workers.render_all(trial, batches, 1, time_limit):
            if result.part:
                yield from pq.read_table(result.part).to_pylist()


def _faults(job: workers.Job, letter: dict[str, Any], context: str) -> list[str]:
    found = lint(from_outbox(letter, job.transactional, context), Against(job.shop))
    name = f"{letter['campaign']}, {letter['language']}"
    return [
        f"{name}: {one.rule} ({one.where}): {one.what}. {one.cure}"
        for one in found
        if one.severity == "error"
    ]
