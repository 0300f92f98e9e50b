"""Local time in SQL against the time zone database of Python, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import ScratchProject

MODEL = """
with places as (
    select id, moment, zone, minutes, from_time, to_time,
        {{ to_local('moment', 'zone') }} as local
    from {{ ref('moments') }}
)
select id, {{ next_local_moment('moment', 'local', 'zone', 'minutes') }} as next_moment,
    {{ is_between_hours('local', 'from_time', 'to_time') }} as is_between,
    {{ utc_text('moment') }} as moment_text
from places
"""
# name: the moment (UTC), the zone, the time that clocks shall show next, and why
CASES = {
    "summer day": ("2026-06-15 12:00", "Europe/Berlin", "08:00"),
    "a minute before": ("2026-06-15 05:59", "Europe/Berlin", "08:00"),
    "exactly then: the next day": ("2026-06-15 06:00", "Europe/Berlin", "08:00"),
    "autumn, first 01:15, to the first 01:30": ("2026-11-01 05:15", "America/New_York", "01:30"),
    "autumn, second 01:15, to the second 01:30": ("2026-11-01 06:15", "America/New_York", "01:30"),
    "autumn, evening before, to the first 01:30": ("2026-11-01 02:00", "America/New_York", "01:30"),
    "autumn, over the change to 08:00": ("2026-11-01 02:00", "America/New_York", "08:00"),
    "spring, to 02:30, which is left out": ("2026-03-08 05:00", "America/New_York", "02:30"),
    "spring, to 02:00, which is left out": ("2026-03-08 05:00", "America/New_York", "02:00"),
    "spring, to 03:00": ("2026-03-08 05:00", "America/New_York", "03:00"),
    "spring, over the change to 08:00": ("2026-03-08 05:00", "America/New_York", "08:00"),
    "half an hour's change": ("2026-10-03 12:00", "Australia/Lord_Howe", "02:15"),
    "half an hour twice": ("2026-04-04 14:50", "Australia/Lord_Howe", "01:45"),
    "fourteen hours ahead": ("2026-06-15 12:00", "Pacific/Kiritimati", "08:00"),
    "eleven hours behind": ("2026-06-15 12:00", "Pacific/Pago_Pago", "08:00"),
    "three quarters of an hour": ("2026-06-15 12:00", "Asia/Kathmandu", "08:00"),
    "over 29 February": ("2028-02-28 23:30", "UTC", "08:00"),
    "into 29 February": ("2028-02-28 20:00", "America/Los_Angeles", "08:00"),
    "seconds count": ("2026-06-15 05:59:59.250000", "Europe/Berlin", "08:00"),
}
QUIET = {"night": ("21:00", "08:00"), "day": ("09:00", "17:30"), "none": (None, "08:00")}


def minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def next_shown(moment: datetime, zone: str, wanted: int) -> datetime:
    """The first minute after a moment that shows the time, or has jumped over it that night."""
    step, place = moment.replace(second=0, microsecond=0) + timedelta(minutes=1), ZoneInfo(zone)
    before = moment.astimezone(place).replace(tzinfo=None)
    while True:
        local = step.astimezone(place).replace(tzinfo=None)
        day = local.replace(hour=0, minute=0)
        if before < day + timedelta(minutes=wanted) <= local:
            return step.replace(tzinfo=None)
        before, step = local, step + timedelta(minutes=1)


def is_quiet(local: datetime, start: str | None, end: str | None) -> bool | None:
    if start is None or end is None:
        return None
    now, first, last = local.hour * 60 + local.minute, minutes(start), minutes(end)
    return first <= now < last if first < last else now >= first or now < last


@pytest.fixture(scope="module")
def answers(scratch: ScratchProject) -> dict[str, tuple[object, ...]]:
    rows = [
        (f"{name}|{hours}", datetime.fromisoformat(moment), zone, minutes(time), *QUIET[hours])
        for name, (moment, zone, time) in CASES.items()
        for hours in QUIET
    ]
    names = ("id", "moment", "zone", "minutes", "from_time", "to_time")
    scratch.table("moments", dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    scratch.model("answers", MODEL)
    done = scratch.dbt("run")
    assert done.returncode == 0, done.stdout
    return {row[0]: row[1:] for row in scratch.rows("answers", "*")}


@pytest.mark.parametrize("name", CASES)
def test_clocks_show_the_time_next(name: str, answers: dict[str, tuple[object, ...]]) -> None:
    moment, zone, time = CASES[name]
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found, _, text = answers[f"{name}|night"]
    assert found.replace(tzinfo=None) == next_shown(start, zone, minutes(time))
    assert text == f"{moment[:16]} UTC"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("hours", QUIET)
def test_hours_are_those_on_the_wall(
    name: str, hours: str, answers: dict[str, tuple[object, ...]]
) -> None:
    moment, zone, _ = CASES[name]
    local = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert answers[f"{name}|{hours}"][1] == is_quiet(local, *QUIET[hours])
