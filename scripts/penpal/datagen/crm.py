"""crm.*: contacts with their duplicates, consents, surveys, bought-in attributes."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen.arrays import (
    DAY,
    HOUR,
    NULL,
    as_table,
    cat,
    choose,
    hex_ids,
    number,
    pick,
    put,
    scramble,
    stamp,
    stamps,
    text,
    typo,
    where,
    with_columns,
)
from penpal.datagen.output import COLUMNS
from penpal.datagen.people import (
    CITY,
    COUNTRY,
    NEVER,
    NICKNAMED,
    NICKNAMES,
    People,
    email_as_typed,
    phone,
    written_address,
    written_names,
)
from penpal.datagen.vocabulary import JUNK_EMAILS, JUNK_PHONES

ISO = "Y-M-DTh:m:sZ"
CREATED = {
    ISO: 0.72,
    "Y-M-DTh:m:s+02:00": 0.08,
    "Y-M-D h:m:s": 0.1,
    "D.M.Y h:m": 0.05,
    "M/D/Y h:m": 0.05,
}
BORN = {"Y-M-D": 0.87, "D.M.Y": 0.06, "M/D/Y": 0.06, "D.M.y": 0.01}
NOT_BIRTHDAYS = (
    "1990-02-31",
    "00/00/0000",
    "31.02.85",
    "1900-01-01",
    "2190-05-04",
    "unknown",
    "13/13/1971",
)
WORDING = {
    v: f"Yes, write me letters about new things in the shop. (wording {v})"
    for v in ("2024-1", "2025-1", "2025-2")
}


def contact_ids(people: People, rows, copy) -> pa.Array:
    """contact_id of a person's first, second or third record."""
    space = 10 ** max(6, len(str(people.block.world.people * 4)))
    return cat(
        "C", number(scramble(people.number[rows] * 4 + copy, space, 11), len(str(space)) - 1)
    )


def make_contacts(people: People) -> tuple[pa.Table, list]:
    """crm.contacts and its truth."""
    rng = people.block.rng("contacts")
    world = people.block.world
    copies = people.has_contact * (
        1 + (rng.random(people.size) < 0.13) + (rng.random(people.size) < 0.02)
    )
    rows = np.repeat(np.arange(people.size), copies)
    copy = np.arange(len(rows)) - np.repeat(np.cumsum(copies) - copies, copies)
    n = len(rows)
    created = people.start[rows] - rng.integers(HOUR, 40 * DAY, n)
    created += (copy * 0.5 * (world.as_of - created)).astype(np.int64)
    created = np.minimum(created, world.as_of + 10 * HOUR)
    updated = created + (
        rng.random(n) ** 2 * np.maximum(world.as_of + 6 * HOUR - created, HOUR)
    ).astype(np.int64)
    # What a duplicate shares with the first record: 0 mail, 1 phone, 2 name and birth date,
    # 3 name and address. Without one of these nobody could tell that they belong together.
    keeps = rng.choice(4, n, p=[0.4, 0.25, 0.2, 0.15])
    keeps = np.where((keeps == 1) & ~people.mobile["has"][rows], 2, keeps)
    keeps = np.where((keeps == 3) & (people.moved_at[rows] != NEVER), 2, keeps)
    keeps = np.where(copy == 0, -1, keeps)
    columns = {
        "contact_id": contact_ids(people, rows, copy),
        **_addresses_of_contacts(rng, people, rows, keeps),
        **_names(rng, people, rows, updated, keeps),
        **_phones(rng, people, rows, keeps),
        **written_address(rng, people, rows, np.where(keeps == 3, 0, updated), slips=0.02),
        "birth_date": _birth_dates(rng, people, rows, keeps),
        **_traits(rng, people, rows),
        "created_at": stamps(rng, created, CREATED),
        "updated_at": where(rng.random(n) < 0.93, stamp(updated, ISO)),
        "merged_contact_ids": _merged(rng, people, rows, copy, copies),
        "is_deleted": choose(
            rng.choice(5, n, p=[0.6, 0.37, 0.01, 0.01, 0.01]), "false", "", "true", "0", "1"
        ),
        "loaded_at": stamp(updated + rng.integers(60_000, 6 * HOUR, n), ISO),
    }
    gaps = {
        "street_address": 0.12,
        "city": 0.06,
        "region": 0.15,
        "postal_code": 0.1,
        "country": 0.04,
        "last_name": 0.01,
    }
    for name, share in gaps.items():
        needed = (keeps == 3) | ((keeps == 2) & (name == "last_name"))
        columns[name] = where(~needed & (rng.random(n) < share), NULL, columns[name])
    truth = [("crm.contacts", columns["contact_id"], rows, None)]
    table = as_table(**{name: columns[name] for name in COLUMNS["crm.contacts"]})
    return _again(rng, table, updated), truth


def _addresses_of_contacts(rng, people, rows, keeps) -> dict:
    n, take = len(rows), pa.array(rows)
    main = people.main_email().take(take)
    second, third = (people.emails[k].take(take) for k in (1, 2))
    email = where(keeps > 0, second, main)
    email = where((keeps > 0) & (rng.random(n) < 0.4), NULL, email)
    lost = (keeps == -1) & people.mobile["has"][rows] & (rng.random(n) < 0.06)
    email = where(lost | ~people.has_email[rows], NULL, email)
    junk = (rng.random(n) < 0.008) & (keeps != 0)
    email = where(junk, pick(JUNK_EMAILS, rng.integers(0, len(JUNK_EMAILS), n)), email)
    broken = rng.choice(5, n, p=[0.993, 0.002, 0.002, 0.0015, 0.0015])
    wrong = (
        email,
        pc.replace_substring(email, "@", " at "),
        pc.replace_substring(email, "@", "@@"),
        pc.replace_substring_regex(email, "@.*", "@"),
        pc.replace_substring(email, ".", ".."),
    )
    email = choose(np.where(keeps == 0, 0, broken), *wrong)
    more = where(rng.random(n) < 0.3, cat(second, "; ", third), second)
    more = where((keeps == -1) & (rng.random(n) < 0.5), pc.coalesce(more, second))
    return {"email": email_as_typed(rng, email, 0.05), "additional_emails": more}


def _names(rng, people, rows, at, keeps) -> dict:
    n = len(rows)
    former = (keeps >= 0) & (keeps < 2) & (rng.random(n) < 0.6)
    first, last = written_names(rng, people, rows, np.where(former, 0, at))
    given = people.given[rows]
    nick = NICKNAMED[given] & (rng.random(n) < np.where((keeps == 0) | (keeps == 1), 0.35, 0.03))
    first = put(first, nick, lambda r: NICKNAMES.take(pa.array(given[r])))
    slip = np.where(keeps < 0, 0.01, np.where(keeps < 2, 0.25, 0.12))
    for_first = rng.random(n) < 0.4
    slips = rng.random(n) < slip
    first = put(first, slips & for_first, lambda r, v=first: typo(rng, v.take(pa.array(r))))
    last = put(last, slips & ~for_first, lambda r, v=last: typo(rng, v.take(pa.array(r))))
    swapped = (keeps < 2) & (rng.random(n) < np.where(keeps >= 0, 0.06, 0.004))
    first, last = where(swapped, last, first), where(swapped, first, last)
    bare = (keeps < 2) & (rng.random(n) < 0.02)
    return {"first_name": where(bare, NULL, first), "last_name": last}


def _phones(rng, people, rows, keeps) -> dict:
    n = len(rows)
    mobile = phone(rng, people, rows)
    home = phone(rng, people, rows, np.ones(n, bool))
    has = (keeps == 1) | ((keeps <= 0) & (rng.random(n) < 0.75))
    mobile = where(has, mobile)
    home = where((keeps != 2) & (rng.random(n) < 0.6), home)
    junk = (rng.random(n) < 0.012) & (keeps != 1)
    home = where(junk, pick(JUNK_PHONES, rng.integers(0, len(JUNK_PHONES), n)), home)
    # Some systems have one field for all phones.
    single = rng.random(n) < 0.3
    return {
        "phone": where(single, pc.coalesce(mobile, home), home),
        "mobile_phone": where(single, NULL, mobile),
    }


def _birth_dates(rng, people, rows, keeps) -> pa.Array:
    n = len(rows)
    wrong = rng.integers(0, len(NOT_BIRTHDAYS), n)
    out = stamps(rng, people.birth_day[rows] * DAY, BORN)
    out = put(out, keeps == 2, lambda r: stamp(people.birth_day[rows[r]] * DAY, "Y-M-D"))
    out = where((rng.random(n) < 0.02) & (keeps != 2), pick(NOT_BIRTHDAYS, wrong), out)
    return where((rng.random(n) < 0.2) & (keeps != 2), NULL, out)


def _traits(rng, people, rows) -> dict:
    n = len(rows)
    spelled = (
        ["female", "male", "nonbinary"],
        ["F", "M", "X"],
        ["Woman", "Man", "non-binary"],
        ["0", "1", "?"],
    )
    gender = choose(
        rng.choice(4, n, p=[0.7, 0.2, 0.09, 0.01]),
        *(pick(names, people.gender[rows]) for names in spelled),
    )
    country = people.country[rows]
    language = pick([c[4] for c in COUNTRY], country)
    region = pick([c[0] for c in COUNTRY], country)
    language = choose(
        rng.choice(3, n, p=[0.75, 0.2, 0.05]),
        language,
        cat(language, "-", region),
        pc.utf8_upper(language),
    )
    zone = pick([c[5] for c in CITY], people.city[rows])
    zone = choose(rng.choice(4, n, p=[0.88, 0.09, 0.02, 0.01]), zone, NULL, "Mars/Olympus", "GMT+1")
    return {
        "gender": where(rng.random(n) < 0.25, NULL, gender),
        "language": where(rng.random(n) < 0.1, NULL, language),
        "timezone": zone,
    }


def _merged(rng, people, rows, copy, copies) -> pa.Array:
    """A fifth of the first records name their duplicates."""
    total = copies[rows]
    named = (copy == 0) & (total > 1) & (rng.random(len(rows)) < 0.2)
    second = contact_ids(people, rows, np.ones(len(rows), int))
    third = contact_ids(people, rows, np.full(len(rows), 2))
    return where(named, where(total > 2, cat(second, ";", third), second))


def _again(rng, table, updated) -> pa.Table:
    """The same rows exported twice, older versions of some, and rows without a key."""
    n = len(table)
    twice = table.take(pa.array(np.flatnonzero(rng.random(n) < 0.01)))
    some = np.flatnonzero(rng.random(n) < 0.03)
    before = updated[some] - rng.integers(DAY, 90 * DAY, len(some))
    older = with_columns(
        table.take(pa.array(some)),
        phone=None,
        street_address=None,
        city=None,
        postal_code=None,
        updated_at=stamp(before, ISO),
        loaded_at=stamp(before + HOUR, ISO),
    )
    lost = with_columns(table.slice(0, max(2, n // 2000)), contact_id=None)
    return pa.concat_tables([table, twice, older, lost])


def make_consents(people: People) -> tuple[pa.Table, list]:
    """crm.consents, append-only, and its truth."""
    rng = people.block.rng("consents")
    as_of = people.block.world.as_of
    asked = people.has_email & (rng.random(people.size) < 0.88)
    parts = []
    for purpose, yes in (("marketing", 0.93), ("personalization", 0.9)):
        rows = np.flatnonzero(
            asked & (rng.random(people.size) < (0.97 if purpose[0] == "m" else 0.85))
        )
        first = people.start[rows] + rng.integers(0, DAY, len(rows))
        granted = rng.random(len(rows)) < yes
        parts.append((rows, purpose, granted, first))
        again = rng.random(len(rows)) < 0.09
        later = first + ((as_of - first) * rng.random(len(rows))).astype(np.int64)
        parts.append((rows[again], purpose, ~granted[again], np.maximum(later, first)[again]))
        back = again & (rng.random(len(rows)) < 0.2)
        latest = later + ((as_of - later) * rng.random(len(rows))).astype(np.int64)
        parts.append((rows[back], purpose, granted[back], np.maximum(latest, later)[back]))
    rows = np.concatenate([p[0] for p in parts])
    purpose = np.concatenate([np.full(len(p[0]), p[1]) for p in parts])
    granted = np.concatenate([p[2] for p in parts])
    at = np.concatenate([p[3] for p in parts])
    n = len(rows)
    purpose = where(rng.random(n) < 0.003, "sms", text(purpose))
    status = choose(np.where(rng.random(n) < 0.003, 2, granted), "withdrawn", "granted", "maybe")
    status = where(rng.random(n) < 0.03, pc.utf8_capitalize(status), status)
    version = (at > as_of - 500 * DAY) * 1 + (at > as_of - 200 * DAY)
    hashes = [hashlib.sha256(words.encode()).hexdigest() for words in WORDING.values()]
    known = rng.random(n) < 0.95
    email = email_as_typed(rng, people.main_email().take(pa.array(rows)), 0.06)
    junk = rng.random(n) < 0.004
    email = where(junk, pick(JUNK_EMAILS, rng.integers(0, 3, n)), email)
    table = as_table(
        consent_id=hex_ids(rng, n, "cn", 6),
        email=email,
        purpose=purpose,
        status=status,
        occurred_at=stamps(rng, at, {ISO: 0.9, "Y-M-D h:m:s": 0.05, "Y-M-DTh:m:s+01:00": 0.05}),
        source=choose(
            rng.integers(0, 5, n),
            "checkout",
            "footer form",
            "preference centre",
            "import",
            "in store",
        ),
        wording_version=where(known, pick(list(WORDING), version)),
        wording_sha256=where(known, pick(hashes, version)),
        loaded_at=stamp(at + rng.integers(1000, 3 * HOUR, n), ISO),
    )
    owner = np.where(junk | people.uses_family_email[rows], -1, rows)
    truth = [("crm.consents", table["consent_id"].combine_chunks(), owner, None)]
    return pa.concat_tables([table, table.slice(0, max(1, n // 300))]), truth


QUESTIONS = {
    "favourite_category": ["Pens", "Ink", "Paper", "Notebooks", "Cards", "Books", "Desk", "Gifts"],
    "how_did_you_hear": ["friend", "search", "magazine", "social media", "I don't remember"],
    "gift_or_self": ["for me", "gift", "both"],
    "recommend_0_10": [*map(str, range(11)), "eleven"],
    "anything_else": ["More ink colours, please!", "Lovely paper,\nslow delivery.", "-", "❤️"],
}


def make_surveys(people: People) -> pa.Table:
    """crm.surveys"""
    rng = people.block.rng("surveys")
    asked = np.flatnonzero(people.has_email & (rng.random(people.size) < 0.07))
    rows = np.repeat(asked, 3)
    n = len(rows)
    kind = (np.tile([0, 1, 2], len(asked)) + np.repeat(rng.integers(0, 5, len(asked)), 3)) % 5
    draw = rng.random(n)
    answers = [pick(a, (draw * len(a)).astype(int)) for a in QUESTIONS.values()]
    at = np.repeat(people.start[asked] + rng.integers(0, 30 * DAY, len(asked)), 3)
    return as_table(
        response_id=cat("r", number(people.number[rows]), "-", number(kind)),
        email=email_as_typed(rng, people.main_email().take(pa.array(rows)), 0.05),
        question=pick(list(QUESTIONS), kind),
        answer=choose(kind, *answers),
        submitted_at=stamp(at, ISO),
    )


ATTRIBUTES = {
    "income_band": ["low", "middle", "high", "UNKNOWN"],
    "household_size": ["1", "2", "3", "4", "5+"],
    "interest": ["calligraphy", "travel", "reading", "gardening", "cooking", "stamps"],
    "urbanicity": ["urban", "suburban", "rural"],
    "home_owner": ["true", "false", "Y", "N"],
}


def make_enrichment(people: People) -> pa.Table:
    """crm.enrichment: some attributes of some people, from two providers who may disagree."""
    rng = people.block.rng("enrichment")
    known = np.flatnonzero(people.has_email & (rng.random(people.size) < 0.12))
    rows = np.repeat(known, 3)
    n = len(rows)
    kind = (np.tile([0, 1, 2], len(known)) + np.repeat(rng.integers(0, 5, len(known)), 3)) % 5
    draw = rng.random(n)
    values = [pick(v, (draw * len(v)).astype(int)) for v in ATTRIBUTES.values()]
    at = people.block.world.as_of - rng.integers(DAY, 400 * DAY, n)
    return as_table(
        email=people.main_email().take(pa.array(rows)),
        attribute=pick(list(ATTRIBUTES), kind),
        value=choose(kind, *values),
        provider=choose(rng.integers(0, 3, n), "geofacts", "panelone", "PanelOne"),
        observed_at=stamps(rng, at, {"Y-M-D": 0.7, ISO: 0.3}),
    )
