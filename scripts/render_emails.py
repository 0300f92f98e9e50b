"""Render the letters of marts.email_queue into the outbox, each at most once.

Reads the warehouse, writes Parquet files of letters beside it and a page to look at them, and
records every letter in ledger.email_messages. Can be killed at any time and run again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import settings
from jinja2.exceptions import TemplateNotFound
from letters import outbox, preview, shop, tokens, workers
from letters.templates import Templates
from settings import Settings, UserError

CHUNK = 20_000  # rows of the queue held in memory at a time
BATCH = 2_000  # letters in one outbox file
MANY = 2_000  # from here on every core helps
QUEUE_COLUMNS = (
    *("message_id", "customer_id", "email", "campaign", "occasion", "variant", "template"),
    *("language", "send_after", "expires_at", "evaluated_at", "context"),
)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--limit", type=int, metavar="N", help="render at most N letters")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="worker processes (default: by letters and cores)"
    )
    parser.add_argument(
        "--preview",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="write the page that shows what was rendered",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to FILE")
    parser.add_argument(
        "--max-refused",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="exit 1 when a larger share of the letters is refused (default 0.05)",
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        default=60,
        metavar="SECONDS",
        help="stop a template whose batch of letters takes longer (default 60)",
    )
    parsed = parser.parse_args(arguments)
    for name in ("limit", "jobs"):
        if getattr(parsed, name) is not None and getattr(parsed, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return parsed


def columns_of(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return {row[0] for row in found}


def check_tables(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Both tables must be there with their columns; a sentence says what to do if not."""
    for schema, table, needed in (
        ("marts", "email_queue", QUEUE_COLUMNS),
        ("ledger", "email_messages", outbox.LEDGER_COLUMNS),
    ):
        found = columns_of(connection, schema, table)
        if not found:
            raise UserError(f"{warehouse} has no {schema}.{table}: run dbt build first.")
        lacking = sorted(set(needed) - found)
        if lacking:
            names = ", ".join(lacking)
            raise UserError(f"{schema}.{table} has no column {names}: run dbt build again.")


def transactional_campaigns(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Campaigns whose letters carry no one-click unsubscribe, as rules.campaigns says."""
    if not {"campaign", "kind"} <= columns_of(connection, "rules", "campaigns"):
        return frozenset()
    rows = connection.execute("select campaign from rules.campaigns where kind = 'transactional'")
    return frozenset(row[0] for row in rows.fetchall())


NOT_RENDERED = """
from marts.email_queue as queue
where not exists (
    select 1 from ledger.email_messages as sent where sent.message_id = queue.message_id
)
"""


def read_queue(warehouse: Path, limit: int) -> Iterator[list[tuple]]:
    """Rows not rendered yet, at most `limit`, in batches of one template each.

    The warehouse is open only while a chunk is read: others may use it in between.
    """
    columns = ", ".join(f"queue.{name}" for name in QUEUE_COLUMNS)
    template_at, id_at = QUEUE_COLUMNS.index("template"), QUEUE_COLUMNS.index("message_id")
    query = f"""
        select {columns} {NOT_RENDERED}
            and (coalesce(queue.template, ''), queue.message_id) > (?, ?)
        order by coalesce(queue.template, ''), queue.message_id limit ?
    """
    last: tuple[str, str] = ("", "")
    while limit > 0:
        with settings.connect(warehouse, read_only=True) as connection:
            chunk = connection.execute(query, [*last, min(limit, CHUNK)]).fetchall()
        if not chunk:
            return
        last = (chunk[-1][template_at] or "", chunk[-1][id_at])
        limit -= len(chunk)
        start = 0
        for end in range(1, len(chunk) + 1):
            is_full = end - start == BATCH or end == len(chunk)
            if is_full or chunk[end][template_at] != chunk[start][template_at]:
                yield chunk[start:end]
                start = end


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


def render(options: argparse.Namespace, where: Settings) -> dict[str, Any]:
    """Render what is to be rendered; returns the counts for the summary."""
    the_shop = shop.load()
    secret, warning = tokens.load_secret(where)
    tokens.Signer(*secret.split(","))  # a secret that is too short is said before any work
    with settings.connect(where.warehouse) as connection:
        check_tables(connection, where.warehouse)
        outbox.recover(connection, where.outbox)
        queued = connection.execute("select count(*) from marts.email_queue").fetchone()[0]
        todo = connection.execute(f"select count(*) {NOT_RENDERED}").fetchone()[0]
        names = connection.execute(f"select distinct template, language {NOT_RENDERED}").fetchall()
        transactional = transactional_campaigns(connection)
    check_templates(Templates(the_shop), names)
    counts: dict[str, Any] = {
        "queued": queued,
        "already_rendered": queued - todo,
        "left_over": max(todo - options.limit, 0) if options.limit else 0,
    }
    todo -= counts["left_over"]
    jobs = options.jobs or (os.cpu_count() or 1 if todo > MANY else 1)
    job = workers.Job(the_shop, secret, where.outbox, QUEUE_COLUMNS, transactional)
    rendered, files, refused, large = Counter(), [], [], 0
    progress, began = Progress(todo), time.monotonic()
    if todo:
        batches = read_queue(where.warehouse, todo)
        for result in workers.render_all(job, batches, jobs, options.time_limit):
            if result.part:
                name = outbox.claim(result.part)
                with settings.connect(where.warehouse) as connection:
                    outbox.enter(connection, result.ledger)
                outbox.finish(where.outbox, name)
                files.append(where.outbox / name)
            rendered.update(result.rendered)
            refused.extend(result.refused)
            large += result.large
            progress.add(result.rows)
    outbox.write_refused(where.outbox / "refused" / "latest.parquet", refused)
    if options.preview and not preview.exists(where.preview):
        files = sorted(where.outbox.glob("*.parquet"))  # the last run did not come to write it
    if options.preview and files:
        preview.write(where.preview, files, the_shop)
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


def check_templates(templates: Templates, names: list[tuple]) -> None:
    """Compile every template that is needed, so that a broken one stops the run at once."""
    for name, language in names:
        try:
            templates.get(name, language)
        except TemplateNotFound:
            continue  # its letters are refused one by one, with that reason


def report(counts: dict[str, Any]) -> None:
    """Print the counts, one line a fact."""
    for campaign, count in counts["rendered"].items():
        print(f"{count:>9,}  rendered: {campaign}")
    print(f"{counts['already_rendered']:>9,}  already rendered earlier")
    if counts["left_over"]:
        print(f"{counts['left_over']:>9,}  left for the next run (--limit)")
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


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    where = settings.load()
    if not where.warehouse.exists():
        raise UserError(f"There is no warehouse at {where.warehouse}: run dbt build first.")
    with outbox.locked(where.outbox):
        counts = render(options, where)
    report(counts)
    if options.json:
        options.json.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    too_many = counts["refused_share"] > options.max_refused
    return settings.EXIT_CHECK_FAILED if too_many else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
