"""A small stage for planted people: one call adds one thing to the raw tables, at an exact time."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from penpal.datagen import people as folk
from penpal.datagen.arrays import DAY, HOUR, SECOND, scramble, text
from penpal.datagen.output import COLUMNS
from penpal.datagen.products import SHOP
from penpal.datagen.vocabulary import STREETS, USER_AGENTS, ascii_form

READINGS = {name[0]: name[1] for name in [*folk.GIVEN.items, *folk.SURNAME.items]}
WORDING_SHA = "4be6c119421e895b847820ca35d21862e2c83ee197f5213307c800e4f2e22695"


def iso(ms: int) -> str:
    """2026-06-15T12:00:00.000Z"""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@dataclass
class Actor:
    """A planted person and the keys that the exports know them by."""

    number: int
    case: str
    first: str
    last: str
    birth: date
    city: list
    household: int
    email: str | None
    phone: str
    address: dict
    contact_id: str | None = None
    user_id: str | None = None
    device: str = ""
    carts: int = 0
    orders: int = 0

    @property
    def id(self) -> str:
        """person_id"""
        return f"P{self.number:07}"


@dataclass
class Stage:
    """Collects the rows of all planted people."""

    world: folk.World
    rng: np.random.Generator
    rows: dict = field(default_factory=lambda: {name: [] for name in COLUMNS})
    actors: list = field(default_factory=list)
    used: set = field(default_factory=set)
    nobodys: set = field(default_factory=set)  # addresses that do not tell who wrote
    serial: int = 0

    def add(self, table: str, **values) -> None:
        """One row; columns that are not named are empty."""
        unknown = set(values) - set(COLUMNS[table])
        if unknown:
            raise KeyError(f"{table} has no column {unknown}")
        self.rows[table].append(values)

    def key(self, prefix: str) -> str:
        """A new identifier that looks like the others."""
        self.serial += 1
        return prefix + self.rng.bytes(8).hex()

    def code(self, value: int, space: int, salt: int) -> str:
        """The number that people in blocks would have at this place."""
        digits = max({11: 6, 13: 5}.get(salt, 6), len(str(self.world.people * space)))
        return f"{int(scramble(np.array([value]), 10**digits, salt)[0]):0{digits}}"

    def person(
        self,
        case: str,
        town: str = "",
        birth: date | None = None,
        *,
        email: str = "own",
        account: bool = True,
        contact: bool = True,
        marketing: str = "granted",
        personalization: str = "granted",
        home: Actor | None = None,
        names: tuple | None = None,
        since: int = 400,
    ) -> Actor:
        """Somebody with a contact, an account and consents, unless told otherwise.

        Days of `since` before the clock they came; email is own, none, an address, or broken.
        """
        actor = self._actor(case, town, birth, home, names)
        if email in ("own", "broken"):
            actor.email = self._address(actor).replace("@", " at " if email == "broken" else "@")
        else:
            actor.email = None if email == "none" else email
        at = self.world.as_of - since * DAY
        if contact:
            self.contact(actor, at)
        if account:
            actor.user_id = "U" + self.code(actor.number * 2, 2, 13)
            self.add(
                "shop.customers",
                customer_id=actor.user_id,
                email=actor.email,
                phone=actor.phone,
                first_name=actor.first,
                last_name=actor.last,
                created_at=iso(at),
                updated_at=iso(at),
                **actor.address,
            )
            self.truth("shop.customers", actor.user_id, actor)
        for purpose, story in (("marketing", marketing), ("personalization", personalization)):
            self._consents(actor, purpose, story)
        self.case(actor, case)
        return actor

    def case(self, actor: Actor, case: str) -> None:
        """What this person is there for."""
        self.add(
            "truth.planted",
            kind=f"case:{case}",
            person_id=actor.id,
            value=actor.email or actor.contact_id or actor.user_id or actor.device,
        )

    def _actor(self, case, town, birth, home, names) -> Actor:
        rng, number = self.rng, len(self.actors)
        city = (
            home.city
            if home
            else next(
                c for c in folk.CITY if c[1] == (town or folk.CITY[number * 7 % len(folk.CITY)][1])
            )
        )
        country = folk.COUNTRY[folk.COUNTRY_CODE.index(city[0])]
        pool = folk.COUNTRY_POOL[folk.COUNTRY_CODE.index(city[0])]
        part = pool * 2 + number % 2
        given = folk.GIVEN.items[folk.GIVEN.starts[part] + number // 2 % folk.GIVEN.sizes[part]]
        surname = folk.SURNAME.items[
            folk.SURNAME.starts[pool] + number * 5 % folk.SURNAME.sizes[pool]
        ]
        first, last = names or (given[0], home.last if home else surname[0])
        line = 2_000_000 + int(scramble(np.array([2 * number]), folk.PHONE_SPACE, 5)[0])
        prefix = country[7].split()[0] if country[7] else city[4]
        prefix = city[4][:2] + prefix if city[0] == "BR" else prefix
        actor = Actor(
            number,
            case,
            first,
            last,
            birth or self._quiet_birthday(),
            city,
            home.household if home else number,
            None,
            f"+{country[1]}{prefix}{line}",
            home.address if home else self._home(city, country),
            device=f"a{rng.bytes(6).hex()}",
        )
        self.actors.append(actor)
        self.add(
            "truth.persons",
            person_id=actor.id,
            household_id=f"H{actor.household:07}",
            first_name=first,
            last_name=last,
            birth_date=actor.birth.isoformat(),
            gender=("female", "male")[number % 2],
            country=city[0],
            timezone=city[5],
        )
        return actor

    def _quiet_birthday(self) -> date:
        """A birth date whose day of the year is far from the clock's."""
        clock = datetime.fromtimestamp(self.world.as_of / 1000, UTC).date()
        days = int(self.rng.integers(20 * 365, 70 * 365)) // 365 * 365.25
        return date.fromordinal(clock.toordinal() - int(days) - int(self.rng.integers(40, 320)))

    def _home(self, city, country) -> dict:
        pattern, names, kinds, _ = STREETS[country[9]]
        name = self.rng.choice(names.split()).replace("_", " ")
        street = pattern.replace("{name}", name).replace("{kind}", kinds.split()[0])
        for sign in ("{n}", "{n2}"):
            street = street.replace(sign, str(self.rng.integers(1, 200)))
        place = folk.CITY.index(city)
        postal = folk.postal_codes(self.rng, np.array([place]))[0].as_py()
        return {
            "street_address": street,
            "city": city[1],
            "region": city[2],
            "postal_code": postal,
            "country": city[0],
        }

    def _address(self, actor: Actor) -> str:
        name = ".".join(ascii_form(READINGS.get(n, n)) for n in (actor.first, actor.last))
        domain = folk.DOMAINS[actor.number % folk.GMAIL]
        while f"{name}@{domain}" in self.used:
            name += "." + str(self.rng.choice(["mail", "post", "home", "letters", "desk"]))
        self.used.add(f"{name}@{domain}")
        return f"{name}@{domain}"

    def contact(self, actor: Actor, at: int, copy: int = 0, **changes) -> str:
        """A row of crm.contacts; changes overrides columns."""
        id_ = "C" + self.code(actor.number * 4 + copy, 4, 11)
        actor.contact_id = actor.contact_id or id_
        row = dict(
            contact_id=id_,
            email=actor.email,
            first_name=actor.first,
            last_name=actor.last,
            mobile_phone=actor.phone,
            birth_date=actor.birth.isoformat(),
            gender=("female", "male")[actor.number % 2],
            language=folk.COUNTRY[folk.COUNTRY_CODE.index(actor.city[0])][4],
            timezone=actor.city[5],
            created_at=iso(at),
            updated_at=iso(at),
            is_deleted="false",
            loaded_at=iso(at),
            **actor.address,
        )
        self.add("crm.contacts", **{**row, **changes})
        self.truth("crm.contacts", id_, actor)
        return id_

    def _consents(self, actor: Actor, purpose: str, story: str) -> None:
        """story: granted, withdrawn, unknown, back (given again), unseen (too late), refused."""
        if actor.email is None:
            return
        steps = {
            "granted": ((390, "granted"),),
            "unknown": (),
            "withdrawn": ((390, "granted"), (20, "withdrawn")),
            "back": ((390, "granted"), (60, "withdrawn"), (15, "granted")),
            "unseen": ((390, "granted"), (-0.001, "withdrawn")),
            "refused": ((390, "withdrawn"),),
        }[story]
        for days, status in steps:
            self.consent(actor, purpose, self.world.as_of - int(days * DAY), status)

    def consent(
        self, actor: Actor, purpose: str, at: int, status: str, source: str = "preference centre"
    ) -> None:
        """A row of crm.consents."""
        key = self.key("cn")[:14]
        self.add(
            "crm.consents",
            consent_id=key,
            email=actor.email,
            purpose=purpose,
            status=status,
            occurred_at=iso(at),
            source=source,
            wording_version="2025-1",
            wording_sha256=WORDING_SHA,
            loaded_at=iso(at),
        )
        self.truth("crm.consents", key, None if actor.email in self.nobodys else actor)

    def interest(self, actor: Actor, interest: str, at: int) -> None:
        """A row of crm.enrichment: what a third party says that they like."""
        self.add(
            "crm.enrichment",
            email=actor.email,
            attribute="interest",
            value=interest,
            provider="panelone",
            observed_at=iso(at),
        )

    def truth(self, table: str, key: str, actor: Actor | None) -> None:
        """Which person a record belongs to."""
        self.add("truth.records", source_table=table, record_id=key, person_id=actor and actor.id)

    def event(
        self,
        actor: Actor | None,
        name: str,
        at: int,
        *,
        received: int | None = None,
        device: str = "",
        known: bool = True,
        path: str = "/",
        **properties,
    ) -> str:
        """A web event by a right clock; name is page, identify or a track event's name."""
        key = self.key("m")
        kind = name if name in ("page", "identify") else "track"
        user = actor.user_id if actor and known else None
        traits = properties.pop("traits", None)
        place = folk.CITY.index(actor.city) if actor else 0
        self.add(
            "web.events",
            message_id=key,
            type=kind,
            event=name if kind == "track" else None,
            anonymous_id=device or (actor and actor.device),
            user_id=user,
            original_timestamp=iso(at),
            sent_at=iso(at),
            timestamp=iso(at),
            received_at=iso(at if received is None else received),
            page_url=SHOP + path,
            user_agent=USER_AGENTS[(actor.number if actor else 0) % len(USER_AGENTS)],
            properties=json.dumps(properties, separators=(",", ":")) if properties else None,
            traits=json.dumps(traits, separators=(",", ":"), ensure_ascii=False)
            if traits
            else None,
            context=json.dumps(
                {"ip": f"10.200.{place}.{actor.household % 250 if actor else 1}"},
                separators=(",", ":"),
            ),
        )
        self.add("truth.web_events", message_id=key, person_id=actor and actor.id)
        if kind == "identify":
            self.truth("web.events", key, actor)
        return key

    def view(self, actor: Actor, product: int, at: int, **more) -> str:
        """Product Viewed"""
        return self.event(
            actor, "Product Viewed", at, path=self._page(product), **self.item(product), **more
        )

    def _page(self, product: int) -> str:
        return "/p/" + self.world.products.slugs[product]

    def item(self, product: int) -> dict:
        """The properties of a product."""
        goods = self.world.products
        return {
            "product_id": goods.ids[product].as_py(),
            "price": int(goods.prices[product]) / 100,
            "category": goods.categories[product],
            "currency": "USD",
        }

    def cart(self, actor: Actor, last_at: int, products: list, removed: tuple = (), **more) -> str:
        """Products put into a new cart, the last touch exactly then; returns the cart_id."""
        value = actor.number * 32 + 16 + actor.carts
        actor.carts += 1
        id_ = "K" + self.code(value, 32, 23)
        touches = [("Product Added", p) for p in products]
        touches += [("Product Removed", p) for p in removed]
        for place, (name, product) in enumerate(reversed(touches)):
            self.event(
                actor,
                name,
                last_at - place * 40 * SECOND,
                path=self._page(product),
                cart_id=id_,
                quantity=1,
                **self.item(product),
                **more,
            )
        self.view(actor, products[0], last_at - len(touches) * 40 * SECOND, **more)
        return id_

    def order(
        self,
        actor: Actor,
        at: int,
        products: tuple = (3,),
        *,
        status: str = "paid",
        cart: str | None = None,
        loaded: int | None = None,
        **changes,
    ) -> str:
        """An order with one of each product; returns the order_id."""
        id_ = "O" + self.code(actor.number * 32 + actor.orders, 32, 19)
        actor.orders += 1
        prices = [int(self.world.products.prices[p]) for p in products]
        subtotal, shipping = sum(prices), 495
        amount = lambda cents: f"{cents // 100}.{cents % 100:02}"  # noqa: E731
        row = dict(
            order_id=id_,
            customer_id=actor.user_id,
            email=actor.email,
            phone=actor.phone,
            status=status,
            currency="USD",
            subtotal=amount(subtotal),
            discount="0.00",
            shipping=amount(shipping),
            tax="0.00",
            total=amount(subtotal + shipping),
            cart_id=cart,
            ship_first_name=actor.first,
            ship_last_name=actor.last,
            **{f"ship_{name}": value for name, value in actor.address.items()},
            created_at=iso(at),
            updated_at=iso(at),
            loaded_at=iso(at if loaded is None else loaded),
        )
        self.add("shop.orders", **{**row, **changes})
        for place, (product, price) in enumerate(zip(products, prices, strict=True), 1):
            self.add(
                "shop.order_lines",
                order_line_id=f"{id_}-{place}",
                order_id=id_,
                product_id=self.world.products.ids[product].as_py(),
                quantity="1",
                unit_price=amount(price),
            )
        self.truth("shop.orders", id_, actor)
        return id_

    def checkout(self, actor: Actor, cart: str, at: int, completed: int | None = None) -> None:
        """A row of shop.checkouts on the actor's device."""
        id_ = "CH" + cart[1:]
        self.add(
            "shop.checkouts",
            checkout_id=id_,
            cart_id=cart,
            email=actor.email,
            anonymous_id=actor.device,
            created_at=iso(at),
            completed_at=completed and iso(completed),
            recovery_url=f"{SHOP}/cart/recover/{cart}",
        )
        self.truth("shop.checkouts", id_, actor)

    def letter(self, actor: Actor, campaign: str, at: int, *fates: str) -> str:
        """A letter by the former sender and what became of it; a fate may be 'bounced:soft'."""
        id_ = self.key("")[:16] + self.key("")[:4]
        self.add(
            "email.messages",
            message_id=id_,
            email=actor.email,
            campaign=campaign,
            sent_at=iso(at),
            customer_id=actor.user_id,
            template=f"{campaign}_v1",
        )
        for minute, fate in enumerate(fates, 1):
            kind, _, detail = fate.partition(":")
            key, when = self.key("e"), at + minute * 60 * SECOND
            touched = kind in ("opened", "clicked")
            self.add(
                "email.events",
                event_id=key,
                message_id=id_,
                email=actor.email,
                event=kind,
                occurred_at=iso(when),
                received_at=iso(when + SECOND),
                url=f"{SHOP}/new?pp_mid={id_}" if kind == "clicked" else None,
                bounce_type=detail if kind == "bounced" else None,
                is_machine_open=str(detail == "machine").lower() if touched else None,
                user_agent=USER_AGENTS[0] if touched else None,
            )
            if kind == "clicked":
                self.truth("email.events", key, actor)
        return id_

    def tables(self) -> dict[str, pa.Table]:
        """All rows as tables of text, persons with their addresses."""
        for row, actor in zip(self.rows["truth.persons"], self.actors, strict=True):
            row["email"] = actor.email
        return {
            name: pa.table({c: text([row.get(c) for row in self.rows[name]]) for c in columns})
            for name, columns in COLUMNS.items()
        }


def clock_times(as_of: int):
    """Times before the clock: before(days=1, hours=2, seconds=3)."""
    return lambda days=0, hours=0, seconds=0: (
        as_of - int(days * DAY + hours * HOUR + seconds * SECOND)
    )
