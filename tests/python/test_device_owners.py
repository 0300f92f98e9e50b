"""Whose device it was: the real models against the rules told once more, on random histories."""

from __future__ import annotations

import csv
import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
from conftest import ROOT, ScratchProject

MODELS = (
    "activity/web/web_session_events",
    "activity/web/web_sessions",
    "profile/web/customer_web_events",
    "activity/web/checkout_sessions",
    "activity/email/letter_visits",
    "identity/devices/device_sightings",
    "identity/devices/device_steps",
    "identity/devices/device_owners",
)
DEVICES = 400
GAP = 1800
MAX_PEOPLE = 5
RANKS = {"login": 1, "order": 2, "identify": 3, "checkout": 4}
START = datetime(2026, 1, 1)


@dataclass(frozen=True)
class Event:
    key: str
    device: str
    at: float  # seconds after START
    kind: str  # page, login, identify, order, log_out or checkout
    person: str | None

    @property
    def user(self) -> str | None:
        return self.person if self.kind == "login" else None

    @property
    def position(self) -> float:
        """Place among what happens in one moment: events as they come, then checkouts."""
        return math.inf if self.kind == "checkout" else int(self.key.rpartition("-")[2])


@dataclass(frozen=True, order=True)
class Step:
    starts_at: float
    at: float
    position: float
    is_log_out: bool
    person: str
    ends_at: float


def histories(rng: random.Random) -> list[Event]:
    """Devices of one person, of families and of crowds; times collide on a coarse grid."""
    found = []
    for device in range(DEVICES):
        people = [f"p{n}" for n in range(rng.choice([0, 1, 2, 2, 3, 8]))]
        at = 0.0
        for number in range(rng.randrange(1, 40)):
            at += rng.choice([0, 0.25, 0.75, 60, 300, GAP - 0.25, GAP, 86_400])
            kinds = ["page", "page", "page", "log_out"]
            kinds += ["login", "login", "identify", "order", "checkout"] if people else []
            kind = rng.choice(kinds)
            named = kind in RANKS
            person = rng.choice(people) if named else None
            found.append(Event(f"{device:03d}-{number:02d}", f"d{device:03d}", at, kind, person))
    return found


def by_session(events: list[Event]) -> dict[str, str | None]:
    """The session of every event and checkout of one device, named by its first event."""
    sessions: dict[str, str | None] = {}
    current, user, before = "", None, None
    seen = [event for event in events if event.kind != "checkout"]
    for event in seen:
        pause = before is None or event.at - before >= GAP
        if pause:
            user = None
        if pause or (event.user and user and event.user != user):
            current = event.key
        user, before = event.user or user, event.at
        sessions[event.key] = current
    for checkout in events:
        if checkout.kind != "checkout":
            continue
        earlier = [event for event in seen if event.at <= checkout.at]
        later = [event for event in seen if event.at > checkout.at]
        sessions[checkout.key] = None
        if earlier and checkout.at - earlier[-1].at < GAP:
            sessions[checkout.key] = sessions[earlier[-1].key]
        elif later and later[0].at - checkout.at < GAP:
            sessions[checkout.key] = sessions[later[0].key]
    return sessions


def steps_of(events: list[Event], *, kiosk: bool) -> list[Step]:
    sessions = by_session(events)
    spans: dict[str | None, list[float]] = defaultdict(list)
    people: dict[str | None, set[str]] = defaultdict(set)
    for event in events:
        if event.kind != "checkout":
            spans[sessions[event.key]].append(event.at)
        if event.person:
            people[sessions[event.key]].add(event.person)
    best: dict[float, Event] = {}
    for event in sorted(
        (event for event in events if event.person),
        key=lambda event: (RANKS[event.kind], -event.position, event.person),
    ):
        best.setdefault(event.at, event)
    counted = [
        event for event in best.values() if not kiosk or len(people[sessions[event.key]]) < 2
    ]
    if len({event.person for event in events if event.person}) > 1:
        counted += [event for event in events if event.kind == "log_out"]
    counted.sort(key=lambda event: (event.at, event.position, event.person or ""))
    steps, opened = [], set()
    for event in counted:
        session = sessions[event.key]
        span = [*spans[session], event.at] if session else [event.at]
        first = session not in opened and event.kind != "log_out"
        opened.add(session)
        starts_at = min(span) if first else event.at
        log_out = event.kind == "log_out"
        steps.append(
            Step(starts_at, event.at, event.position, log_out, event.person or "", max(span))
        )
    return sorted(steps)


def owner(steps: list[Step], at: float, *, kiosk: bool) -> str | None:
    """Who owned a device at a moment, from what happened on it."""
    if not any(not step.is_log_out for step in steps):
        return None
    so_far = [step for step in steps if step.starts_at <= at]
    if kiosk:
        last = so_far[-1] if so_far else None
        return last.person if last and not last.is_log_out and at < last.ends_at + 1 else None
    if all(step.is_log_out for step in so_far):
        return next(step.person for step in steps if not step.is_log_out)
    return so_far[-1].person or None


def credits_expected(events: list[Event]) -> dict[str, str]:
    devices: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        devices[event.device].append(event)
    found = {}
    for history in devices.values():
        kiosk = len({event.person for event in history if event.person}) > MAX_PEOPLE
        steps = steps_of(history, kiosk=kiosk)
        for event in history:
            person = event.user or owner(steps, event.at, kiosk=kiosk)
            if person and event.kind != "checkout":
                found[event.key] = f"customer {person}"
    return found


def seed(scratch: ScratchProject, name: str, **columns: pa.DataType) -> None:
    with (ROOT / "seeds" / "rules" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    values = {
        column: pa.array([row[column] or None for row in rows]).cast(type_)
        for column, type_ in columns.items()
    }
    scratch.table(name, values)


def build(scratch: ScratchProject, events: list[Event]) -> None:
    text, time, flag = pa.string(), pa.timestamp("us"), pa.bool_()

    def table(name: str, columns: dict[str, pa.DataType], rows: list[dict[str, object]]) -> None:
        scratch.table(
            name,
            {
                column: pa.array([row.get(column) for row in rows], type_)
                for column, type_ in columns.items()
            },
        )

    at = {event.key: START + timedelta(seconds=event.at) for event in events}
    names = {"order": "Order Completed", "log_out": "Signed Out"}
    others = ("page_path", "page_referrer", "page_url", "letter_message_id", "user_agent")
    others += ("product_id", "category", "cart_id", "utm_source", "utm_campaign")
    table(
        "stg_web__events",
        dict.fromkeys(("message_id", "anonymous_id", "user_id", "event_type", "event_name"), text)
        | dict.fromkeys(("order_id", *others), text)
        | {"event_at": time, "received_at": time, "is_bot": flag}
        | {"source_file": text, "source_line": pa.int64()},
        [
            {
                "message_id": event.key,
                "anonymous_id": event.device,
                "user_id": event.user,
                "event_type": "identify" if event.kind == "identify" else "page",
                "event_name": names.get(event.kind),
                "order_id": event.key if event.kind == "order" else None,
                "event_at": at[event.key],
                "received_at": at[event.key],
                "is_bot": False,
            }
            for event in events
            if event.kind != "checkout"
        ],
    )
    table(
        "stg_shop__checkouts",
        {"checkout_id": text, "anonymous_id": text, "created_at": time},
        [
            {"checkout_id": e.key, "anonymous_id": e.device, "created_at": at[e.key]}
            for e in events
            if e.kind == "checkout"
        ],
    )
    kinds = {"identify": "web.identify", "order": "shop.orders", "checkout": "shop.checkouts"}
    people = {f"web.users:{e.person}": e.person for e in events if e.person}
    people |= {f"{kinds[e.kind]}:{e.key}": e.person for e in events if e.kind in kinds}
    table(
        "identity_map",
        dict.fromkeys(("record_key", "source_table", "source_key", "customer_id"), text)
        | {"cluster": pa.int64(), "key_group": pa.int64()},
        [
            dict(zip(("source_table", "source_key"), key.split(":"), strict=True))
            | {"record_key": key, "customer_id": f"customer {p}"}
            | {"cluster": int(p[1:]), "key_group": int(p[1:])}
            for key, p in people.items()
        ],
    )
    table(
        "identity_edges",
        {"record_key": text, "identifier_value": text, "rule": text},
        [{"record_key": key, "identifier_value": key, "rule": "email:only_name"} for key in people],
    )
    table(
        "customer_identifiers",
        dict.fromkeys(("identifier_type", "identifier_value", "customer_id"), text)
        | {"is_shared": flag},
        [
            {
                "identifier_type": "shop_customer_id",
                "identifier_value": person,
                "customer_id": f"customer {person}",
                "is_shared": False,
            }
            for person in set(people.values())
        ],
    )
    table(
        "identity_blocked_values",
        dict.fromkeys(("identifier_type", "identifier_value", "reason", "why"), text)
        | {"records_count": pa.int64(), "people_count": pa.int64()},
        [],
    )
    table("stg_email__messages", {"message_id": text, "email_key": text}, [])
    table(
        "email_events",
        dict.fromkeys(("event_id", "message_id", "email_key", "event_type", "url"), text)
        | {"occurred_at": time, "is_machine": flag},
        [],
    )
    seed(scratch, "identifier_limits", identifier_type=text, max_people=pa.int64(), why=text)
    seed(scratch, "blocked_identifiers", identifier_type=text, pattern=text, why=text)
    ranks = {"trust_rank": pa.int64(), "min_letters": pa.int64()}
    seed(scratch, "device_evidence", evidence=text, **ranks)
    for model in MODELS:
        path = ROOT / "models" / f"{model}.sql"
        # A view leaves no file to read on Spark.
        sql = path.read_text(encoding="utf-8").replace(
            "materialized='view'", "materialized='table'"
        )
        scratch.model(path.stem, sql)
    done = scratch.dbt("run", "--vars", "{user_id_is: shop_customer_id}")
    assert done.returncode == 0, done.stdout


def test_events_on_shared_devices_go_to_who_used_them(scratch: ScratchProject) -> None:
    events = histories(random.Random(5))
    build(scratch, events)
    credited = scratch.rows("customer_web_events", "message_id", "customer_id", schema="marts")
    assert max(Counter(message_id for message_id, _ in credited).values()) == 1
    assert dict(credited) == credits_expected(events)

    turns: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    columns = ("anonymous_id", "valid_from", "valid_to")
    for device, start, end in scratch.rows("device_owners", *columns):
        turns[device].append((start or datetime.min, end or datetime.max))
    for spans in turns.values():
        spans.sort()
        assert all(start < end for start, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
