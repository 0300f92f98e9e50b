"""Runs over random histories of a few customers decide as the rules do (decision_oracle.py)."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import decision_oracle as rules
import pytest
from conftest import ROOT
from decision_models import DecisionModels
from decision_oracle import (
    History,
    Letter,
    MailEvent,
    Move,
    Night,
    Occasion,
    Record,
    Said,
    is_quiet,
    local,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# New York puts its clocks back on 1 November, Berlin a week before; 2 November is a Monday.
START = datetime(2026, 10, 30)
SENTENCES = {
    row["reason"]: row for row in csv.DictReader((ROOT / "seeds/rules/decision_reasons.csv").open())
}
CAMPAIGN: dict[str, Any] = {
    **{"trigger": "cart", "template": "t", "kind": "marketing", "purchases": "none"},
    **{"priority": 1, "wait_minutes": 0, "expires_after_hours": 48, "cooldown_days": 0},
    **{"is_active": True, "active_from": None, "active_until": None, "quiet_from": None},
    **{"quiet_to": None, "send_from": None, "send_to": None, "send_time": "fixed"},
    **{"holdout_share": 0.0, "experiment": None, "locale": None, "product_block": None},
    **{"daily_volume": None, "one_per_household": False, "follows": None, "exit_on": None},
}
RECORD = Record(("a@x",), "UTC", None, False)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> DecisionModels:
    compiled = DecisionModels(tmp_path_factory.mktemp("decisions"), **rules.VARS)
    reasons = [row | {"place": int(row["place"])} for row in SENTENCES.values()]
    compiled.fill(
        "rules.decision_reasons",
        [{k: r[k] for k in ("reason", "decision", "meaning", "place")} for r in reasons],
    )
    return compiled


# Random histories


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def moments(low: float = -72, high: float = 96) -> st.SearchStrategy[datetime]:
    """A grid, so that equal moments and edges come up often."""
    return st.integers(int(low * 2), int(high * 2)).map(lambda half_hours: at(half_hours / 2))


@st.composite
def campaigns(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    quiet = st.sampled_from([(None, None), (None, None), ("21:00", "08:00"), ("00:30", "01:30")])
    window = st.sampled_from([(None, None), (None, None), ("09:00", "20:00"), ("22:00", "12:00")])
    found = {}
    for name, trigger in (("cart", "cart"), ("again", "cart"), ("birthday", "birthday")):
        (quiet_from, quiet_to), (send_from, send_to) = draw(quiet), draw(window)
        rule = CAMPAIGN | {
            "trigger": trigger,
            "priority": draw(st.integers(1, 2)),
            "wait_minutes": draw(st.sampled_from([0, 30, 600])),
            "expires_after_hours": draw(st.sampled_from([24, 48, 96])),
            "cooldown_days": draw(st.sampled_from([0, 0, 1, 30])),
            **{"quiet_from": quiet_from, "quiet_to": quiet_to},
            **{"send_from": send_from, "send_to": send_to},
            "send_time": draw(st.sampled_from(["fixed", "fixed", "best_hour"])),
            "holdout_share": draw(st.sampled_from([0.0, 0.0, 0.3])),
            "product_block": draw(st.sampled_from([None, "cart"])),
            "daily_volume": draw(st.sampled_from([None, None, 1])),
            "one_per_household": draw(st.booleans()),
            "active_from": draw(st.sampled_from([None, None, at(24).date()])),
        }
        found[name] = rule
    found["cart"] |= {"experiment": draw(st.sampled_from([None, "tone"]))}
    if draw(st.booleans()):
        found["again"] |= {
            "follows": "cart",
            "exit_on": draw(st.sampled_from([None, "bought;clicked"])),
        }
    # Nobody is kept from it; its hours and cooldown are as its own rule says.
    receipt = {"trigger": "receipt", "kind": "transactional", "priority": 0}
    found["receipt"] = CAMPAIGN | receipt | {"holdout_share": 0.3}
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    boxes = st.sampled_from([("a@x",), ("b@x",), ("c@x",), ("c@x", "d@x"), ("a@x", "b@x"), ()])
    records = draw(
        st.lists(
            st.builds(
                Record,
                boxes,
                st.sampled_from(
                    ["UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
                ),
                st.sampled_from([None, "h"]),
                st.sampled_from([False, False, True]),
            ),
            min_size=2,
            max_size=4,
        )
    )
    numbers = st.integers(0, len(records) - 1)
    mailbox = st.sampled_from(["a@x", "b@x", "c@x", "d@x"])
    occasion = st.builds(
        lambda trigger, record, name, when, late, over: Occasion(
            trigger,
            record,
            # A cart is one record's; a birthday comes to each of them in its year.
            f"{trigger} {name} of {record}" if trigger != "birthday" else name,
            when,
            when + timedelta(hours=late),
            when + timedelta(hours=over) if over and trigger == "cart" else None,
            trigger != "birthday",
        ),
        st.sampled_from(["cart", "cart", "birthday", "receipt"]),
        numbers,
        st.sampled_from(["1", "2"]),
        moments(-12, 90),
        st.sampled_from([0, 0, 0, 20]),
        st.sampled_from([None, None, 5, 40]),
    )
    # Most have agreed at some time: else nothing is ever sent.
    agreed = [
        Said(box, "granted", None, at(-100), at(-100)) for box in draw(st.sets(mailbox, min_size=3))
    ]
    statement = st.builds(
        lambda box, what, when, late: Said(box, *what, when, when + timedelta(hours=late)),
        mailbox,
        st.sampled_from(
            [
                *[("granted", None), ("granted", None), ("withdrawn", None), ("pending", None)],
                *[("withdrawn", "unsubscribed"), ("undeliverable", "bounced")],
            ]
        ),
        moments(),
        st.sampled_from([0, 0, 30, -20]),
    )
    event = st.builds(
        MailEvent,
        mailbox,
        st.sampled_from(["delivered", "bounced", "clicked", "clicked"]),
        moments(),
    )
    foreign = st.builds(
        lambda number, box, campaign, when: Letter(f"f{number}", None, box, campaign, None, when),
        st.integers(0, 99),
        mailbox,
        st.sampled_from(["cart", "birthday", "elsewhere"]),
        moments(-48, 72),
    )
    return History(
        records=records,
        campaigns=draw(campaigns()),
        variants={"tone": [("calm", 0.25), ("loud", 0.75)]},
        occasions=draw(
            st.lists(
                occasion,
                min_size=3,
                max_size=9,
                unique_by=lambda occasion: (occasion.trigger, occasion.record, occasion.name),
            )
        ),
        said=agreed + draw(st.lists(statement, max_size=2)),
        events=draw(st.lists(event, max_size=4)),
        moves=draw(
            st.lists(st.builds(Move, moments(-10, 90), st.booleans(), numbers, numbers), max_size=3)
        ),
        purchases=draw(st.lists(st.tuples(numbers, moments()), max_size=2)),
        foreign=draw(st.lists(foreign, max_size=2, unique_by=lambda letter: letter.message_id)),
        feedback=draw(
            st.lists(
                st.sampled_from([None, None, None, "clicked", "bounced", "complained"]),
                min_size=1,
                max_size=5,
            )
        ),
    )


def in_world(history: History, number: int) -> History:
    """The same with names of its own, so that others can be played beside it."""
    world = f"w{number}-"

    def name(text: str | None) -> str | None:
        return text and world + text

    def boxes(row: Any) -> Any:
        return replace(row, mailbox=name(row.mailbox))

    named = ("trigger", "experiment", "follows")
    return replace(
        history,
        world=world,
        records=[
            replace(x, mailboxes=tuple(map(name, x.mailboxes)), household=name(x.household))
            for x in history.records
        ],
        campaigns={
            name(key): rule | {column: name(rule[column]) for column in named}
            for key, rule in history.campaigns.items()
        },
        variants={name(key): arms for key, arms in history.variants.items()},
        occasions=[replace(x, trigger=name(x.trigger)) for x in history.occasions],
        said=[boxes(x) for x in history.said],
        events=[boxes(x) for x in history.events],
        foreign=[
            replace(boxes(x), message_id=name(x.message_id), campaign=name(x.campaign))
            for x in history.foreign
        ],
    )


# The tables that a history makes at a clock


def load(
    models: DecisionModels, histories: list[History], clock: datetime, shuffled: bool = False
) -> None:
    together: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for history in histories:
        night = Night(history, clock)
        for table, rows in tables(history, night, sorted(set(night.groups))).items():
            together[table] += rows
    together["activity.order_receipts"] = [{"is_late": False, "known_until": clock}]
    together["marts.segment_catalog"] = [{"name": "email_fatigued"}]
    for table, rows in together.items():
        models.fill(table, rows[:: -1 if shuffled else 1])


def tables(history: History, night: Night, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    mailboxes = [(customer, box) for customer in ids for box in sorted(night.mailboxes(customer))]
    best = {}
    for candidate in night.candidates():
        best.setdefault((candidate.occasion.trigger, *candidate.key[1:]), candidate)
    return {
        "rules.campaigns": [{"campaign": name} | rule for name, rule in history.campaigns.items()],
        "rules.campaign_variants": [
            {"experiment": experiment, "variant": variant, "weight": weight}
            for experiment, arms in history.variants.items()
            for variant, weight in arms
        ],
        "staging.checked_email__messages": [
            {
                "fate": "staged",
                "message_id": x.message_id,
                "email": x.mailbox,
                "campaign": x.campaign,
            }
            | {"email_key": x.mailbox, "sent_at": x.sent_at, "received_at": x.sent_at}
            for x in history.foreign
        ],
        "ledger.email_messages": [
            {"message_id": x.message_id, "customer_id": x.customer, "email": x.mailbox}
            | {"campaign": x.campaign, "occasion": x.occasion, "sent_at": x.sent_at}
            for x in history.letters
        ],
        "activity.consent_statements": [
            {"source_table": "crm.consents", "source_key": str(number), "email_key": said.mailbox}
            | {"purpose": "marketing", "status": said.status, "event_type": said.event}
            | {"occurred_at": said.at}
            for number, said in enumerate(night.said)
        ],
        "activity.email_events": [
            {"event_id": str(number), "message_id": event.message_id, "email_key": event.mailbox}
            | {"event_type": event.kind, "occurred_at": event.at, "is_machine": False}
            | {"bounce_type": "soft" if event.kind == "bounced" else None}
            for number, event in enumerate(night.events)
        ],
        "identity.customer_id_changes": [
            {"customer_id": history.customer_id(number), "current_customer_id": group}
            for number, group in enumerate(night.groups)
        ],
        "marts.customer_identifiers": [
            {"identifier_type": "email", "identifier_value": box, "customer_id": night.owner(box)}
            for box in sorted({box for _, box in mailboxes})
        ],
        "profile.customer_emails": [
            {"customer_id": customer, "email": box, "email_key": box, "is_not_personal": False}
            | {"is_primary": box == min(night.mailboxes(customer)), "is_given_up": False}
            for customer, box in mailboxes
        ],
        "profile.customer_purchases": [
            {"customer_id": night.groups[record], "purchased_at": when}
            for record, when in history.purchases
            if when <= night.clock
        ],
        "marts.customers": [
            {"customer_id": name, "timezone": face.zone, "household_id": face.household}
            for name, face in ((name, night.face(name)) for name in ids)
        ],
        "marts.segment_memberships": [
            {"segment": "email_fatigued", "customer_id": name}
            for name in ids
            if night.face(name).is_fatigued
        ],
        "marts.trigger_occasions": [
            {"trigger": trigger, "customer_id": customer, "occasion": name}
            | {"happened_at": x.qualified_at, "qualified_at": x.qualified_at}
            | {"is_over": x.over_at is not None and x.over_at <= night.clock}
            | {"over_reason": "already_purchased", "cart_key": name if x.is_thing else None}
            for (trigger, customer, name), x in (
                (key, candidate.occasion) for key, candidate in best.items()
            )
        ],
        "marts.occasion_mailboxes": [
            {"campaign": x.campaign, "customer_id": x.customer, "occasion": x.occasion.name}
            | {"email": box, "email_key": box, "is_all_theirs": True, "is_activity_theirs": True}
            for x, box in ((x, night.mailbox(x)) for x in night.candidates())
            if box
        ],
    }


DECISIONS = """select message_id, decision, reason, customer_id, campaign, occasion, email,
    send_after, evidence from marts.email_decisions order by message_id"""


DRAWS = """select campaign, experiment, customer_id, arm, assigned_at
    from ledger.experiment_assignments"""


def send(history: History, row: tuple[Any, ...], clock: datetime) -> Letter:
    """The renderer's part, and what the mailbox makes of the letter half an hour later."""
    message_id, _, _, customer, campaign, occasion, mailbox, *_ = row
    letter = Letter(message_id, customer, mailbox, campaign, occasion, clock)
    answer = history.feedback[len(history.letters) % len(history.feedback)]
    history.letters.append(letter)
    later = clock + timedelta(minutes=30)
    if answer:
        history.events.append(MailEvent(mailbox, answer, later, message_id))
    if answer == "complained":
        history.said.append(Said(mailbox, "withdrawn", "complained", later, later))
    return letter


@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    worlds=st.lists(histories(), min_size=8, max_size=8),
    clocks=st.lists(moments(0, 96), min_size=5, max_size=8),
)
def test_runs_decide_by_the_rules(
    models: DecisionModels, worlds: list[History], clocks: list[datetime]
) -> None:
    """Several histories side by side, since planning a query costs more than its rows."""
    played = [in_world(history, number) for number, history in enumerate(worlds)]
    models.fill("ledger.experiment_assignments", [])
    before: list[tuple[Any, ...]] = []
    for clock, is_again in again(sorted(clocks)):
        load(models, played, clock, shuffled=is_again)
        models.run(clock)
        rows = models.rows(DECISIONS)
        if is_again:
            assert rows == before, "the same inputs, the same decisions"
            continue
        before, recorded = rows, {tuple(row[:3]): tuple(row[3:]) for row in models.rows(DRAWS)}
        for history in played:
            night = Night(history, clock)
            judge(history, night, [row for row in rows if row[4].startswith(history.world)])
        assert recorded == {
            key: drawn for history in played for key, drawn in history.draws.items()
        }


def again(clocks: list[datetime]) -> list[tuple[datetime, bool]]:
    """Each clock, whether it was there before; the last one is run twice."""
    return [
        (clock, clock == last)
        for last, clock in zip([None, *clocks], [*clocks, clocks[-1]], strict=True)
    ]


def judge(history: History, night: Night, rows: list[tuple[Any, ...]]) -> None:
    expected = night.decide()
    assert {row[0]: row[1:3] for row in rows} == expected
    assert all(row[8] for row in rows), "each has its evidence"
    night.record_draws(expected)
    for row in rows:
        if row[2] == "quiet_hours":
            assert row[7] == first_loud(history, night, row), "held until the hours end"
        if row[1] == "send":
            promises(history, night, send(history, row, night.clock))


def first_loud(history: History, night: Night, row: tuple[Any, ...]) -> datetime:
    later, rule = night.clock, history.campaigns[row[4]]
    while is_quiet(later, night.face(row[3]).zone, rule):
        later += timedelta(minutes=15)
    return later


def promises(history: History, night: Night, letter: Letter) -> None:
    """What holds of every letter, told without the rules of decisions."""
    said = [x for x in history.said if x.mailbox == letter.mailbox and x.known_at <= night.clock]
    assert not {x.event for x in said} & {"complained", "bounced"}, "suppressed"
    about = [x for x in history.letters if x.campaign == letter.campaign and x is not letter]
    assert letter.message_id not in {x.message_id for x in about}, "rendered twice"
    if letter.occasion and " of " in letter.occasion:
        assert letter.occasion not in {x.occasion for x in about}, "two letters for one occasion"
    if history.campaigns[letter.campaign]["kind"] == "transactional":
        return
    last = max((x.at for x in said if x.status == "granted" and x.at <= night.clock), default=None)
    ended = [x.at for x in said if x.status in ("withdrawn", "pending")]
    assert last and all(when < last for when in ended), "no consent"
    zone = night.face(letter.customer).zone
    days = defaultdict(int)
    for other in night.theirs(letter.customer):
        if history.campaigns.get(other.campaign, CAMPAIGN)["kind"] == "marketing":
            days[local(other.sent_at, zone).date()] += 1
    today = local(night.clock, zone).date()
    week = [today - timedelta(days=back) for back in range(today.weekday() + 1)]
    assert days[today] < rules.CAPS["per_day"], "over the cap of the day"
    assert sum(days[day] for day in week) < rules.CAPS["per_week"], "over the cap of the week"


# Single cases, on the way that a letter takes


def history_of(campaign: dict[str, Any] | None = None, **given: Any) -> History:
    empty: dict[str, Any] = {name: [] for name in ("events", "moves", "purchases", "foreign")}
    occasion = Occasion("cart", 0, "cart 1 of 0", at(0), at(0), None, True)
    return History(
        **empty
        | {"records": [RECORD], "campaigns": {"cart": CAMPAIGN | (campaign or {})}}
        | {"variants": {}, "occasions": [occasion], "feedback": [None]}
        | {"said": [Said("a@x", "granted", None, at(-100), at(-100))]}
        | given
    )


def decided(models: DecisionModels, history: History, clock: datetime) -> tuple[Any, ...]:
    """The reason, and when it may go, of the one occasion; a letter that is due goes out."""
    load(models, [history], clock)
    models.run(clock)
    (row,) = models.rows(DECISIONS)
    assert row[1:3] == Night(history, clock).decide()[row[0]]
    if row[1] == "send":
        send(history, row, clock)
    return row[2], row[7]


@pytest.fixture
def fresh(models: DecisionModels) -> DecisionModels:
    models.fill("ledger.experiment_assignments", [])
    return models


@pytest.mark.parametrize(
    ("expires", "last"), [(12, "already_sent"), (6, "expired")], ids=["goes out", "expires"]
)
def test_a_held_letter_goes_out_after_quiet_hours_or_expires(
    fresh: DecisionModels, expires: int, last: str
) -> None:
    quiet = {"quiet_from": "23:00", "quiet_to": "08:00", "expires_after_hours": expires}
    history = history_of(quiet)
    found = [decided(fresh, history, at(hours))[0] for hours in (0, 5.5, 7.75, 8, 9)]
    ends = ["quiet_hours", "due"] if last == "already_sent" else ["expired", "expired"]
    assert found == ["quiet_hours", "quiet_hours", *ends, last]


def test_a_withdrawal_stops_a_letter_that_waits_and_one_that_is_queued(
    fresh: DecisionModels,
) -> None:
    history = history_of({"wait_minutes": 60})
    assert decided(fresh, history, at(0.5))[0] == "waiting"
    withdrawn = Said("a@x", "withdrawn", None, at(0.75), at(0.75))
    before = list(history.said)
    history.said.append(withdrawn)
    assert decided(fresh, history, at(2))[0] == "no_consent"
    history.said[:] = before
    assert decided(fresh, history, at(2))[0] == "due"
    history.said.append(Said("a@x", "withdrawn", None, at(2.5), at(2.5)))
    assert decided(fresh, history, at(3))[0] == "already_sent"
    revoked = fresh.rows("select campaign, reason from marts.email_revocations")
    assert revoked == [("cart", "no_consent")]


@pytest.mark.parametrize(
    ("zone", "clock", "reason"),
    [
        ("America/New_York", datetime(2026, 11, 1, 5, 15), "quiet_hours"),  # 01:15 the first time
        ("America/New_York", datetime(2026, 11, 1, 5, 30), "due"),  # 01:30 the first time
        ("America/New_York", datetime(2026, 11, 1, 6, 15), "quiet_hours"),  # 01:15 the second time
        ("America/New_York", datetime(2026, 11, 1, 6, 30), "due"),
        ("Pacific/Kiritimati", datetime(2026, 10, 31, 11, 29), "quiet_hours"),  # 01:29 next day
        ("Pacific/Kiritimati", datetime(2026, 10, 31, 11, 30), "due"),
        ("Pacific/Pago_Pago", datetime(2026, 10, 31, 12, 29), "quiet_hours"),
        ("Pacific/Pago_Pago", datetime(2026, 10, 31, 12, 30), "due"),
    ],
)
def test_quiet_hours_are_those_on_the_wall(
    fresh: DecisionModels, zone: str, clock: datetime, reason: str
) -> None:
    record = Record(("a@x",), zone, None, False)
    quiet = {"quiet_from": "00:30", "quiet_to": "01:30", "expires_after_hours": 96}
    assert decided(fresh, history_of(quiet, records=[record]), clock)[0] == reason


@pytest.mark.parametrize(
    ("zone", "sent", "clock", "reason"),
    [
        # Sunday's letter and Monday's: another week; Monday's and Sunday's: the same one.
        ("UTC", ["2026-10-31 12:00", "2026-11-01 12:00"], "2026-11-02 00:00", "due"),
        ("UTC", ["2026-10-31 12:00", "2026-11-01 12:00"], "2026-11-01 23:59", "frequency_cap"),
        ("UTC", ["2026-10-26 00:00", "2026-10-27 12:00"], "2026-11-01 23:59", "frequency_cap"),
        ("UTC", ["2026-10-25 23:59", "2026-10-27 12:00"], "2026-11-01 23:59", "due"),
        # Monday begins earlier in Kiritimati and later in Pago Pago.
        ("Pacific/Kiritimati", ["2026-11-01 09:59"] * 2, "2026-11-01 10:00", "due"),
        ("Pacific/Kiritimati", ["2026-11-01 09:59"] * 2, "2026-11-01 09:59:30", "frequency_cap"),
        ("Pacific/Pago_Pago", ["2026-11-01 12:00"], "2026-11-02 10:59", "frequency_cap"),
        ("Pacific/Pago_Pago", ["2026-11-01 12:00"], "2026-11-02 11:00", "due"),
        # 29 February is a day, and a Tuesday.
        ("UTC", ["2028-02-29 00:00"], "2028-02-29 23:59", "frequency_cap"),
        ("UTC", ["2028-02-29 00:00"], "2028-03-01 00:00", "due"),
    ],
)
def test_caps_count_in_the_customer_s_own_days_and_weeks(
    fresh: DecisionModels, zone: str, sent: list[str], clock: str, reason: str
) -> None:
    moment = datetime.fromisoformat(clock)
    letters = [
        Letter(f"f{number}", None, "a@x", f"other {number}", None, datetime.fromisoformat(when))
        for number, when in enumerate(sent)
    ]
    history = history_of(
        records=[Record(("a@x",), zone, None, False)],
        foreign=letters,
        occasions=[Occasion("cart", 0, "cart 1 of 0", moment, moment, None, True)],
    )
    assert decided(fresh, history, moment)[0] == reason


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (["bounced"] * 4 + [None] * 6, "circuit_breaker"),
        (["bounced"] * 3 + [None] * 7, "due"),  # 30 % is not more than 30 %
        (["complained"] * 5 + [None] * 5, "circuit_breaker"),
        (["bounced"] * 2, "due"),  # two letters say nothing yet
    ],
)
def test_a_campaign_stops_when_letters_come_back(
    fresh: DecisionModels, answers: list[str | None], reason: str
) -> None:
    letters = [
        Letter(f"f{number}", None, f"{number}@x", "cart", None, at(-1 - number))
        for number in range(len(answers))
    ]
    events = [
        MailEvent(letter.mailbox, answer, at(-0.5), letter.message_id)
        for letter, answer in zip(letters, answers, strict=True)
        if answer
    ]
    assert decided(fresh, history_of(foreign=letters, events=events), at(0))[0] == reason
    transactional = {"kind": "transactional"}
    history = history_of(transactional, foreign=letters, events=events)
    assert decided(fresh, history, at(0))[0] == "due"


def test_thirty_nights_are_those_of_the_rules(fresh: DecisionModels) -> None:
    """A month of a customer who leaves a cart each day, is merged, and parted again."""
    records = [
        Record(("a@x",), "America/New_York", None, False),
        Record(("b@x",), "UTC", None, False),
    ]
    carts = [
        Occasion(
            "cart", day % 2, f"cart {day} of {day % 2}", at(24 * day), at(24 * day), None, True
        )
        for day in range(30)
    ]
    history = history_of(
        {"wait_minutes": 60, "quiet_from": "21:00", "quiet_to": "08:00", "product_block": "cart"},
        records=records,
        occasions=carts,
        said=[Said(box, "granted", None, at(-100), at(-100)) for box in ("a@x", "b@x")],
        moves=[Move(at(24 * 8), True, 0, 1), Move(at(24 * 20), False, 1, 0)],
    )
    reasons = set()
    for day in range(30):
        clock = at(24 * day + 14)
        load(fresh, [history], clock)
        fresh.run(clock)
        rows, night = fresh.rows(DECISIONS), Night(history, clock)
        judge(history, night, rows)
        reasons |= {row[2] for row in rows}
    assert {"due", "already_sent", "expired", "frequency_cap", "outranked"} <= reasons
    assert len(history.letters) == len({letter.occasion for letter in history.letters})


def test_an_occasion_is_served_once_through_a_merge_and_anew_for_whoever_parts(
    fresh: DecisionModels,
) -> None:
    """Whose birthday it is becomes clear late: two records of one person, then of two."""
    records = [Record((box,), "UTC", None, False) for box in ("a@x", "b@x")]
    birthdays = [
        Occasion("cart", 0, "2026", at(0), at(5), None, False),
        Occasion("cart", 1, "2026", at(0), at(0), None, False),
    ]
    history = history_of(
        records=records,
        occasions=birthdays,
        said=[Said(box, "granted", None, at(-100), at(-100)) for box in ("a@x", "b@x")],
        moves=[Move(at(10), True, 0, 1), Move(at(30), False, 1, 0)],
    )
    found = []
    for hours in (1, 12, 31):
        load(fresh, [history], at(hours))
        fresh.run(at(hours))
        rows, night = fresh.rows(DECISIONS), Night(history, at(hours))
        judge(history, night, rows)
        found.append({row[3]: row[2] for row in rows})
    assert found == [{"c1": "due"}, {"c0": "already_sent"}, {"c0": "due", "c1": "already_sent"}]
