"""Planted people: at the clock, somebody stands on each side of every boundary.

truth/planted names them: kind 'case:<what it tries>', value the address (or another key).
"""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from penpal.datagen.people import CITY, World
from penpal.datagen.stage import Stage, clock_times

MINUTES = 60
# Who may be written to, and who may not: what is said to person(), then what happened by post.
STANDING = {
    "consent_withdrawn": ({"marketing": "withdrawn"}, ()),
    "consent_refused": ({"marketing": "refused"}, ()),
    "consent_given_again": ({"marketing": "back"}, ()),
    "withdrawal_not_yet_received": ({"marketing": "unseen"}, ()),
    "consent_unknown": ({"marketing": "unknown", "personalization": "unknown"}, ()),
    "personalization_refused": ({"personalization": "refused"}, ()),
    "personalization_withdrawn": ({"personalization": "withdrawn"}, ()),
    "personalization_unknown": ({"personalization": "unknown"}, ()),
    "address_invalid": ({"email": "broken"}, ()),
    "address_missing": ({"email": "none"}, ()),
    "unsubscribed": ({}, (("delivered", "opened", "unsubscribed"),)),
    "hard_bounced": ({}, (("bounced:hard",),)),
    "complained": ({}, (("delivered", "complained"),)),
    "soft_bounced_3_times": ({}, (("bounced:soft",),) * 3),
    "soft_bounced_2_times": ({}, (("bounced:soft",),) * 2),
    "soft_bounces_then_delivered": ({}, (("bounced:soft",),) * 3 + (("delivered",),)),
}


def make_scenarios(world: World) -> dict[str, pa.Table]:
    """The raw rows of all planted people and their truth."""
    stage = Stage(world, np.random.default_rng([world.seed, 0, 1]))
    before = clock_times(world.as_of)
    for plant in (
        _cart_times,
        _cart_ends,
        _browsers,
        _buyers,
        _quiet,
        _birthdays,
        _clock_edges,
        _standing,
        _identities,
        _occasions,
    ):
        plant(stage, before)
    return stage.tables()


def _cart_times(stage: Stage, before: Callable) -> None:
    """Carts by the time of their last touch."""
    edges = {
        "29m59s": 29 * MINUTES + 59,
        "30m00s": 30 * MINUTES,
        "30m01s": 30 * MINUTES + 1,
        "48h29m59s": 48 * 3600 + 29 * MINUTES + 59,
        "48h30m00s": 48 * 3600 + 30 * MINUTES,
        "71h59m59s": 72 * 3600 - 1,
        "72h00m00s": 72 * 3600,
        "72h00m01s": 72 * 3600 + 1,
        "80h": 80 * 3600,
    }
    for name, seconds in edges.items():
        actor = stage.person(f"cart_idle_{name}")
        stage.cart(actor, before(seconds=seconds), [2, 60])
    towns = [
        "New York",
        "London",
        "Berlin",
        "Paris",
        "Madrid",
        "Tokyo",
        "São Paulo",
        "Toronto",
        "Los Angeles",
        "Sydney",
        "Amsterdam",
        "Chicago",
        "Edinburgh",
        "Denver",
    ]
    for place, town in enumerate(towns):
        actor = stage.person("cart_left", town)
        stage.order(actor, before(days=200 + place), (place + 40,))
        stage.cart(
            actor, before(hours=1 + 2.5 * place), [place, place + 20, place + 50][: 1 + place % 3]
        )


def _cart_ends(stage: Stage, before: Callable) -> None:
    """Carts that came to some end, or look as if."""
    actor = stage.person("cart_ordered_same_cart_id")
    cart = stage.cart(actor, before(hours=5), [4, 5])
    stage.order(actor, before(hours=4), (4, 5), cart=cart)

    actor = stage.person("cart_ordered_event_only")
    cart = stage.cart(actor, before(hours=5), [4])
    stage.event(
        actor,
        "Order Completed",
        before(hours=4.9),
        path="/thank-you",
        cart_id=cart,
        order_id="O" + stage.key("")[:8],
        currency="USD",
    )

    actor = stage.person("cart_ordered_without_cart_id")
    stage.cart(actor, before(hours=5), [6])
    stage.order(actor, before(hours=3), (6,))

    actor = stage.person("cart_order_received_too_late")
    cart = stage.cart(actor, before(hours=5), [6])
    stage.order(actor, before(hours=4), (6,), cart=cart, loaded=before(seconds=-1))

    for status in ("cancelled", "pending", "refunded"):
        actor = stage.person(f"cart_order_{status}")
        cart = stage.cart(actor, before(hours=6), [7, 8])
        stage.order(actor, before(hours=5), (7, 8), status=status, cart=cart)

    actor = stage.person("cart_emptied")
    stage.cart(actor, before(hours=3), [9, 10], removed=(9, 10))
    actor = stage.person("cart_one_item_removed")
    stage.cart(actor, before(hours=3), [9, 10], removed=(9,))

    actor = stage.person("two_carts_first_bought_second_left")
    cart = stage.cart(actor, before(hours=30), [11])
    stage.order(actor, before(hours=29), (11,), cart=cart)
    stage.cart(actor, before(hours=4), [12, 13])
    actor = stage.person("two_carts_first_left_second_bought")
    stage.cart(actor, before(hours=30), [11])
    cart = stage.cart(actor, before(hours=4), [12, 13])
    stage.order(actor, before(hours=3), (12, 13), cart=cart)
    actor = stage.person("two_carts_both_left")
    stage.cart(actor, before(hours=30), [14])
    stage.cart(actor, before(hours=4), [15])

    actor = stage.person("cart_checkout_on_anonymous_device", account=False)
    cart = stage.cart(actor, before(hours=7), [16, 17])
    stage.event(actor, "Checkout Started", before(hours=6.9), path="/checkout", cart_id=cart)
    stage.checkout(actor, cart, before(hours=6.9))
    actor = stage.person("cart_checkout_is_the_only_trace", account=False, contact=False)
    cart = stage.cart(actor, before(hours=7), [18])
    stage.checkout(actor, cart, before(hours=6.8))
    actor = stage.person("cart_checkout_completed", account=False)
    cart = stage.cart(actor, before(hours=7), [18])
    stage.checkout(actor, cart, before(hours=6.8), before(hours=6.7))
    stage.order(actor, before(hours=6.7), (18,), cart=cart)
    actor = stage.person("cart_with_odd_products")  # http and javascript addresses, odd names
    stage.cart(actor, before(hours=8), [7, 31, 3, 25])
    actor = stage.person("cart_touched_again_20_minutes_ago")
    stage.cart(actor, before(hours=8), [21])
    stage.event(
        actor,
        "Cart Viewed",
        before(seconds=20 * MINUTES),
        path="/cart",
        cart_id="K" + stage.code(actor.number * 32 + 16, 32, 23),
    )


def _browsers(stage: Stage, before: Callable) -> None:
    """Viewers of two, three and more products within seven days."""
    week = 7 * 24 * 3600
    for case, views in {
        "viewed_2_products": [(1, 3600), (2, 3500)],
        "viewed_3_products": [(1, 3600), (2, 3500), (3, 3400)],
        "viewed_5_products": [(p, 90_000 - p * 60) for p in range(5)],
        "viewed_1_product_3_times": [(1, 3600), (1, 3500), (1, 3400)],
        "viewed_third_exactly_7_days_ago": [(1, week), (2, 3500), (3, 3400)],
        "viewed_third_inside_7_days": [(1, week - 1), (2, 3500), (3, 3400)],
        "viewed_third_at_the_clock": [(1, 3600), (2, 3500), (3, 0)],
        "viewed_third_after_the_clock": [(1, 3600), (2, 3500), (3, -1)],
    }.items():
        actor = stage.person(case)
        for product, seconds in views:
            stage.view(actor, product, before(seconds=seconds))
    for case, hours in (
        ("viewed_3_products_then_ordered", 0.5),
        ("ordered_then_viewed_3_products", 9),
    ):
        actor = stage.person(case)
        for product in (30, 32, 33):
            stage.view(actor, product, before(hours=1, seconds=product))
        stage.order(actor, before(hours=hours), (30,))
    actor = stage.person("viewed_3_products_anonymously_then_logged_in")
    for product in (34, 35, 36):
        stage.view(actor, product, before(days=2, seconds=product), known=False)
    stage.event(actor, "identify", before(days=1), traits={"email": actor.email})


def _buyers(stage: Stage, before: Callable) -> None:
    """Two, three and four paid orders within 180 days."""
    for case, days, status in (
        ("bought_2_times", (10, 100), "paid"),
        ("bought_3_times", (10, 50, 100), "paid"),
        ("bought_4_times", (10, 50, 100, 170), "paid"),
        ("bought_3_times_long_ago", (190, 200, 300), "paid"),
        ("bought_third_exactly_180_days_ago", (10, 50, 180), "paid"),
        ("bought_2_times_and_cancelled_one", (10, 50), "cancelled"),
        ("bought_2_times_and_refunded_one", (10, 50), "refunded"),
        ("bought_2_times_and_one_pending", (10, 50), "pending"),
    ):
        actor = stage.person(case)
        for place, day in enumerate(days):
            stage.order(actor, before(days=day), (20 + place,))
        if status != "paid":
            stage.order(actor, before(days=20), (29,), status=status)
    for case, third in (
        ("bought_third_inside_180_days", before(days=180, seconds=-1)),
        ("bought_third_at_the_clock", before()),
        ("bought_third_after_the_clock", before(seconds=-1)),
    ):
        actor = stage.person(case)
        for place, at in enumerate((before(days=10), before(days=50), third)):
            stage.order(actor, at, (40 + place,))


def _quiet(stage: Stage, before: Callable) -> None:
    """Last seen around 90 days ago."""
    day = 24 * 3600
    for case, seconds in {
        "quiet_89_days": 89 * day,
        "quiet_90_days_less_1s": 90 * day - 1,
        "quiet_90_days": 90 * day,
        "quiet_90_days_and_1s": 90 * day + 1,
        "quiet_91_days": 91 * day,
        "quiet_119_days": 119 * day,
        "quiet_121_days": 121 * day,
        "quiet_350_days": 350 * day,
    }.items():
        actor = stage.person(case)
        stage.order(actor, before(seconds=seconds), (50,))
    for place, town in enumerate(
        [
            "Boston",
            "London",
            "Hamburg",
            "Lyon",
            "Auckland",
            "Osaka",
            "Seattle",
            "Vancouver",
            "Sevilla",
            "Utrecht",
            "Miami",
            "Leeds",
        ]
    ):
        actor = stage.person("quiet", town)
        for extra in range(1 + place % 3):
            stage.order(actor, before(days=92 + 2 * place + 40 * extra), (place, place + 60))
    actor = stage.person("quiet_but_opened_by_machine")
    stage.order(actor, before(days=100), (51,))
    stage.letter(actor, "newsletter", before(days=5), "delivered", "opened:machine")
    actor = stage.person("quiet_but_clicked_last_week")
    stage.order(actor, before(days=100), (51,))
    letter = stage.letter(actor, "newsletter", before(days=5), "delivered", "opened", "clicked")
    stage.event(
        actor, "page", before(days=5, seconds=-200), known=False, path=f"/new?pp_mid={letter}"
    )
    actor = stage.person("never_bought_quiet", account=False)
    stage.event(actor, "identify", before(days=100), known=False, traits={"email": actor.email})


def _birthdays(stage: Stage, before: Callable) -> None:
    """Yesterday, today and tomorrow on the calendar of each zone."""
    now = datetime.fromtimestamp(before() / 1000, UTC)
    towns = [
        "Auckland",
        "Sydney",
        "Tokyo",
        "Berlin",
        "London",
        "São Paulo",
        "St. John's",
        "New York",
        "Los Angeles",
        "Honolulu",
    ]
    for place, town in enumerate(towns):
        zone = next(c[5] for c in CITY if c[1] == town)
        today = now.astimezone(ZoneInfo(zone)).date()
        for case, days in (("yesterday", -1), ("today", 0), ("tomorrow", 1)):
            born = _born(today + timedelta(days=days), 25 + 3 * place)
            actor = stage.person(f"birthday_{case}_in_{town}", town, born)
            stage.order(actor, before(days=30 + place), (place + 70,))
    for place, town in enumerate(
        ["London", "Manchester", "Madrid", "Paris", "München", "Rotterdam"]
    ):
        zone = next(c[5] for c in CITY if c[1] == town)
        today = now.astimezone(ZoneInfo(zone)).date()
        actor = stage.person("birthday_today", town, _born(today, 31 + 4 * place))
        stage.order(actor, before(days=40 + place), (place + 80,))
    runner = stage.person("birthday_on_29_february", "London", date(1988, 2, 29))
    stage.interest(runner, "running", before(days=50))
    stage.person("birthday_on_29_february", "New York", date(2000, 2, 29))
    stage.person("born_on_the_clocks_day", "London", now.date(), since=30)


def _born(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February in a common year
        return day.replace(year=day.year - years, day=28)


def _clock_edges(stage: Stage, before: Callable) -> None:
    """Late, repeated, out of order, and from clocks that are wrong."""
    actor = stage.person("event_at_the_clock")
    stage.event(actor, "page", before())
    actor = stage.person("event_one_second_after_the_clock")
    stage.event(actor, "page", before(seconds=-1))
    actor = stage.person("event_before_but_received_after_the_clock")
    stage.event(actor, "page", before(hours=1), received=before(seconds=-1))
    actor = stage.person("event_received_11_days_late")
    stage.event(actor, "page", before(days=12), received=before(days=1))
    actor = stage.person("event_delivered_three_times")
    stage.view(actor, 5, before(days=3))
    again = stage.rows["web.events"][-1]
    stage.rows["web.events"] += [
        dict(again),
        {**again, "received_at": again["received_at"][:-5] + ".900Z"},
    ]
    actor = stage.person("clock_one_year_ahead")
    stage.view(actor, 6, before(days=3))
    row, ahead = stage.rows["web.events"][-1], before(days=-362)
    row |= dict.fromkeys(
        ("original_timestamp", "sent_at", "timestamp"),
        datetime.fromtimestamp(ahead / 1000, UTC).isoformat(),
    )
    actor = stage.person("session_gap_29m59s_then_30m00s")
    for seconds in (7200, 7200 - 1799, 7200 - 1799 - 1800):
        stage.event(actor, "page", before(days=4, seconds=seconds))
    actor = stage.person("contact_not_yet_loaded", contact=False)
    stage.contact(actor, before(days=1), loaded_at="2199-01-01T00:00:00Z")


def _standing(stage: Stage, before: Callable) -> None:
    """Each reason to write or not to write, on each of the three campaigns."""
    today = datetime.fromtimestamp(before() / 1000, ZoneInfo("Europe/London")).date()
    triggers = {
        "cart_abandonment": lambda a: stage.cart(a, before(hours=10), [26, 64]),
        "win_back": lambda a: stage.order(a, before(days=101), (52,)),
        "birthday": lambda a: stage.order(a, before(days=33), (53,)),
    }
    recent = {"cart_abandonment": (1, 4), "win_back": (30, 75), "birthday": (200, 366)}
    for campaign, happen in triggers.items():
        born = _born(today, 40) if campaign == "birthday" else None
        for case, (told, post) in STANDING.items():
            actor = stage.person(f"{campaign}:{case}", "Bristol", born, **told)
            happen(actor)
            for place, fates in enumerate(post):
                stage.letter(actor, "newsletter", before(days=80 - 15 * place), *fates)
        for case, days in zip(("sent_lately", "sent_earlier"), recent[campaign], strict=True):
            actor = stage.person(f"{campaign}:{case}", "Bristol", born)
            happen(actor)
            stage.letter(actor, campaign, before(days=days), "delivered", "opened")
    actor = stage.person("everything_at_once", "London", _born(today, 50))
    for day in (10, 20, 30):
        stage.order(actor, before(days=day), (day,))
    for product in (30, 31, 32):
        stage.view(actor, product, before(days=1, seconds=product))
    stage.cart(actor, before(hours=2), [41, 42])


def _identities(stage: Stage, before: Callable) -> None:
    """Who is who: families, shared and public devices, chains of evidence, junk."""
    family = "family.at.home@mailbox.example"
    stage.nobodys |= {family}
    head = stage.person("family_email", "Leeds", email=family)
    for name in ("Oscar", "Tilda"):
        actor = stage.person(
            "family_email",
            email=head.email,
            home=head,
            account=False,
            marketing="unknown",
            personalization="unknown",
            names=(name, head.last),
        )
        stage.order(actor, before(days=60 + len(name)), (14,), phone=None)

    father = stage.person("same_name_father", "Glasgow", date(1951, 4, 9))
    son = stage.person(
        "same_name_son", birth=date(1983, 9, 1), home=father, names=(father.first, father.last)
    )
    for actor in (father, son):
        stage.contact(
            actor, before(days=90), 1, phone="+441415550123", email=None, mobile_phone=None
        )

    first = stage.person("shared_tablet", "Bristol")
    second = stage.person("shared_tablet", home=first, names=("Wren", first.last))
    for turn, actor in enumerate((first, second, first, second)):
        at = before(days=40 - turn)
        stage.event(actor, "page", at, device=first.device, known=False)
        stage.event(
            actor, "identify", at + 1000, device=first.device, traits={"email": actor.email}
        )
        stage.view(actor, 40 + turn, at + 2000, device=first.device)
    second.device = first.device
    later = stage.person("device_sold_on", "Cardiff")
    for actor, days in ((stage.person("device_first_owner", "Cardiff"), 300), (later, 60)):
        stage.view(actor, 44, before(days=days + 1), device=later.device, known=False)
        stage.event(
            actor, "identify", before(days=days), device=later.device, traits={"email": actor.email}
        )

    kiosk = "a" + stage.key("")[:12]
    for turn in range(7):
        actor = stage.person("kiosk", "London")
        stage.event(
            actor,
            "identify",
            before(days=9, seconds=-600 * turn),
            device=kiosk,
            traits={"email": actor.email},
        )
        stage.view(actor, 10 + turn, before(days=9, seconds=-600 * turn - 60), device=kiosk)
        stage.add("truth.planted", kind="kiosk", value=kiosk, person_id=actor.id)

    for email in ("test@test.com", "none@none.com", "test@test.com"):
        actor = stage.person(
            "junk_identifiers",
            email=email,
            account=False,
            marketing="unknown",
            personalization="unknown",
        )
        stage.contact(
            actor,
            before(days=70),
            1,
            phone="0000000000",
            mobile_phone="+1 111 111 1111",
            email="n/a",
        )
        actor.email = None

    actor = stage.person("chain_of_merged_contacts", "Sevilla", names=("José", "Ibáñez"))
    ids = ["C" + stage.code(actor.number * 4 + copy, 4, 11) for copy in range(4)]
    garbled = ("José", "JosÃ©", "JOSÉ", unicodedata.normalize("NFD", "José"))
    for copy in (1, 2, 3):
        stage.contact(
            actor,
            before(days=100 - copy),
            copy,
            first_name=garbled[copy],
            email=None,
            mobile_phone=actor.phone if copy == 3 else None,
            birth_date=None,
            merged_contact_ids=ids[copy - 1],
        )
    actor = stage.person("married_name", names=("Hannah", "Fairfield"))
    stage.contact(actor, before(days=20), 1, last_name="Okafor", mobile_phone=None)
    actor = stage.person("nickname_and_swapped_names", "Boston", names=("Katherine", "Ashbrook"))
    stage.contact(actor, before(days=80), 1, first_name="Kate", email=None)
    stage.contact(
        actor, before(days=70), 2, first_name=actor.last, last_name=actor.first, mobile_phone=None
    )
    actor = stage.person("letter_click_stitches_device", account=False)
    letter = stage.letter(actor, "newsletter", before(days=6), "delivered", "opened", "clicked")
    stage.event(actor, "page", before(days=6, seconds=-190), path=f"/new?pp_mid={letter}")
    for product in (37, 38, 39):
        stage.view(actor, product, before(days=6, seconds=-200 - product))
    actor = stage.person(
        "guest_orders_with_address_variants", account=False, email="robin.lark.sample@gmail.com"
    )
    for place, email in enumerate(
        (
            "Robin.Lark.Sample@gmail.com ",
            "robinlark.sample+pens@gmail.com",
            "ROBINLARKSAMPLE@GMAIL.COM",
        )
    ):
        stage.order(actor, before(days=40 + 30 * place), (place,), email=email, phone=None)


def _occasions(stage: Stage, before: Callable) -> None:
    """What else makes an occasion for a letter, of people who are there already."""
    actor = next(a for a in stage.actors if a.case == "birthday_on_29_february")
    for days in (95, 65, 35):
        stage.order(actor, before(days=days), (71,))
    stage.case(actor, "bought_every_30_days")
    actor = next(a for a in stage.actors if a.case == "birthday:consent_unknown")
    stage.consent(actor, "marketing", before(hours=2), "pending", "sign-up form")
    stage.case(actor, "consent_pending")
