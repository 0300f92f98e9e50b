"""email.*: letters sent by the shop's former sender, and what became of them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen.arrays import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    as_table,
    cat,
    choose,
    hex_ids,
    pick,
    runs,
    stamp,
    stamps,
    where,
    with_columns,
)
from penpal.datagen.people import People, email_as_typed
from penpal.datagen.products import SHOP
from penpal.datagen.shop import account_ids
from penpal.datagen.vocabulary import USER_AGENTS

ISO = "Y-M-DTh:m:sZ"
CAMPAIGNS = ["newsletter", "cart_abandonment", "birthday", "win_back"]
DELIVERED, OPENED, CLICKED, BOUNCED, COMPLAINED, UNSUBSCRIBED = range(6)
KINDS = ["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]
MACHINES = (
    "Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com)",
)


def make_mail(people: People):
    """(email.messages, email.events, truth of clicks, clicks that lead to the shop)."""
    rng = people.block.rng("mail")
    letters = _letters(rng, people)
    messages = _messages(rng, people, letters)
    events = _events(rng, people, letters)
    table = _event_rows(rng, people, letters, events)
    rows = events["letter"]
    clicked = events["kind"] == CLICKED
    human = clicked & ~events["machine"]
    unsure = people.uses_family_email[letters["who"][rows]]
    owner = np.where(unsure, -1, letters["who"][rows])
    truth = [("email.events", table["event_id"].combine_chunks(), owner, clicked)]
    clicks = {
        "who": letters["who"][rows],
        "at": events["at"],
        "url": table["url"].combine_chunks(),
        "followed": np.flatnonzero(human & (rng.random(len(rows)) < 0.85)),
    }
    twice = table.take(pa.array(np.flatnonzero(rng.random(len(table)) < 0.003)))
    odd = with_columns(
        table.slice(0, max(1, len(table) // 5000)),
        event="deferred",
        event_id=hex_ids(rng, max(1, len(table) // 5000), "e", 8),
    )
    reused = with_columns(table.slice(1, max(1, len(table) // 50_000)), event="unsubscribed")
    return messages, pa.concat_tables([table, twice, odd, reused]), truth, clicks


def _letters(rng, people) -> dict:
    as_of = people.block.world.as_of
    reader = people.has_email & (rng.random(people.size) < 0.68)
    weeks = np.maximum((as_of - people.start) // (7 * DAY), 1)
    count = np.minimum(1 + rng.poisson(4.6, people.size), weeks) * reader
    who, place = runs(count)
    # The newsletter goes out on Tuesdays at ten; nobody gets the same one twice.
    stride = np.maximum(weeks[who] // count[who], 1)
    week = (place * stride + rng.integers(0, stride)) * 7
    tuesday = (as_of // DAY - 5) // 7 * 7 + 5
    at = (tuesday - week) * DAY + 10 * HOUR + rng.integers(0, 20 * MINUTE, len(who))
    campaign = rng.choice(4, len(who), p=[0.85, 0.07, 0.04, 0.04])
    other = (tuesday - week - 8) * DAY - rng.integers(0, 5 * DAY, len(who))
    at = np.where(campaign > 0, other, at)
    fate = rng.random(people.size)
    hard_from = np.where(fate < 0.012, rng.integers(0, 4, people.size), 999)
    soft = (fate > 0.012) & (fate < 0.02)
    dead = (hard_from[who] < 999) & (place < 2)  # the newest letters of a dead address bounce
    keen = rng.beta(1.2, 2.4, people.size)
    return {
        "who": who,
        "at": at,
        "campaign": campaign,
        "dead": dead,
        "soft": soft[who] & (place < 4),
        "keen": keen[who],
        "id": hex_ids(rng, len(who), "", 10),
    }


def _messages(rng, people, letters) -> pa.Table:
    n = len(letters["who"])
    who = letters["who"]
    campaign = pick(CAMPAIGNS, letters["campaign"])
    known = people.has_account[who] & (rng.random(n) < 0.7)
    return as_table(
        message_id=letters["id"],
        email=email_as_typed(rng, people.main_email().take(pa.array(who)), 0.01),
        campaign=campaign,
        sent_at=stamp(letters["at"], ISO),
        customer_id=where(known, account_ids(people, who)),
        variant=where(rng.random(n) < 0.3, choose(rng.integers(0, 2, n), "A", "B")),
        template=where(rng.random(n) < 0.9, cat(campaign, "_v1")),
    )


def _events(rng, people, letters) -> dict[str, np.ndarray]:
    n = len(letters["who"])
    letter = np.arange(n)
    bounced = letters["dead"] | (letters["soft"] & (rng.random(n) < 0.85)) | (rng.random(n) < 0.004)
    arrived = ~bounced
    at = letters["at"]
    read_at = at + (rng.random(n) ** 3 * 3 * DAY).astype(np.int64) + MINUTE
    opened = arrived & (rng.random(n) < letters["keen"])
    machine = arrived & (rng.random(n) < 0.12)
    clicked = opened & (rng.random(n) < 0.17)
    scanner = arrived & (rng.random(n) < 0.01)
    parts = [
        (letter[arrived], DELIVERED, (at + 30 * SECOND)[arrived], False),
        (letter[machine], OPENED, (at + 45 * SECOND)[machine], True),
        (letter[opened], OPENED, read_at[opened], False),
        (letter[clicked], CLICKED, (read_at + 40 * SECOND)[clicked], False),
        (letter[scanner], CLICKED, (at + 50 * SECOND)[scanner], True),
        (letter[bounced], BOUNCED, (at + 70 * SECOND)[bounced], False),
    ]
    for kind, share in ((COMPLAINED, 0.0012), (UNSUBSCRIBED, 0.006)):
        some = opened & (rng.random(n) < share)
        parts.append((letter[some], kind, (read_at + 2 * MINUTE)[some], False))
    events = {
        "letter": np.concatenate([p[0] for p in parts]),
        "kind": np.concatenate([np.full(len(p[0]), p[1]) for p in parts]),
        "at": np.concatenate([p[2] for p in parts]),
        "machine": np.concatenate([np.full(len(p[0]), p[3]) for p in parts]),
    }
    order = np.lexsort((events["letter"], events["at"]))
    return {name: values[order] for name, values in events.items()}


def _event_rows(rng, people, letters, events) -> pa.Table:
    letter, kind, at, machine = (events[k] for k in ("letter", "kind", "at", "machine"))
    n = len(letter)
    who = letters["who"][letter]
    id_ = letters["id"].take(pa.array(letter))
    page = pick(["/", "/new", "/p/letter-opener", "/c/ink", "/c/pens"], letter % 5)
    url = cat(f"{SHOP}", page, "?utm_source=newsletter&utm_medium=email&pp_mid=", id_)
    received = at + rng.integers(SECOND, 30 * SECOND, n)
    received = np.where(rng.random(n) < 0.004, received + rng.integers(HOUR, 4 * DAY, n), received)
    soft = letters["soft"][letter] & ~letters["dead"][letter]
    flag = where(machine, "true", where((kind == OPENED) | (kind == CLICKED), "false"))
    agent = pick(USER_AGENTS, (who * 31) % len(USER_AGENTS))
    return as_table(
        event_id=hex_ids(rng, n, "e", 8),
        message_id=where(rng.random(n) < 0.998, id_),
        email=pc.utf8_lower(people.main_email().take(pa.array(who))),
        event=pick(KINDS, kind),
        occurred_at=stamps(rng, at, {ISO: 0.97, "S": 0.02, "Y-M-D h:m:s": 0.01}),
        received_at=stamp(received, ISO),
        url=where(kind == CLICKED, url),
        bounce_type=where(kind == BOUNCED, where(soft | (rng.random(n) < 0.3), "soft", "hard")),
        is_machine_open=flag,
        user_agent=where((kind == OPENED) | (kind == CLICKED), where(machine, MACHINES[0], agent)),
    )
