"""identity_visits: one moment is in one visit; random histories against the rule told once more."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from conftest import ROOT, ScratchProject

NAME = "identity_visits"
START = datetime(2026, 1, 1)
GAP = 1800
MAX_PEOPLE = 3
DEVICES = 300
BLOCKED = "d1%"


@dataclass(frozen=True)
class Moment:
    device: str
    at: float  # seconds after START
    user: str | None = None
    checkout: str | None = None
    is_log_out: bool = False


def histories(rng: random.Random) -> list[Moment]:
    """Devices of nobody, of some and of many; what happens, happens often in one moment."""
    found = []
    for number in range(DEVICES):
        device, at = f"d{number}", 0.0
        users = [f"U{n}" for n in range(rng.choice([1, 1, 2, 5]))]
        for place in range(rng.randrange(2, 15)):
            at += rng.choice([0, 0.25, 60, 300, GAP - 0.25, GAP, 86_400])
            kind = rng.choice(["page", "login", "login", "checkout", "checkout", "log_out"])
            user = rng.choice(users) if kind == "login" or rng.random() < 0.1 else None
            if kind == "checkout":
                found.append(Moment(device, at, checkout=f"{device} {place}"))
            else:
                found.append(Moment(device, at, user, is_log_out=kind == "log_out"))
    return found


def expected(moments: list[Moment]) -> set[tuple[str, datetime]]:
    """Each record and when its visit began."""
    devices: dict[str, dict[float, list[Moment]]] = defaultdict(lambda: defaultdict(list))
    for moment in moments:
        devices[moment.device][moment.at].append(moment)
    found = set()
    for device, by_time in devices.items():
        users = {m.user for at_once in by_time.values() for m in at_once if m.user}
        if device.startswith(BLOCKED.rstrip("%")) or len(users) > MAX_PEOPLE:
            continue
        times = sorted(by_time)
        visits = [[times[0]]]
        for before, now in pairwise(times):
            if now - before >= GAP or any(m.is_log_out for m in by_time[before]):
                visits.append([])
            visits[-1].append(now)
        for visit in visits:
            seen = [moment for at in visit for moment in by_time[at]]
            logins = {f"web.users:{m.user}" for m in seen if m.user}
            checkouts = {f"shop.checkouts:{m.checkout}" for m in seen if m.checkout}
            if len(logins) == 1 and checkouts:
                began_at = START + timedelta(seconds=visit[0])
                found |= {(f"{key} on {device}", began_at) for key in logins | checkouts}
    return found


def visits(scratch: ScratchProject, moments: list[Moment]) -> list[tuple[str, datetime]]:
    """What the model finds: each record and when its visit began."""
    events = [moment for moment in moments if not moment.checkout]
    checkouts = [moment for moment in moments if moment.checkout]
    scratch.table(
        "stg_web__events",
        {
            "anonymous_id": [event.device for event in events],
            "user_id": [event.user for event in events],
            "event_name": ["Signed Out" if event.is_log_out else "Other" for event in events],
            "event_at": [START + timedelta(seconds=event.at) for event in events],
            "is_bot": [False] * len(events),
        },
    )
    scratch.table(
        "stg_shop__checkouts",
        {
            "anonymous_id": [checkout.device for checkout in checkouts],
            "checkout_id": [checkout.checkout for checkout in checkouts],
            "created_at": [START + timedelta(seconds=checkout.at) for checkout in checkouts],
        },
    )
    kind = "'anonymous_id' as identifier_type"
    scratch.model("identifier_limits", f"select {kind}, {MAX_PEOPLE} as max_people")
    scratch.model("blocked_identifiers", f"select {kind}, '{BLOCKED}' as pattern")
    scratch.model("identity_reread_records", "select 1 as n")
    scratch.model(NAME, (ROOT / "models" / "identity" / f"{NAME}.sql").read_text())
    done = scratch.dbt("run")
    assert done.returncode == 0, done.stdout
    return [
        (f"{key} on {device}", datetime.fromisoformat(session.removeprefix(f"{device} ")))
        for key, device, session in scratch.rows(NAME, "record_key", "anonymous_id", "session_key")
    ]


def test_a_visit_begins_for_all_who_come_in_one_moment(scratch: ScratchProject) -> None:
    """Fifty checkouts of one moment, an hour after a login: none is in the login's visit."""
    devices = [f"d{number}" for number in range(5)]
    logins = [Moment(device, 0, "U1") for device in devices]
    checkouts = [Moment(device, 3600, None, f"{n}") for device in devices for n in range(50)]
    assert visits(scratch, logins + checkouts) == []


def test_visits_are_of_one_login_on_one_familys_device(scratch: ScratchProject) -> None:
    moments = histories(random.Random(3))
    found = visits(scratch, moments)
    assert len(set(found)) == len(found) > DEVICES / 5
    assert set(found) == expected(moments)
