"""Rendering what the queue holds, each letter once, and telling what was done."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import Any

from penpal import settings
from penpal.letters import outbox, preview, queue, shop, tokens, workers
from penpal.letters.queue import NOT_RENDERED, QUEUE_COLUMNS
from penpal.letters.sample import lint_sample
from penpal.letters.templates import Templates
from penpal.settings import Settings, UserError

MANY = 2_000  # from here on every core helps
TOGETHER = 5  # batches that are entered in the ledger at a time


class Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int):
        self.total, self.done, self.began = total, 0, time.monotonic()
        self.shown = sys.stderr.isatty() and total > 0

    def add(self, count: int) -> None:
        self.done += count
        if self.shown:
            bar = "#" * (30 * self.done // self.total)
            rate = self.done / max(time.monotonic() - self.began, 0.001)
            end = "\n" if self.done >= self.total else ""
            text = f"\rrendering [{bar:<30}] {self.done:,}/{self.total:,}  {rate:,.0f}/s"
            print(text, end=end, file=sys.stderr, flush=True)


def render_queue(
    where: Settings, *, limit: int | None, jobs: int | None, time_limit: float, with_preview: bool
) -> dict[str, Any]:
    """Render what is to be rendered; returns the counts for the summary."""
    the_shop = shop.load()
    check_templates(the_shop)
    secret, warning = tokens.load_secret(where)
    tokens.Signer(*secret.split(","))  # a secret that is too short is said before any work
    with settings.connect(where.warehouse) as connection:
        queue.check_tables(connection, where.warehouse)
        outbox.recover(connection, where.outbox)
        revoked = outbox.revoke(connection, where.outbox)
        queued = connection.execute("select count(*) from marts.email_queue").fetchone()[0]
        todo = connection.execute(f"select count(*) {NOT_RENDERED}").fetchone()[0]
        transactional = queue.transactional_campaigns(connection)
    counts: dict[str, Any] = {
        "queued": queued,
        "already_rendered": queued - todo,
        "left_over": max(todo - limit, 0) if limit is not None else 0,
    }
    todo -= counts["left_over"]
    jobs = jobs or (os.cpu_count() or 1 if todo > MANY else 1)
    job = workers.Job(the_shop, secret, where.outbox, QUEUE_COLUMNS, transactional)
    rendered, files, waiting, refused, large = Counter(), [], [], [], 0
    progress, began = Progress(todo), time.monotonic()
    if todo:
        lint_sample(job, where.warehouse, time_limit)
        batches = queue.read_queue(where.warehouse, todo)
        for result in workers.render_all(job, batches, jobs, time_limit):
            if result.part:
                waiting.append((result.part, result.ledger))
            if len(waiting) == TOGETHER:
                files += outbox.commit(where.warehouse, where.outbox, waiting)
                waiting = []
            rendered.update(result.rendered)
            refused.extend(result.refused)
            large += result.large
            progress.add(result.rows)
        if waiting:
            files += outbox.commit(where.warehouse, where.outbox, waiting)
    outbox.write_refused(where.outbox / "refused" / "latest.parquet", refused)
    written = sorted(where.outbox.glob("*.parquet"))  # earlier runs' letters stay to be looked at
    if with_preview and written and (files or not preview.exists(where.preview)):
        preview.write(where.preview, written, the_shop)
    seconds = time.monotonic() - began
    total = sum(rendered.values())
    warnings = [warning] if warning else []
    if large:
        warnings.append(f"{large:,} letters exceed 90 KB, Gmail clips at 102.")
    return counts | {
        "rendered_total": total,
        "refused_total": len(refused),
        "refused_share": round(len(refused) / max(total + len(refused), 1), 4),
        "rendered": dict(sorted(rendered.items())),
        "revoked": dict(sorted(revoked.items())),
        "refused": dict(sorted(Counter(row["reason"] for row in refused).items())),
        "speed": {
            "seconds": round(seconds, 2),
            "jobs": jobs,
            "letters_per_second": round(total / seconds) if total else 0,
        },
        "outbox": str(where.outbox),
        "preview": str(preview.index(where.preview)) if preview.exists(where.preview) else None,
        "warnings": warnings,
    }


def check_templates(the_shop: shop.Shop) -> None:
    """Check every template, due or not: a UserError says where each fault is."""
    faults = Templates(the_shop).validate()
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        raise UserError("\n".join([f"{count} in the templates, nothing was rendered:", *faults]))


def report(counts: dict[str, Any]) -> None:
    """Print the counts, one line a fact."""
    for campaign, count in counts["rendered"].items():
        print(f"{count:>9,}  rendered: {campaign}")
    print(f"{counts['already_rendered']:>9,}  already rendered earlier")
    if counts["left_over"]:
        print(f"{counts['left_over']:>9,}  left for the next run (--limit)")
    for reason, count in counts["revoked"].items():
        print(f"{count:>9,}  revoked in the outbox: {reason}")
    for reason, count in counts["refused"].items():
        print(f"{count:>9,}  refused: {reason}")
    if counts["refused_total"]:
        print(f"{'':9}  see {counts['outbox']}/refused/latest.parquet")
    if counts["rendered_total"]:
        speed = counts["speed"]
        print(f"In {speed['seconds']} s ({speed['letters_per_second']:,} letters a second).")
        print(f"Outbox: {counts['outbox']}")
        if counts["preview"]:
            print(f"Look at them: {counts['preview']}")
    for warning in counts["warnings"]:
        print(f"Note: {warning}")
