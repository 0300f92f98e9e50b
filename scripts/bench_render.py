"""Measure the renderer from queue to outbox, side by side with the obvious loops.

Makes a queue of letters in target/bench-render/, renders it as the night does, and measures the
same letters rendered in plain loops: MJML compiled for each letter, templates compiled once, and
python-liquid. All in one run, in letters a processor second; the peak of memory is of one process.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import liquid
import mrml

from penpal import settings
from penpal.letters import outbox, rendering, shop
from penpal.letters.context import ContextBuilder
from penpal.letters.personas import personas
from penpal.letters.render import Renderer
from penpal.letters.templates import Templates
from penpal.letters.tokens import Signer
from penpal.letters.workers import TIME_LIMIT
from penpal.settings import ROOT, Settings, UserError

FOLDER = ROOT / "target" / "bench-render"
SECRET = "a secret of the benchmark"
LETTERS = ("birthday", "cart_abandonment", "win_back")
READERS = ("full", "single", "no_personalization", "empty")
LOOP = 300  # letters of each loop: they take long enough
STEPS = 2_000  # letters whose steps are timed one by one

Row = dict[str, Any]

# A letter with a list of products, for whoever writes Liquid.
LIQUID = """<mjml><mj-head><mj-preview>{{ preheader }}</mj-preview></mj-head><mj-body>
<mj-section><mj-column><mj-text><h1>Hello{% if first_name %} {{ first_name }}{% endif %}!</h1>
</mj-text></mj-column></mj-section><mj-section><mj-column><mj-raw>
{% for product in recommendations %}<tr><td style="padding:14px 0;border-top:1px solid #cccccc;">
<table role="presentation"><tr><td>
{% if product.image_url %}<a href="{{ product.url }}"><img src="{{ product.image_url }}"
alt="{{ product.name | truncate: 60 }}" width="96" height="96" style="display:block;" /></a>
{% endif %}</td><td style="padding:0 0 0 18px;text-align:left;font-size:17px;line-height:1.4;">
{% if product.category %}<div>{{ product.category | capitalize }}</div>{% endif %}
<a href="{{ product.url }}">{{ product.name | truncate: 90 }}</a>
{% if product.price %}<div>{{ product.price }}</div>{% endif %}</td></tr></table></td></tr>
{% endfor %}</mj-raw><mj-button href="{{ shop_url }}">Have a look</mj-button>
<mj-text>{{ shop.name }}, {{ shop.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a>
</mj-text></mj-column></mj-section></mj-body></mjml>
"""
LIQUID_TEXT = """Subject: Hello{% if first_name %} {{ first_name }}{% endif %}
Preheader: A few things

{% for product in recommendations %}
- {{ product.name }}{% if product.price %}: {{ product.price }}{% endif %}
  {{ product.url }}
{% endfor %}
{{ unsubscribe_url }}
"""


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--letters", type=int, default=100_000, metavar="N")
    parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: cores)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parsed = parser.parse_args(arguments)
    if parsed.letters < LOOP:
        parser.error(f"--letters must be at least {LOOP}")
    return parsed


def make_queue(warehouse: Path, count: int) -> None:
    """A warehouse with `count` letters due: readers, names and products vary."""
    rows = [personas(letter, "en")[reader] for letter in LETTERS for reader in READERS]
    values = ", ".join("(" + ", ".join(["?"] * (len(rows[0]) + 1)) + ")" for _ in rows)
    flat = [value for number, row in enumerate(rows) for value in (number, *row.values())]
    columns = ", ".join(rows[0])
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create schema ledger")
        connection.execute(f"create table readers as select * from (values {values}) as r", flat)
        connection.execute(
            f"""create table marts.email_queue as
            with r(number, {columns}) as (from readers)
            select r.* exclude (number) replace (
                md5(i::varchar) as message_id,
                i::varchar as occasion,
                replace(
                    replace(context, 'Pen"', 'Pen ' || (i % 1999) || '"'),
                    '"Maren"', '"Maren ' || chr(65 + (i % 26)::integer) || '."'
                ) as context
            )
            from range({count}) as t(i) inner join r on number = i % {len(rows)}"""
        )
        connection.execute("drop table readers")
        connection.execute(
            "create table marts.email_revocations "
            "(message_id varchar, reason varchar, evaluated_at timestamp)"
        )
        texts = [name for name in outbox.LEDGER_COLUMNS if name != "sent_at"]
        ledger = ", ".join(f"{name} varchar" for name in texts)
        connection.execute(f"create table ledger.email_messages ({ledger}, sent_at timestamp)")
        connection.execute(
            "create table ledger.offer_codes (code varchar, offer varchar, customer_id varchar,"
            " campaign varchar, occasion varchar, message_id varchar, kind varchar,"
            " value decimal(18, 2), currency varchar, minimum decimal(18, 2),"
            " issued_at timestamp, expires_at timestamp)"
        )


def processor_seconds() -> float:
    """What this process and its children that ended have used."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def end_to_end(where: Settings, count: int, jobs: int) -> dict[str, Any]:
    """Queue to Parquet, everything counted: start of workers, checks of templates, the ledger."""
    began, used = time.monotonic(), processor_seconds()
    with outbox.locked(where.outbox), contextlib.redirect_stdout(io.StringIO()):
        counts = rendering.render_queue(
            where, limit=None, jobs=jobs, time_limit=TIME_LIMIT, with_preview=False
        )
    seconds, used = time.monotonic() - began, processor_seconds() - used
    if counts["rendered_total"] != count:
        raise UserError(f"{counts['refused']} letters of the benchmark were refused.")
    peaks = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "letters": count,
        "jobs": jobs,
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "letters_per_processor_second": round(count / used),
        "letters_per_second": round(count / seconds),
        "peak_memory_mb": round(max(one.ru_maxrss for one in peaks) / 1024),
    }


def some_rows(warehouse: Path, count: int) -> list[Row]:
    with settings.connect(warehouse, read_only=True) as connection:
        found = connection.execute(
            "select * from marts.email_queue order by message_id limit ?", [count]
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def per_second(rows: list[Row], render: Callable[[Row], object]) -> int:
    render(rows[0])
    used = time.process_time()
    for row in rows:
        render(row)
    return round(len(rows) / (time.process_time() - used))


def loops(rows: list[Row], the_shop: shop.Shop) -> dict[str, int]:
    """Letters a processor second of the obvious loops; none checks, signs headers or writes."""
    contexts, templates = ContextBuilder(the_shop, Signer(SECRET)), Templates(the_shop)
    sources = {name: templates.sources(name, "en") for name in LETTERS}
    options = mrml.RenderOptions(fonts={})

    def context_of(row: Row) -> Row:
        return contexts.build(row, "en", "ltr") | {"subject": "A letter", "preheader": "Look"}

    # The same filters as the renderer's, without bounds and sandbox.
    ours = Renderer(the_shop, Signer(SECRET)).templates.get("birthday", "en")
    plain = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    plain.filters |= ours.html.args[0].filters
    plain.loader = jinja2.FunctionLoader(lambda path: templates.read(path).text)

    def mjml_each(row: Row) -> None:
        mjml, text = sources[row["template"]]
        html, context = mrml.to_html(mjml, render_options=options).content, context_of(row)
        plain.from_string(text).render(context)
        plain.from_string(html).render(context)

    compiled = {
        name: [
            plain.from_string(one) for one in (mrml.to_html(m, render_options=options).content, t)
        ]
        for name, (m, t) in sources.items()
    }

    def jinja_once(row: Row) -> None:
        context = context_of(row)
        for one in compiled[row["template"]]:
            one.render(context)

    theirs = liquid.Environment(autoescape=True)
    html = mrml.to_html(LIQUID, render_options=options).content
    parsed = [theirs.from_string(html), theirs.from_string(LIQUID_TEXT)]

    def known(row: Row) -> Row:
        return {k: v for k, v in context_of(row).items() if not isinstance(v, jinja2.Undefined)}

    def liquid_once(row: Row) -> None:
        context = known(row)
        for one in parsed:
            one.render(**context)

    def liquid_each(row: Row) -> None:
        html, context = mrml.to_html(LIQUID, render_options=options).content, known(row)
        for source in (html, LIQUID_TEXT):
            theirs.from_string(source).render(**context)

    return {
        "MJML and Jinja2 compiled for each letter": per_second(rows, mjml_each),
        "MJML and python-liquid compiled for each letter": per_second(rows, liquid_each),
        "Jinja2 compiled once": per_second(rows * 3, jinja_once),
        "python-liquid compiled once": per_second(rows * 3, liquid_once),
    }


def ours_in_liquid(rows: list[Row], the_shop: shop.Shop) -> int:
    """Letters a processor second of the renderer for a letter in Liquid."""
    folder = FOLDER / "emails"
    folder.mkdir(exist_ok=True)
    (folder / "liquid.mjml.liquid").write_text(LIQUID, encoding="utf-8")
    (folder / "liquid.txt.liquid").write_text(LIQUID_TEXT, encoding="utf-8")
    renderer = Renderer(the_shop, Signer(SECRET), templates=folder)
    return per_second(rows * 3, lambda row: renderer.render(row | {"template": "liquid"}))


def steps(rows: list[Row], the_shop: shop.Shop) -> dict[str, float]:
    """Microseconds of processor time a letter spends in each step, measured one after the other."""
    renderer = Renderer(the_shop, Signer(SECRET))
    templates = [renderer.templates.get(row["template"], "en") for row in rows]
    found: dict[str, float] = {}

    def timed(name: str, step: Callable[[], list]) -> list:
        used = time.process_time()
        result = step()
        found[name] = round((time.process_time() - used) / len(rows) * 1e6, 1)
        return result

    build = renderer.contexts.build
    for row in rows[:50]:
        renderer.render(row)
    contexts = timed(
        "JSON and variables",
        lambda: [
            build(row, "en", "ltr", one.used) for row, one in zip(rows, templates, strict=True)
        ],
    )
    pairs = list(zip(templates, contexts, strict=True))
    timed("text", lambda: [one.text(context) for one, context in pairs])
    for _, context in pairs:
        context |= {"subject": "A letter", "preheader": "Look"}
    timed("HTML", lambda: [one.html(context) for one, context in pairs])
    letters = timed("all of it, with headers", lambda: [renderer.render(row) for row in rows])
    shared = sum(found[name] for name in ("JSON and variables", "text", "HTML"))
    found["headers, tokens, tidying"] = round(found.pop("all of it, with headers") - shared, 1)
    (FOLDER / "steps").mkdir(exist_ok=True)
    outbox.write_batch(FOLDER / "steps", letters)
    timed("Arrow and Parquet", lambda: [outbox.write_batch(FOLDER / "steps", letters)])
    return found


def report(figures: dict[str, Any]) -> None:
    whole = figures["end_to_end"]
    print(
        f"{whole['letters']:,} letters from queue to outbox, {whole['jobs']} worker(s): "
        f"{whole['seconds']} s, {whole['processor_seconds']} processor seconds, "
        f"peak {whole['peak_memory_mb']:,} MB a process"
    )
    print("\nLetters a processor second:")
    ours = whole["letters_per_processor_second"]
    print(f"{ours:>9,}  Penpal, end to end: checked, signed, written, in the ledger")
    print(f"{figures['liquid']:>9,}  Penpal, rendering a letter in Liquid")
    for name, rate in figures["loops"].items():
        print(f"{rate:>9,}  {name}: rendered only")
    print("\nWhere a letter's time goes, microseconds of processor time:")
    total = 1e6 / ours
    for name, micro in figures["steps"].items():
        print(f"{micro:>9.0f}  {name}")
    rest = total - sum(figures["steps"].values())
    print(f"{rest:>9.0f}  the rest: start, queue, processes, ledger")
    print(f"{total:>9.0f}  a letter")


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    os.environ["PENPAL_SECRET"] = SECRET
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    where = Settings(warehouse=FOLDER / "penpal.duckdb", lake=FOLDER)
    make_queue(where.warehouse, options.letters)
    the_shop, jobs = shop.load(), options.jobs or os.cpu_count() or 1
    figures = {
        "end_to_end": end_to_end(where, options.letters, jobs),
        "loops": loops(some_rows(where.warehouse, LOOP), the_shop),
        "liquid": ours_in_liquid(some_rows(where.warehouse, LOOP), the_shop),
        "steps": steps(some_rows(where.warehouse, STEPS), the_shop),
    }
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(FOLDER, ignore_errors=True)
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
