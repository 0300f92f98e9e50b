"""A shop whose letters have true effects, made in a copy of the sample's warehouse.

Customers, letters, reactions and orders are drawn, with one seed; the models of
models/marts/performance are then built from them as from any shop's. What is true of it stands in
CAMPAIGNS, so that tests can ask whether the results find it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

CLOCK = datetime(2026, 6, 15, 12)
PEOPLE = 6_000


@dataclass(frozen=True)
class Campaign:
    """Arms with the share of customers that each gets (`drawn`, where the draw went wrong, tells
    another), the rate of clicks of each, and what is true of all letters."""

    name: str
    experiment: str = ""
    shares: dict[str, float] = field(default_factory=lambda: {"": 1.0})
    clicks: dict[str, float] = field(default_factory=lambda: {"": 0.08})
    drawn: dict[str, float] | None = None
    factors: dict[str, str] = field(default_factory=dict)
    unsubscribes: float = 0.002
    orders_caused: float = 0.0  # share of readers who order because of the letter
    blocks: tuple[tuple[str, float], ...] = (("header.1", 0.1), ("button.2", 0.9))


HALVES = {"a": 0.5, "b": 0.5}
QUARTERS = dict.fromkeys(("ln", "lc", "sn", "sc"), 0.25)
CART = (("header.1", 0.06), ("button.2", 0.6), ("cart.3", 0.24), ("cart.4", 0.1))
GRID = tuple((f"recommended_grid.{n}", share) for n, share in enumerate((0.2, 0.1, 0.06, 0.04), 2))
CAMPAIGNS = (
    # b wins; the letters bring orders.
    Campaign(
        "cart_abandonment",
        "cart_subject",
        {"holdout": 0.2, "a": 0.4, "b": 0.4},
        {"a": 0.10, "b": 0.15},
        orders_caused=0.06,
        blocks=CART,
    ),
    # The same letter twice; nothing is brought, readers are lost.
    Campaign(
        "win_back",
        "win_back_aa",
        {"holdout": 0.2, "a": 0.4, "b": 0.4},
        {"a": 0.08, "b": 0.08},
        unsubscribes=0.03,
        blocks=(("header.1", 0.1), ("button.1", 0.5), *GRID),
    ),
    # Meant for halves, and not drawn so.
    Campaign(
        "birthday",
        "birthday_layout",
        HALVES,
        {"a": 0.2, "b": 0.26},
        drawn={"a": 0.56, "b": 0.44},
        blocks=(("header.1", 0.1), ("letter.2", 0.7), ("recommended_strip.3", 0.2)),
    ),
    # Two factors that depend on each other.
    Campaign(
        "welcome",
        "welcome_grid",
        QUARTERS,
        {"ln": 0.10, "lc": 0.10, "sn": 0.10, "sc": 0.20},
        factors={
            "ln": "subject=long;offer=none",
            "lc": "subject=long;offer=code",
            "sn": "subject=short;offer=none",
            "sc": "subject=short;offer=code",
        },
        blocks=(("header.1", 0.1), ("button.1", 0.5), *GRID),
    ),
)
NEWSLETTERS = 9  # in the 30 days before, for a third of the customers; two for the others


def fill(warehouse: Path, seed: int = 1) -> None:
    """Puts the shop into a built warehouse, in place of the sample's letters and orders."""
    random = np.random.default_rng(seed)
    people = np.array([f"shop-{number:05d}" for number in range(PEOPLE)])
    browses = random.random(PEOPLE) < 0.5  # half click more; the others' segment tells nothing
    young = random.random(PEOPLE) < 0.4
    with duckdb.connect(str(warehouse)) as connection:
        _fill_customers(connection)
        letters, events, orders, assigned = [], [], [], []
        for number, campaign in enumerate(CAMPAIGNS):
            days = random.uniform(40, 70, PEOPLE) if number else random.uniform(20, 70, PEOPLE)
            _campaign(random, campaign, people, browses, days, letters, events, orders, assigned)
        _newsletters(random, people, browses, letters, events)
        usual = random.random((PEOPLE, 6)) < 0.08
        for person, month in zip(*np.nonzero(usual), strict=True):
            orders.append((people[person], random.uniform(0, 30) + 30 * month, _basket(random)))
        _insert(connection, letters, events, orders, assigned)
        _segments(connection, people, browses, young)


def _basket(random: np.random.Generator) -> float:
    return round(float(random.gamma(2, 20)) + 5, 2)


def _campaign(  # noqa: PLR0917 (what a campaign adds to, a list each)
    random: np.random.Generator,
    campaign: Campaign,
    people: np.ndarray,
    browses: np.ndarray,
    days: np.ndarray,
    letters: list,
    events: list,
    orders: list,
    assigned: list,
) -> None:
    drawn = campaign.drawn or campaign.shares
    arms = random.choice(list(drawn), PEOPLE, p=list(drawn.values()))
    for place, (person, arm, ago) in enumerate(zip(people, arms, days, strict=True)):
        share = campaign.shares[arm]
        made_of = campaign.factors.get(arm)
        assigned.append((campaign.name, campaign.experiment, person, arm, made_of, share, ago))
        if arm == "holdout":
            continue
        rate = campaign.clicks[arm] * (1.25 if browses[place] else 0.75)
        letter = f"{campaign.name}-{person}"
        letters.append((letter, person, campaign.name, arm, ago))
        _react(random, events, letter, person, ago, rate, campaign.unsubscribes, campaign.blocks)
        if random.random() < campaign.orders_caused:
            orders.append((person, ago - random.uniform(0.1, 3), _basket(random)))


def _newsletters(
    random: np.random.Generator,
    people: np.ndarray,
    browses: np.ndarray,
    letters: list,
    events: list,
) -> None:
    """The more of them in 30 days, the fewer clicks and the more who leave."""
    for place, person in enumerate(people):
        count = NEWSLETTERS if place % 3 == 0 else 2
        for number in range(count):
            letter, ago = f"newsletter-{person}-{number}", 18 - number * 1.5
            tired = number / NEWSLETTERS
            rate = 0.12 * (1 - 0.8 * tired) * (1.25 if browses[place] else 0.75)
            letters.append((letter, person, "newsletter", None, ago))
            _react(random, events, letter, person, ago, rate, 0.001 + 0.02 * tired, (("", 1.0),))


def _react(  # noqa: PLR0917 (what a letter meets with)
    random: np.random.Generator,
    events: list,
    letter: str,
    person: str,
    ago: float,
    clicks: float,
    unsubscribes: float,
    blocks: tuple[tuple[str, float], ...],
) -> None:
    sure, opened, clicked, lost = random.random(4)
    if sure > 0.98:
        events.append((letter, person, "bounced", ago, None))
        return
    events.append((letter, person, "delivered", ago, None))
    if opened < 0.35:
        events.append((letter, person, "opened", ago - random.exponential(0.3), None))
    if clicked < clicks:
        marks, weights = zip(*blocks, strict=True)
        mark = random.choice(marks, p=np.array(weights) / sum(weights))
        url = f"https://shop.example.com/?pp_mid={letter}" + (f"&pp_b={mark}" if mark else "")
        events.append((letter, person, "clicked", ago - 0.01 - random.exponential(0.4), url))
    if lost < unsubscribes:
        events.append((letter, person, "unsubscribed", ago - random.exponential(0.5), None))


def _fill_customers(connection: duckdb.DuckDBPyConnection) -> None:
    """The sample's customers again and again, under other names; nobody else is left."""
    connection.execute(
        f"""create temp table copies as
        select customers.* replace (format('shop-{{:05d}}', number) as customer_id,
            null as household_id)
        from (select *, row_number() over (order by customer_id) - 1 as place
            from marts.customers) as customers
        inner join (select unnest(range({PEOPLE})) as number) as numbers
            on customers.place = number % (select count(*) from marts.customers)"""
    )
    connection.execute(
        """create temp table memberships as
        select memberships.* replace (copies.customer_id as customer_id)
        from marts.segment_memberships as memberships
        inner join (select customer_id, row_number() over (order by customer_id) - 1 as place
            from marts.customers) as sample on memberships.customer_id = sample.customer_id
        inner join copies on sample.place = copies.place
        where memberships.segment not in ('recent_browsers', 'young_urban')"""
    )
    connection.execute("delete from marts.segment_memberships")
    connection.execute("insert into marts.segment_memberships select * from memberships")
    connection.execute("delete from marts.customers")
    connection.execute("insert into marts.customers select * exclude (place) from copies")


def _insert(
    connection: duckdb.DuckDBPyConnection, letters: list, events: list, orders: list, assigned: list
) -> None:
    def table(rows: list, *names: str) -> pa.Table:
        columns = zip(*rows, strict=True)
        return pa.table({n: list(map(_plain, c)) for n, c in zip(names, columns, strict=True)})

    given = {
        "letters": table(letters, "message_id", "customer_id", "campaign", "variant", "ago"),
        "events": table(events, "message_id", "customer_id", "event_type", "ago", "url"),
        "orders": table(orders, "customer_id", "ago", "total"),
        "assigned": table(
            *(assigned, "campaign", "experiment", "customer_id", "arm", "factors", "share", "ago")
        ),
    }
    for name, rows in given.items():
        connection.register(f"new_{name}", rows)
    moment = f"date_trunc('second', timestamp '{CLOCK}' - to_microseconds((ago * 8.64e10)::bigint))"
    for name, query in {
        "profile.customer_messages": f"""select message_id, customer_id, customer_id as email_key,
            campaign, message_id as occasion, variant, campaign as template, {moment} as sent_at
            from new_letters""",
        "activity.email_events": f"""select row_number() over () || '' as event_id, message_id,
            customer_id as email_key, event_type, {moment} as occurred_at, url,
            false as is_machine from new_events""",
        "marts.customer_orders": f"""select row_number() over () || '' as order_id, customer_id,
            'paid' as status, false as is_test, true as is_paid, 'USD' as currency, total,
            total as total_base, total as revenue_base, 1 as items_count, {moment} as created_at
            from new_orders""",
        "marts.experiment_assignments": f"""select campaign, experiment, customer_id, arm,
            arm = 'holdout' as is_holdout, factors, share, {moment} as assigned_at,
            customer_id as assigned_customer_id from new_assigned""",
        "activity.letter_visits": f"""select message_id || ago as message_id, customer_id as
            anonymous_id, customer_id as email_key, message_id as letter_message_id,
            's-' || message_id as session_id, {moment} as clicked_at
            from new_events where event_type = 'clicked'""",
        "activity.web_sessions": f"""select 's-' || message_id as session_id,
            {moment} as started_at, {moment} as ended_at, 2 as product_views_count,
            false as has_checkout, false as has_order
            from new_events where event_type = 'clicked'""",
    }.items():
        connection.execute(f"delete from {name}")
        connection.execute(f"insert into {name} by name {query}")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _segments(
    connection: duckdb.DuckDBPyConnection,
    people: np.ndarray,
    browses: np.ndarray,
    young: np.ndarray,
) -> None:
    members = [("recent_browsers", str(person)) for person in people[browses]]
    members += [("young_urban", str(person)) for person in people[young]]
    columns = zip(*members, strict=True)
    table = pa.table(dict(zip(("segment", "customer_id"), map(list, columns), strict=True)))
    connection.register("new_members", table)
    connection.execute("delete from marts.segment_membership_history")
    connection.execute(
        "insert into marts.segment_membership_history by name"
        " select *, timestamp '2025-01-01' as entered_at from new_members"
    )
    connection.execute(
        "insert into marts.segment_memberships by name"
        " select *, timestamp '2025-01-01' as qualified_at, 'so it is' as reason from new_members"
    )
