"""Puts the parts together: blocks of people, each on its own, then the files."""

import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from penpal.datagen import crm, mail, output, scenarios, shop, web
from penpal.datagen.arrays import as_table, pick
from penpal.datagen.people import MAX_PEOPLE, Block, World, make_people, truth_of_people
from penpal.datagen.products import product_table

BLOCK = 25_000
MIN_PEOPLE = 300  # the planted cases alone are more than half of these


def parse_time(value: str) -> int:
    """Milliseconds of an ISO time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(
            f"--as-of {value!r} is no time; write it like 2026-06-15T12:00:00Z."
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not 2000 <= moment.year <= 2100:
        raise ValueError(f"--as-of {value!r} is outside the years 2000 to 2100.")
    return int(moment.timestamp()) * 1000


def make_block(world: World, index: int, first: int, size: int) -> dict[str, pa.Table]:
    """All tables of a block of people, the truth among them."""
    people = make_people(Block(world, index, first, size))
    tables, truth = {}, []

    def keep(name, made):
        tables[name], found = made
        truth.extend(found)

    keep("crm.contacts", crm.make_contacts(people))
    keep("crm.consents", crm.make_consents(people))
    tables["crm.surveys"] = crm.make_surveys(people)
    tables["crm.enrichment"] = crm.make_enrichment(people)
    keep("shop.customers", shop.make_customers(people))
    baskets = shop.make_baskets(people)
    made, found = shop.make_orders(baskets)
    tables |= made
    truth.extend(found)
    tables["email.messages"], tables["email.events"], found, clicks = mail.make_mail(people)
    truth.extend(found)
    tables["web.events"], found, device, planted = web.make_web(people, baskets, clicks)
    truth.extend(found)
    keep("shop.checkouts", shop.make_checkouts(baskets, device))
    tables |= _truth_tables(people, truth)
    tables["truth.planted"] = planted
    return tables


def _truth_tables(people, truth) -> dict[str, pa.Table]:
    records, events = [], []
    ids = people.ids
    for source, record, owner, mask in truth:
        if source == "web.events":
            events.append(as_table(message_id=record, person_id=pick(ids, owner)))
            if mask is None:
                continue
        rows = np.arange(len(record)) if mask is None else np.flatnonzero(mask)
        if len(rows):
            records.append(
                as_table(
                    source_table=source,
                    record_id=record.take(pa.array(rows)),
                    person_id=pick(ids, np.asarray(owner)[rows]),
                )
            )
    return {
        "truth.records": pa.concat_tables(records),
        "truth.web_events": pa.concat_tables(events),
        "truth.persons": pa.table(truth_of_people(people)),
    }


def check_size(people: int, seed: int) -> None:
    """Raises ValueError with a sentence for the user."""
    if not MIN_PEOPLE <= people <= MAX_PEOPLE:
        raise ValueError(f"--people {people} is not between {MIN_PEOPLE} and {MAX_PEOPLE}.")
    if seed < 0:
        raise ValueError(f"--seed {seed} is negative; give 0 or more.")


def generate(world: World, out: Path, *, form: str, layout: str, truth: Path, jobs: int) -> None:
    """Writes everything, or nothing."""
    people, seed = world.people, world.seed
    planted = scenarios.make_scenarios(world)
    planted["shop.products"] = product_table(world.products, seed, world.as_of)
    first = len(planted["truth.persons"])
    blocks = [
        (world, index, start, min(BLOCK, people - start))
        for index, start in enumerate(range(first, people, BLOCK), 1)
    ]
    if layout == "seeds":
        made = [planted, *(make_block(*block) for block in blocks)]
        output.write_seeds(
            {name: [t[name] for t in made if name in t] for name in output.COLUMNS}, out, truth
        )
        return
    draft = output.begin_lake(out)
    try:
        _write_part(draft, form, 0, planted)
        _write_blocks(draft, form, blocks, max(1, jobs))
        output.finish_lake(draft, out)
    finally:
        if draft.exists():
            output.drop(draft)


def _write_part(draft: Path, form: str, part: int, tables: dict[str, pa.Table]) -> None:
    for name, table in tables.items():
        output.write_part(draft, name, table, part, form)


def _work(task) -> int:
    draft, form, block = task
    _write_part(draft, form, block[1], make_block(*block))
    return block[3]


def _write_blocks(draft: Path, form: str, blocks: list, jobs: int) -> None:
    tasks = [(draft, form, block) for block in blocks]
    done, total = 0, sum(block[3] for block in blocks)
    show = sys.stderr.isatty()
    with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
        for size in pool.map(_work, tasks):
            done += size
            if show:
                print(f"\r{done:,} of {total:,} people", end="", file=sys.stderr, flush=True)
    if show:
        print(file=sys.stderr)
