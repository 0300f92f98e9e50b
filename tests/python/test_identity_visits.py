"""identity_visits: what happens in one moment is in one visit, however many rows there are."""

from __future__ import annotations

from datetime import datetime, timedelta

from conftest import ROOT, ScratchProject

NAME = "identity_visits"
LOGIN = datetime(2026, 1, 1, 10)
CHECKOUT = LOGIN + timedelta(hours=1)
DEVICES = [f"D{number}" for number in range(5)]


def test_a_visit_begins_for_all_who_come_in_one_moment(scratch: ScratchProject) -> None:
    """Fifty checkouts of one moment, an hour after a login: none is in the login's visit."""
    logins, checkouts = len(DEVICES), [(device, f"{n}") for device in DEVICES for n in range(50)]
    scratch.table(
        "stg_web__events",
        {
            "anonymous_id": DEVICES,
            "user_id": ["U1"] * logins,
            "event_at": [LOGIN] * logins,
            "is_bot": [False] * logins,
        },
    )
    scratch.table(
        "stg_shop__checkouts",
        {
            "anonymous_id": [device for device, _ in checkouts],
            "checkout_id": [f"{device} {number}" for device, number in checkouts],
            "created_at": [CHECKOUT] * len(checkouts),
        },
    )
    scratch.model("identity_reread_records", "select 1 as n")
    scratch.model(NAME, (ROOT / "models" / "identity" / f"{NAME}.sql").read_text())
    done = scratch.dbt("run")
    assert done.returncode == 0, done.stdout
    assert scratch.rows(NAME, "record_key", "session_key") == []
