"""What a simulation found: counts by campaign and day, letters, and whether its promises held."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from penpal.customers.next_letter import zone_of
from penpal.identity.evidence import Row, rows

# The last word on a letter in each day (or, where `day` is null, in all days): a letter that went
# out stays one, and that it is "already sent" from then on is no news.
STATES = """
create or replace temp table states as
with told as (
    select decisions.*, cast(decided_at as date) as day
    from simulation.decisions as decisions
    where not (
        reason = 'already_sent'
        and message_id in (select message_id from simulation.letters)
    )
),
ranked as (
    select *,
        row_number() over (
            partition by message_id, day order by decision = 'send' desc, decided_at desc
        ) as place_of_day,
        row_number() over (
            partition by message_id order by decision = 'send' desc, decided_at desc
        ) as place
    from told
)
select day, message_id, customer_id, campaign, occasion, decision, reason, place = 1 as is_last
from ranked
where place_of_day = 1
"""

BY_DAY = """
select day, campaign, decision, reason, count(*) as occasions from states
group by all order by day, campaign, decision, reason
"""

IN_ALL = """
select campaign, decision, reason, count(*) as occasions, count(distinct customer_id) as customers
from states where is_last
group by all order by campaign, decision, reason
"""

# A customer may have changed its id since: who it is now is who it was.
LETTERS = """
select letters.message_id, letters.campaign, letters.occasion, letters.variant, letters.sent_at,
    coalesce(changes.current_customer_id, letters.customer_id) as customer_id,
    customers.timezone, coalesce(campaigns.kind, 'marketing') as kind
from simulation.letters as letters
left join identity.customer_id_changes as changes on letters.customer_id = changes.customer_id
left join marts.customers as customers
    on coalesce(changes.current_customer_id, letters.customer_id) = customers.customer_id
left join rules.campaigns as campaigns on letters.campaign = campaigns.campaign
order by letters.sent_at, letters.campaign, letters.message_id
"""

LAST_STATES = (
    "select message_id, campaign, decision, reason from states where is_last order by message_id"
)


def outcome(
    connection: duckdb.DuckDBPyConnection, caps: dict[str, int] | None, campaigns: list[str]
) -> Row:
    """All that a scratch warehouse tells after its last step; of all campaigns if none is named.

    Keys: days (day, campaign, decision, reason, occasions), totals (the same for the whole time,
    with customers), letters (message_id -> letter), states (message_id -> campaign, decision,
    reason), checks (what, found, is_kept).
    """
    connection.execute(STATES)
    letters = rows(connection, LETTERS)
    checks = promises(letters, caps)

    def of_interest(found: list[Row]) -> list[Row]:
        return [row for row in found if not campaigns or row["campaign"] in campaigns]

    return {
        "days": of_interest(rows(connection, BY_DAY)),
        "totals": of_interest(rows(connection, IN_ALL)),
        "letters": {row["message_id"]: row for row in of_interest(letters)},
        "states": {
            row["message_id"]: row for row in of_interest(rows(connection, LAST_STATES))
        },
        "checks": checks,
    }  # fmt: skip


def promises(letters: list[Row], caps: dict[str, int] | None) -> list[Row]:
    """What must hold of all letters, whichever campaigns are shown, counted anew from them."""
    marketing = [letter for letter in letters if letter["kind"] == "marketing"]
    checks = [
        promise("a letter twice", most(letters, "message_id"), 1),
        promise(
            "a campaign's occasion of a customer twice",
            most(letters, "campaign", "customer_id", "occasion"),
            1,
        ),
        promise(
            "marketing letters of a customer in a run", most(marketing, "customer_id", "sent_at"), 1
        ),
    ]
    if caps:
        marketing = [
            letter | calendar(letter["sent_at"], letter["timezone"]) for letter in marketing
        ]
        for span in ("day", "week"):
            found = most(marketing, "customer_id", span)
            checks.append(
                promise(f"marketing letters of a customer a {span}", found, caps[f"per_{span}"])
            )
    return checks


def promise(what: str, found: int, allowed: int) -> Row:
    return {"what": what, "most": found, "allowed": allowed, "is_kept": found <= allowed}


def most(letters: list[Row], *keys: str) -> int:
    """The most letters that agree in these."""
    counts = Counter(tuple(letter[key] for key in keys) for letter in letters)
    return max(counts.values(), default=0)


def calendar(sent_at: datetime, timezone: str | None) -> dict[str, date]:
    """Day and week (its Monday) of a moment by the calendar of a customer; UTC if unknown."""
    zone: ZoneInfo | Any = zone_of(timezone) or UTC
    day = sent_at.replace(tzinfo=UTC).astimezone(zone).date()
    return {"day": day, "week": day - timedelta(days=day.weekday())}
