"""The outcome of a simulation, and the difference of two, as sections of text or of a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from penpal.identity.evidence import Row
from penpal.sections import Section, word

WHAT_IS_REPLAYED = (
    "Replayed: identity, profiles, segments and decisions of each step, from what had been received"
    " by then; each letter enters the scratch ledger. Not replayed: rendering (a letter that would"
    " be refused counts as sent), what readers would have done with these letters, and older states"
    " of rows that a source has changed since."
)


def span(every: timedelta) -> str:
    """15m, 1d: as --every is written."""
    seconds = int(every.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds // 60}m"


def headline(found: Row) -> tuple[str, list[str]]:
    title = f"Letters from {word(found['begins'])} to {word(found['ends'])} UTC, {found['name']}"
    return title, [
        f"{found['steps']:,} steps, every {span(found['every'])};"
        f" {found['processor_seconds']:,} processor seconds. {len(found['letters']):,} letters to"
        f" {len({row['customer_id'] for row in found['letters'].values()}):,} customers.",
        WHAT_IS_REPLAYED,
    ]


def outcome_sections(found: Row) -> list[Section]:
    return [
        checks_section(found),
        Section(
            "What became of each occasion",
            ("campaign", "decision", "reason", "occasions", "customers"),
            [
                tuple(
                    row[name]
                    for name in ("campaign", "decision", "reason", "occasions", "customers")
                )
                for row in found["totals"]
            ],
        ),
        days_section(found),
        Section(
            "Decisions by day and reason",
            ("day", "campaign", "decision", "reason", "occasions"),
            [
                tuple(row[name] for name in ("day", "campaign", "decision", "reason", "occasions"))
                for row in found["days"]
            ],
        ),
    ]


def checks_section(found: Row) -> Section:
    return Section(
        "Promises, counted from the letters",
        ("promise", "most found", "allowed", "kept"),
        [(row["what"], row["most"], row["allowed"], row["is_kept"]) for row in found["checks"]],
    )


def days_section(found: Row) -> Section:
    """One row a day, one column a campaign: sent, held, refused."""
    campaigns = sorted({row["campaign"] for row in found["totals"]})
    counts: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for row in found["days"]:
        counts[row["day"], row["campaign"]][row["decision"]] += row["occasions"]
    cells = []
    for day in days_of(found):
        told = [counts[day, campaign] for campaign in campaigns]
        cells.append((day, *(f"{n['send']} / {n['hold']} / {n['skip']}" for n in told)))
    return Section("Sent / held / refused by day", ("day", *campaigns), cells)


def days_of(found: Row) -> list[date]:
    first, last = found["begins"].date(), found["ends"].date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def letters_by_day(found: Row, campaign: str | None = None) -> list[int]:
    """Letters of each day, of all campaigns or of one."""
    counts = Counter(
        letter["sent_at"].date()
        for letter in found["letters"].values()
        if campaign in (None, letter["campaign"])
    )
    return [counts[day] for day in days_of(found)]


def comparison_headline(one: Row, other: Row) -> tuple[str, list[str]]:
    title = f"{one['name']} against {other['name']}"
    told = [headline(side)[1][0] for side in (one, other)]
    return title, [
        f"From {word(one['begins'])} to {word(one['ends'])} UTC.",
        f"{one['name']}: {told[0]}",
        f"{other['name']}: {told[1]}",
        WHAT_IS_REPLAYED,
    ]


def comparison_sections(one: Row, other: Row) -> list[Section]:
    """Letters, audiences and reasons of two outcomes, side by side."""
    names = one["name"], other["name"]
    return [
        Section(
            "Letters and audiences by campaign",
            (
                *("campaign", *(f"letters, {name}" for name in names)),
                *("difference", "letters of both"),
                *(f"customers, {name}" for name in names),
                *(f"customers of {name} only" for name in names),
            ),
            [audience(campaign, one, other) for campaign in campaigns_of(one, other)],
            "no letters on either side",
        ),
        Section(
            "Reasons whose number differs",
            ("campaign", "decision", "reason", *names, "difference"),
            reasons(one, other),
            "all as before",
        ),
        Section(
            f"Why letters of {names[0]} do not go out by {names[1]}",
            ("campaign", "by the other rules", "letters"),
            lost(one, other),
            "none is lost",
        ),
        Section(
            f"Why letters of {names[1]} do not go out by {names[0]}",
            ("campaign", "by the other rules", "letters"),
            lost(other, one),
            "none is new",
        ),
        Section(
            "Letters by day",
            ("day", *names, "difference"),
            [
                (day, a, b, signed(b - a))
                for day, a, b in zip(
                    days_of(one), letters_by_day(one), letters_by_day(other), strict=True
                )
            ],
        ),
        *(
            Section(f"{part.title}, {side['name']}", part.columns, part.cells)
            for side in (one, other)
            for part in [checks_section(side)]
        ),
    ]


def campaigns_of(*outcomes: Row) -> list[str]:
    return sorted({row["campaign"] for found in outcomes for row in found["totals"]})


def audience(campaign: str, one: Row, other: Row) -> tuple[Any, ...]:
    sides = [
        {key: row for key, row in found["letters"].items() if row["campaign"] == campaign}
        for found in (one, other)
    ]
    people = [{row["customer_id"] for row in side.values()} for side in sides]
    a, b = map(len, sides)
    both = len(sides[0].keys() & sides[1].keys())
    return (
        *(campaign, a, b, signed(b - a), both),
        *(len(people[0]), len(people[1])),
        *(len(people[0] - people[1]), len(people[1] - people[0])),
    )


def signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def reasons(one: Row, other: Row) -> list[tuple[Any, ...]]:
    counts = [
        {
            (row["campaign"], row["decision"], row["reason"]): row["occasions"]
            for row in found["totals"]
        }
        for found in (one, other)
    ]
    cells = []
    for key in sorted(counts[0].keys() | counts[1].keys()):
        a, b = (side.get(key, 0) for side in counts)
        if a != b:
            cells.append((*key, a, b, signed(b - a)))
    return cells


def lost(one: Row, other: Row) -> list[tuple[Any, ...]]:
    """Letters of one side that the other does not write, by what the other says of them."""
    counts: Counter[tuple[str, str]] = Counter()
    for message_id in one["letters"].keys() - other["letters"].keys():
        state = other["states"].get(message_id)
        why = f"{state['decision']}: {state['reason']}" if state else "no such occasion"
        counts[one["letters"][message_id]["campaign"], why] += 1
    return [(*key, count) for key, count in sorted(counts.items())]
