"""Small shops made up at random, in which much collides, and what happens to them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Row: TypeAlias = dict[str, str]
World: TypeAlias = dict[str, list[Row]]

GIVEN = ["anna", "anne", "hanna", "william", "bill", "liam", "maria", "jon", "john", "jane"]
FAMILY = ["smith", "smyth", "miller", "mueller", "brown", "browne", "garcia", "novak", "rossi"]
FAMILY += ["dubois", "kowalski", "jensen", "okafor", "tanaka", "silva", "murphy", "costa"]
STREETS = ["12 Hill Road", "12 Hill Rd", "7 Mill Lane", "99 Long Street", "3 Low Road", "8 Bay St"]
BIRTHS = [f"19{year}-0{month}-11" for year in range(50, 90, 3) for month in (1, 7)] + [""]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"

# A visit ends after 30 minutes: several of these are just that, or a second less, apart.
MINUTES = ["09:00:00", "09:10:00", "09:29:59", "09:30:00", "09:40:00", "09:59:59", "10:00:00"]
MINUTES += ["10:29:00", "10:29:59", "11:10:00", "11:40:00"]


def world(seed: int, villages: int = 12) -> World:
    """
    The raw tables of a shop. Whoever lives in one village shares addresses, phones, devices, logins
    and baskets with its people only, so that a change concerns a part of the shop.
    """
    rng = random.Random(seed)
    tables: World = {}
    for village in range(villages):
        for name, rows in _Village(rng, f"{village}").tables().items():
            tables.setdefault(name, []).extend(rows)
    return tables


class _Village:
    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng = rng
        self.name = name
        # In two of three villages little happens, so that more of it stands alone.
        self.is_small = int(name) % 3 > 0
        # Namesakes who share values, and are born on other days.
        self.given_names = rng.sample(GIVEN, 4)
        self.accounts = self.keys("S", 2 if self.is_small else 5)
        self.orders = self.keys("O", 3 if self.is_small else 12)
        self.baskets = self.keys("K", 3 if self.is_small else 12)
        self.devices = self.keys("D", 2 if self.is_small else 10)
        people = ["anna.smith", "smith", "Smith", "browne", "test"]
        self.mailboxes = [f"{person}@village{name}.example" for person in people]

    def keys(self, letter: str, most: int) -> list[str]:
        return [f"{letter}{self.name}_{number}" for number in range(most)]

    def tables(self) -> World:
        some = range(1 if self.is_small else 4)
        return {
            "crm.contacts": [self.contact(n) for n in range(2 if self.is_small else 15)],
            "crm.consents": [self.consent(n) for n in some],
            "crm.surveys": [self.survey(n) for n in some],
            "shop.customers": [self.account(key) for key in self.accounts],
            "shop.orders": [self.order(key) for key in self.orders],
            "shop.checkouts": [self.checkout(n) for n in range(4 if self.is_small else 12)],
            "web.events": [self.event(n) for n in range(8 if self.is_small else 40)],
            "email.events": [self.letter_event(n) for n in some],
        }

    def maybe(self, share: float, values: list[str]) -> str:
        """One of the values, the first two more often than the others, or nothing."""
        often = self.rng.choice([2, len(values)])
        return self.rng.choice(values[:often]) if self.rng.random() < share else ""

    def day(self) -> str:
        return f"2025-{self.rng.randint(1, 12):02}-{self.rng.randint(1, 28):02} 10:00:00"

    def moment(self) -> str:
        return f"2025-06-0{self.rng.randint(1, 3)} {self.rng.choice(MINUTES)}"

    def emails(self, given: str, family: str) -> list[str]:
        place = f"village{self.name}.example"
        return [f"{given}.{family}@{place}", f"{family}@{place}", f"{family.title()}@{place}"]

    def email(self) -> str:
        if self.rng.random() < 0.7:
            return self.rng.choice(self.mailboxes)
        return self.rng.choice(
            self.emails(self.rng.choice(self.given_names), self.rng.choice(FAMILY))
        )

    def phone(self) -> str:
        return self.maybe(0.5, [f"+49301234{self.name}1", f"+49301234{self.name}2"])

    def person(self) -> Row:
        given, family = self.rng.choice(self.given_names), self.rng.choice(FAMILY)
        return {
            "first_name": given if self.rng.random() < 0.9 else "",
            "last_name": family,
            "street_address": self.rng.choice(STREETS),
            "postal_code": self.rng.choice(["10115", "10117", "20095", "80331", "50667"]),
            "country": self.rng.choice(["Germany", "Germany", "France", ""]),
            "email": self.rng.choice([*self.emails(given, family), "", "test@test.com"]),
            "phone": self.phone(),
        }

    def contact(self, number: int) -> Row:
        others = [f"C{self.name}_{other}" for other in range(15) if other != number]
        return {
            "contact_id": f"C{self.name}_{number}",
            "birth_date": self.rng.choice(BIRTHS),
            "created_at": self.day(),
            **self.person(),
            "additional_emails": self.maybe(0.2, [f"{self.email()};{self.email()}"]),
            "mobile_phone": self.phone() if self.rng.random() < 0.2 else "",
            "merged_contact_ids": self.maybe(0.1, others),
            "is_deleted": self.maybe(0.05, ["true"]),
        }

    def consent(self, number: int) -> Row:
        return {
            "consent_id": f"consent {self.name}_{number}",
            "email": self.email(),
            "purpose": "marketing",
            "status": "granted",
            "occurred_at": self.day(),
        }

    def survey(self, number: int) -> Row:
        return {
            "response_id": f"response {self.name}_{number}",
            "email": self.email(),
            "question": "recommend_0_10",
            "answer": "9",
            "submitted_at": self.day(),
        }

    def account(self, key: str) -> Row:
        return {"customer_id": key, "created_at": self.day(), **self.person()}

    def order(self, key: str) -> Row:
        buyer = self.person()
        return {
            "order_id": key,
            "customer_id": self.maybe(0.4, self.accounts),
            "email": buyer["email"],
            "phone": buyer["phone"],
            "status": "paid",
            "currency": "EUR",
            "total": "10.00",
            "cart_id": self.maybe(0.5, self.baskets),
            "ship_first_name": buyer["first_name"],
            "ship_last_name": buyer["last_name"],
            "ship_street_address": buyer["street_address"],
            "ship_postal_code": buyer["postal_code"],
            "ship_country": buyer["country"],
            "created_at": self.day(),
        }

    def checkout(self, number: int) -> Row:
        return {
            "checkout_id": f"B{self.name}_{number}",
            "cart_id": self.maybe(0.8, self.baskets),
            "email": self.email() if self.rng.random() < 0.6 else "",
            "phone": self.phone() if self.rng.random() < 0.3 else "",
            "anonymous_id": self.maybe(0.8, self.devices),
            "created_at": self.moment(),
        }

    def event(self, number: int) -> Row:
        """Logged in or not, on a known device or not, of a basket or an order or neither."""
        person = self.person()
        traits = {name: person[name] for name in ("first_name", "last_name", "email", "phone")}
        kind = self.rng.choice(["page", "track", "track", "identify"])
        properties = {
            "cart_id": self.maybe(0.4, self.baskets),
            "order_id": self.maybe(0.2, self.orders),
        }
        return {
            "message_id": f"M{self.name}_{number}",
            "type": kind,
            "event": self.rng.choice(["Product Added", "Order Completed", "Signed Out"]),
            "anonymous_id": self.maybe(0.8, self.devices),
            "user_id": self.maybe(0.35, [*self.accounts, f"U{self.name}"]),
            "timestamp": self.moment(),
            "received_at": "2025-06-04 00:00:00",
            "page_url": self.maybe(0.3, [f"https://shop.example/?pp_mid=L{self.name}_1"]),
            "user_agent": BOT if self.rng.random() < 0.1 else BROWSER,
            "properties": json.dumps({key: value for key, value in properties.items() if value}),
            "traits": json.dumps(traits) if kind == "identify" else "",
        }

    def letter_event(self, number: int) -> Row:
        return {
            "event_id": f"E{self.name}_{number}",
            "message_id": f"L{self.name}_{number}",
            "email": self.email(),
            "event": self.rng.choice(["clicked", "clicked", "clicked", "opened"]),
            "occurred_at": self.day(),
            "is_machine_open": self.maybe(0.1, ["true"]),
        }


def mixed(rng: random.Random, row: Row, other: Row) -> Row:
    """Says in some of its fields what the other says; the first is its key."""
    fields = list(row)[1:]
    if rng.random() < 0.7:
        fields = rng.sample(fields, rng.randint(1, 3))
    return row | {field: other[field] for field in fields}


@dataclass(frozen=True)
class Night:
    """All that a run is given: rows, and rules."""

    rows: World
    overrides: list[tuple[str, str, str]] = field(default_factory=list)
    blocked: list[tuple[str, str]] = field(default_factory=list)
    max_people: dict[str, str] = field(default_factory=dict)


def nights(seed: int, count: int = 4) -> Iterator[Night]:
    """
    Rows of any table that come late, change, go and come back, also twice and in two versions;
    overrides, blocked values and limits that come and go.
    """
    rng = random.Random(seed)
    tables, others = world(2 * seed), world(2 * seed + 1)
    other_rows = {name: {key_of(row): row for row in rows} for name, rows in others.items()}
    arrival = {name: [rng.randrange(count - 1) for _ in rows] for name, rows in tables.items()}
    contacts = [f"crm.contacts:{row['contact_id']}" for row in tables["crm.contacts"]]
    records = contacts + [f"shop.orders:{row['order_id']}" for row in tables["shop.orders"]]
    for night in range(count):
        seen: World = {}
        for name, rows in tables.items():
            seen[name] = []
            for number in range(len(rows)):
                other = other_rows[name][key_of(rows[number])]
                if night and rng.random() < 0.05:
                    rows[number] = mixed(rng, rows[number], other)
                row = rows[number]
                if arrival[name][number] > night or rng.random() < 0.05:
                    continue
                seen[name].append(row)
                if rng.random() < 0.05:
                    seen[name].append(rng.choice([row, mixed(rng, row, other)]))
        decisions = [
            (rng.choice(contacts), rng.choice(records), rng.choice(["same", "different"]))
            for _ in range(4 * (night % 2) + 2)
        ]
        # A kiosk has many users and an account many buyers: few villages have so many people.
        is_strict = night % 2 == 1
        yield Night(
            seen,
            decisions,
            [("email", "smith@village1%"), ("cart_id", "K2%")] if night % 3 == 0 else [],
            {"anonymous_id": "2", "shop_customer_id": "2"} if is_strict else {},
        )


def key_of(row: Row) -> str:
    return next(iter(row.values()))
