"""An outsider takes somebody's name, and more that is no secret: nothing of hers comes to him.

Each world has a victim of its own, who left a cart or has her birthday today, and an outsider who
opens an account, becomes a contact and begins a checkout, says this much of her, and comes before,
between or after her records. In worlds with her phone he also types hers, or her address, wherever
a shop lets anybody type one. All live in one shop, which is built once.
"""

from __future__ import annotations

import csv
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import pytest
from conftest import copy_project, dbt_in_project

VARS = "{raw_data: lake, sources: [crm, web, shop], as_of: '2026-06-15 12:00:00'}"
RUN = ("--quiet", "build", "--select", "+email_queue")
RUN += ("--exclude-resource-type", "unit_test", "test")

SAID = {
    "name": ("first_name", "last_name", "country", "language", "gender"),
    "city_too": ("first_name", "last_name", "city"),
    "birth_date_too": ("first_name", "last_name", "birth_date"),
    "city_and_birth_date_too": ("first_name", "last_name", "city", "birth_date"),
    "home_too": ("first_name", "last_name", "city", "birth_date", "street_address", "postal_code"),
}
PHONE = ("first_name", "last_name", "phone")
# What he does with her phone, her address, her login or her cart beside what he says.
TYPES = {
    "phone_in_account": ("account",),
    "phone_in_contact": ("contact",),
    "phone_in_order": ("order",),
    "phone_in_checkout": ("phone_checkout",),
    "phone_in_traits": ("account", "phone_traits"),
    "her_address_in_traits": ("account", "her_address_in_traits"),
    "her_address_in_checkout": ("account", "his_cart", "her_address_in_checkout"),
    "her_address_in_order": ("account", "her_address_in_order"),
    "her_address_in_account": ("account_of_hers", "his_address_in_order"),
    "her_address_in_contact": ("contact_that_lists_hers",),
    "her_login_in_traits": ("her_login_in_traits",),
    "her_cart_in_checkout": ("her_cart_in_checkout",),
    "her_cart_in_session": ("account", "her_cart_in_session"),
}
COMES = {"before": "2024-01-01", "between": "2025-06-01", "after": "2026-06-01"}
OCCASIONS = ("cart_by_login", "cart_by_checkout", "birthday")


# A checkout that was begun is an occasion of its own, and goes first.
OF_CARTS = ("cart_abandonment", "high_intent")


@dataclass(frozen=True)
class World:
    number: int
    said: str
    comes: str
    occasion: str
    ways: tuple[str, ...]
    types: str = ""

    @property
    def hers(self) -> str:
        return f"hers{self.number}@mail.example"

    @property
    def his(self) -> str:
        return f"stranger{self.number}@post.example"

    @property
    def victim(self) -> dict[str, str]:
        draw = random.Random(self.number)
        first, last, street = ("".join(draw.choices("bdfgklmnprstvz", k=8)) for _ in range(3))
        return {
            "first_name": first,
            "last_name": last,
            "country": "US",
            "language": "en",
            "gender": "female",
            "city": "Springfield",
            "birth_date": f"19{60 + self.number % 40}-06-15",
            "street_address": f"{self.number + 1} {street} road",
            "postal_code": f"{10000 + 7 * self.number}",
            "phone": f"+12025{draw.randrange(10**5, 10**6)}",
        }

    @property
    def words(self) -> tuple[str, ...]:
        """The columns in which he says the same as she."""
        return PHONE if self.said == "phone" else SAID[self.said]


def worlds() -> Iterator[World]:
    ways = (("account",), ("contact",), ("account", "contact"), ("contact", "account", "checkout"))
    everything = itertools.product(SAID, COMES, OCCASIONS)
    for number, ((said, comes, occasion), way) in enumerate(
        zip(everything, itertools.cycle(ways), strict=False)
    ):
        yield World(number, said, comes, occasion, way)
    typed = itertools.product(TYPES, ("before", "after"), OCCASIONS)
    for number, (types, comes, occasion) in enumerate(
        typed, len(SAID) * len(COMES) * len(OCCASIONS)
    ):
        yield World(number, "phone", comes, occasion, TYPES[types], types)


def records(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Raw rows of both: hers of 2025 and later; his at his time, and last seen after hers."""
    number, victim = world.number, world.victim
    account = {k: v for k, v in victim.items() if k in ACCOUNT}
    for email, since in ((world.hers, "2025-01-01"), (world.his, COMES[world.comes])):
        for purpose in ("marketing", "personalization"):
            yield (
                "crm/consents",
                {
                    **{"consent_id": f"{email} {purpose}", "email": email, "purpose": purpose},
                    **{"status": "granted", "occurred_at": f"{since} 12:00:00"},
                },
            )
    created = {"created_at": "2025-01-01 00:00:00"}
    yield "crm/contacts", {"contact_id": f"C{number}", "email": world.hers, **victim, **created}
    created = {"created_at": "2025-12-01 00:00:00"}
    yield "shop/customers", {"customer_id": f"U{number}", "email": world.hers, **account, **created}
    yield (
        "shop/orders",
        {
            **{"order_id": f"O{number}", "customer_id": f"U{number}", "email": world.hers},
            **{
                "status": "paid",
                "currency": "USD",
                "total": "20",
                "created_at": "2026-01-01 00:00:00",
            },
        },
    )
    yield (
        "shop/order_lines",
        {
            **{"order_line_id": f"O{number}-1", "order_id": f"O{number}", "product_id": "P1"},
            **{"quantity": "1", "unit_price": "20"},
        },
    )
    if world.occasion.startswith("cart"):
        login = f"U{number}" if world.occasion == "cart_by_login" else ""
        yield (
            "web/events",
            {
                **{"message_id": f"m{number}", "type": "track", "event": "Product Added"},
                **{"anonymous_id": f"her device {number}", "user_id": login},
                **{"timestamp": "2026-06-15 09:00:00", "received_at": "2026-06-15 09:00:00"},
                "properties": json.dumps(
                    {"cart_id": f"K{number}", "product_id": "P2", "price": 30, "quantity": 1}
                ),
            },
        )
    if world.occasion == "cart_by_checkout":
        yield (
            "shop/checkouts",
            {
                **{"checkout_id": f"H{number}", "cart_id": f"K{number}", "email": world.hers},
                **{"anonymous_id": f"her device {number}", "created_at": "2026-06-15 09:01:00"},
            },
        )

    said = {k: victim[k] for k in world.words}
    created = {"created_at": f"{COMES[world.comes]} 00:00:00", "updated_at": "2026-06-14 00:00:00"}
    yield from typed_by_him(world)
    if "contact" in world.ways:
        yield "crm/contacts", {"contact_id": f"X{number}", "email": world.his, **said, **created}
    if "account" in world.ways:
        said = {k: v for k, v in said.items() if k in ACCOUNT}
        yield "shop/customers", {"customer_id": f"Y{number}", "email": world.his, **said, **created}
    if "checkout" in world.ways:
        yield (
            "shop/checkouts",
            {
                **{"checkout_id": f"Z{number}", "cart_id": f"his {number}", "email": world.his},
                **{"anonymous_id": f"his device {number}", "created_at": "2026-06-14 09:00:00"},
            },
        )


def typed_by_him(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Raw rows that name her phone, her address, her login or her cart; all on his own device."""
    number, since = world.number, f"{COMES[world.comes]} 10:00:00"
    name = {f"ship_{k}": world.victim[k] for k in ("first_name", "last_name")}
    person = {k: world.victim[k] for k in ("first_name", "last_name")}
    login, device, phone = f"Y{number}", f"his device {number}", world.victim["phone"]
    order = {
        **{"order_id": f"V{number}", "status": "paid", "currency": "USD", "total": "9"},
        **{"email": world.his, "phone": phone, "created_at": since},
    }
    checkout = {
        **{"checkout_id": f"Z{number}", "anonymous_id": device, "email": world.his},
        **{"phone": phone, "created_at": since},
    }
    traits = {
        **{"message_id": f"t{number}", "type": "identify", "anonymous_id": device},
        **{"user_id": login, "timestamp": since, "received_at": since},
    }
    now = "2026-06-15 09:10:00"
    rows = {
        "order": ("shop/orders", order | name),
        "phone_checkout": ("shop/checkouts", checkout),
        "phone_traits": ("web/events", traits | {"traits": json.dumps(person | {"phone": phone})}),
        "her_address_in_traits": (
            "web/events",
            traits | {"traits": json.dumps(person | {"email": world.hers, "phone": phone})},
        ),
        "her_login_in_traits": (
            "web/events",
            {**traits, "user_id": f"U{number}", "traits": json.dumps({"email": world.his})},
        ),
        "his_cart": (
            "web/events",
            {
                **{"message_id": f"a{number}", "type": "track", "event": "Product Added"},
                **{"anonymous_id": device, "user_id": login},
                **{"timestamp": "2026-05-15 09:00:00", "received_at": "2026-05-15 09:00:00"},
                "properties": json.dumps({"cart_id": f"his {number}", "product_id": "P3"}),
            },
        ),
        "her_address_in_checkout": (
            "shop/checkouts",
            {**checkout, "email": world.hers, "cart_id": f"his {number}"},
        ),
        "her_address_in_order": (
            "shop/orders",
            {**order, **name, "customer_id": login, "email": world.hers},
        ),
        "account_of_hers": (
            "shop/customers",
            {"customer_id": login, "email": world.hers, "created_at": since, **person},
        ),
        "his_address_in_order": ("shop/orders", {**order, **name, "customer_id": login}),
        "her_cart_in_checkout": (
            "shop/checkouts",
            {**checkout, "cart_id": f"K{number}", "created_at": now},
        ),
        "her_cart_in_session": (
            "web/events",
            {
                **{"message_id": f"a{number}", "type": "track", "event": "Product Added"},
                **{"anonymous_id": device, "user_id": login, "timestamp": now, "received_at": now},
                "properties": json.dumps({"cart_id": f"K{number}", "product_id": "P3"}),
            },
        ),
        "contact_that_lists_hers": (
            "crm/contacts",
            {
                **{"contact_id": f"X{number}", "email": world.his, "created_at": since, **person},
                "additional_emails": world.hers,
            },
        ),
    }
    yield from (rows[way] for way in world.ways if way in rows)


ACCOUNT = ("first_name", "last_name", "street_address", "city", "postal_code", "country", "phone")


@dataclass
class Letter:
    customer_id: str
    email: str
    campaign: str
    occasion: str
    context: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outsiders") / "shop"
    folder.mkdir()
    copy_project(folder)
    tables = defaultdict(list)
    for number, price in ((1, 20), (2, 30), (3, 40)):
        row = {"product_id": f"P{number}", "name": f"Thing {number}", "category": "Things"}
        tables["shop/products"].append({**row, "price": price, "currency": "USD", "in_stock": 1})
    for table, row in itertools.chain.from_iterable(records(world) for world in worlds()):
        tables[table].append(row)
    for table, rows in tables.items():
        path = folder / "lake" / table
        path.mkdir(parents=True)
        with (path / "all.csv").open("w", newline="", encoding="utf-8") as sink:
            columns = dict.fromkeys(column for row in rows for column in row)
            writer = csv.DictWriter(sink, columns)
            writer.writeheader()
            writer.writerows(rows)
    dbt_in_project(folder, *RUN, given=VARS)
    return folder / "penpal.duckdb"


def query(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def letters(shop: Path) -> dict[str, list[Letter]]:
    columns = ", ".join(f.name for f in fields(Letter))
    found = defaultdict(list)
    for row in query(shop, f"select {columns} from marts.email_queue"):
        found[Letter(*row).email].append(Letter(*row))
    return found


@pytest.fixture(scope="module")
def customers(shop: Path) -> dict[str, str]:
    return dict(query(shop, "select record_key, customer_id from identity.identity_map"))


def his_records(world: World) -> list[str]:
    keys = {
        "contact": f"crm.contacts:X{world.number}",
        "account": f"shop.customers:Y{world.number}",
        "order": f"shop.orders:V{world.number}",
    }
    return [keys[way] for way in world.ways if way in keys]


def test_a_name_alone_makes_nobody_her(customers: dict[str, str]) -> None:
    for world in worlds():
        hers = customers[f"crm.contacts:C{world.number}"]
        assert customers[f"shop.customers:U{world.number}"] == hers
        if world.said == "name":
            assert all(customers[key] != hers for key in his_records(world)), world


def test_who_says_enough_is_taken_for_her(customers: dict[str, str]) -> None:
    """Else the tests below would show nothing."""
    taken = {
        world.said
        for world in worlds()
        for key in his_records(world)
        if customers[key] == customers[f"crm.contacts:C{world.number}"]
    }
    assert {"birth_date_too", "city_and_birth_date_too", "home_too", "phone"} <= taken


def test_he_gets_nothing_of_hers(letters: dict[str, list[Letter]]) -> None:
    seen = 0
    for world in worlds():
        said = {k: world.victim[k] for k in world.words}
        for letter in letters[world.his]:
            seen += 1
            shown = json.loads(letter.context)
            assert letter.campaign != "birthday" or (
                "contact" in world.ways and "birth_date" in said
            )
            items = shown["cart"]["items"] if shown["cart"] else []
            put_in = {"P3"} if "her_cart_in_session" in world.ways else set()
            assert {item["product_id"] for item in items} == put_in, world
            assert (letter.campaign in OF_CARTS) == bool(put_in), world
            assert {r["reason"] for r in shown["recommendations"]} <= {"best_seller"}, world
            for fact in ("loyalty_tier", "lifecycle_stage", "last_order_at"):
                assert shown[fact] is None, (world, fact)
            if "birth_date" not in said:
                assert shown["birthday_year_age"] is None, world
            for column in ("first_name", "last_name", "city", "country"):
                assert (shown[column] or "").lower() in ("", said.get(column, "").lower()), world
    assert seen


def test_she_gets_her_own_letter(letters: dict[str, list[Letter]]) -> None:
    for world in worlds():
        hers = letters[world.hers]
        if world.occasion == "birthday":
            # By likeness the two are one, who is greeted once, where the date was said.
            his = letters[world.his] if "birth_date" in world.words else []
            if "her_cart_in_session" in world.ways:
                continue  # By her phone they are one customer, who gets one letter: of his cart.
            assert any(letter.campaign == "birthday" for letter in hers + his), world
            continue
        assert len(hers) == 1, world
        (letter,) = hers
        shown = json.loads(letter.context)
        assert letter.campaign in OF_CARTS, world
        assert shown["cart"]["cart_id"] == f"K{world.number}", world
        assert [item["product_id"] for item in shown["cart"]["items"]] == ["P2"], world
        assert shown["first_name"].lower() == world.victim["first_name"], world
        # Once he has been seen in the shop too, orders may be either's: nobody is told of them.
        known = None if "checkout" in world.ways and world.said != "name" else "2026-01-01"
        own = {None, known} if world.types else {known}
        # Whose account names an address is believed: the orders of such an account are hers.
        orders = {COMES[world.comes]} if "account_of_hers" in world.ways else set()
        assert shown["last_order_at"] in own | orders, world
