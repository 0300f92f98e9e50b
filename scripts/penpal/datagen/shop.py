"""shop.*: accounts, baskets that were bought or left, their orders, lines and checkouts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen.arrays import (
    DAY,
    HOUR,
    MINUTE,
    NULL,
    as_table,
    cat,
    choose,
    money,
    number,
    pick,
    put,
    rare,
    runs,
    scramble,
    stamp,
    stamps,
    text,
    typo,
    where,
    with_columns,
)
from penpal.datagen.people import (
    CITY_OFFSET,
    COUNTRY,
    People,
    email_as_typed,
    phone,
    written_address,
    written_names,
)
from penpal.datagen.products import CURRENCIES, SHOP
from penpal.datagen.vocabulary import JUNK_EMAILS, JUNK_PHONES

ISO = "Y-M-DTh:m:sZ"
MOST_ORDERS = 16  # a person; so that order numbers can be told from person numbers
PAID, REFUNDED, CANCELLED, PENDING = range(4)
STATUS = ["paid", "refunded", "cancelled", "pending"]
# How busy the hours of the day are, local time.
BUSY = np.cumsum([1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 9, 8, 7, 7, 7, 8, 10, 12, 13, 11, 7, 3])


@dataclass
class Baskets:
    """One row per basket: all orders first, then the carts that were left."""

    who: np.ndarray
    place: np.ndarray  # number of the basket within the person's orders or left carts
    ordered: np.ndarray
    at: np.ndarray  # order time, or last touch
    by_account: np.ndarray
    online: np.ndarray  # has web events
    checkout: np.ndarray  # has a row in shop.checkouts
    status: np.ndarray
    currency: np.ndarray
    email: pa.Array
    phone: pa.Array
    line_basket: np.ndarray  # one row per line, from here on
    product: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    line_discount: np.ndarray
    people: People

    @property
    def order_id(self) -> pa.Array:
        """order_id, null for left carts"""
        code = self._code(19)
        return where(self.ordered, cat("O", code))

    @property
    def cart_id(self) -> pa.Array:
        """cart_id"""
        return cat("K", self._code(23))

    def _code(self, salt: int) -> pa.Array:
        people = self.people
        digits = max(6, len(str(people.block.world.people * 2 * MOST_ORDERS)))
        place = self.place + np.where(self.ordered, 0, MOST_ORDERS)
        value = people.number[self.who] * 2 * MOST_ORDERS + place
        return number(scramble(value, 10**digits, salt), digits)


def local_times(rng, people: People, who, at) -> np.ndarray:
    """The same days at an hour of the day when people are awake where they live."""
    hour = np.searchsorted(BUSY, rng.random(len(who)) * BUSY[-1])
    moved = at // DAY * DAY + hour * HOUR + at % HOUR - CITY_OFFSET[people.city[who]]
    moved = np.where(moved < people.start[who], moved + DAY, moved)
    return np.where(moved > people.block.world.as_of + DAY, moved - DAY, moved)


def account_ids(people: People, rows, second=False) -> pa.Array:
    """The shop's customer_id, which is also the user_id of web events."""
    digits = max(5, len(str(people.block.world.people * 2)))
    return cat("U", number(scramble(people.number[rows] * 2 + second, 10**digits, 13), digits))


def account_email(people: People) -> pa.Array:
    """The address that each person's account has; the second one only where a phone ties it."""
    rng = people.block.rng("account email")
    other = people.mobile["has"] & people.emails[1].is_valid().to_numpy(zero_copy_only=False)
    other &= ~people.uses_family_email & (rng.random(people.size) < 0.4)
    return where(people.has_email, where(other, people.emails[1], people.main_email()))


def make_customers(people: People) -> tuple[pa.Table, list]:
    """shop.customers with older versions, second accounts and their truth."""
    rng = people.block.rng("customers")
    n = people.size
    second = people.has_account & people.mobile["has"] & (rng.random(n) < 0.03)
    rows = np.concatenate([np.flatnonzero(people.has_account), np.flatnonzero(second)])
    again = np.arange(len(rows)) >= people.has_account.sum()
    size = len(rows)
    created = people.start[rows] - HOUR + np.where(again, 100 * DAY, 0)
    created = np.minimum(created, people.block.world.as_of + 5 * HOUR)
    span = np.maximum(people.block.world.as_of + HOUR - created, HOUR)
    updated = created + (rng.random(size) ** 3 * span).astype(np.int64)
    first, last = written_names(rng, people, rows, updated, 0.5)
    email = account_email(people).take(pa.array(rows))
    email = where(again, people.emails[2].take(pa.array(rows)), email)
    mobile = phone(rng, people, rows)
    home = people.landline["has"][rows] & (rng.random(size) < 0.25) & ~again
    keep = again | people.emails[1].is_valid().to_numpy(zero_copy_only=False)[rows]
    mobile = where(home & ~keep, phone(rng, people, rows, np.ones(size, bool)), mobile)
    junk = rng.random(size) < 0.006
    mobile = where(junk & ~keep, pick(JUNK_PHONES, rng.integers(0, 5, size)), mobile)
    address = written_address(rng, people, rows, updated, 0.01)
    blank = rng.random(size) < 0.15
    table = as_table(
        customer_id=account_ids(people, rows, again),
        email=email_as_typed(rng, email, 0.04),
        phone=where(~keep & (rng.random(size) < 0.2), NULL, mobile),
        first_name=first,
        last_name=last,
        **{name: where(blank, NULL, values) for name, values in address.items()},
        created_at=stamps(rng, created, {ISO: 0.9, "Y-M-D h:m:s": 0.1}),
        updated_at=stamp(updated, ISO),
    )
    some = np.flatnonzero(rng.random(size) < 0.02)
    older = with_columns(
        table.take(pa.array(some)),
        phone=None,
        street_address=None,
        updated_at=stamp(np.minimum(updated, created + HOUR)[some] - HOUR, ISO),
    )
    twice = table.take(pa.array(np.flatnonzero(rng.random(size) < 0.005)))
    ids = table["customer_id"].combine_chunks()
    return pa.concat_tables([table, older, twice]), [("shop.customers", ids, rows, None)]


def make_baskets(people: People) -> Baskets:
    """What people put into baskets, and which of these they ordered."""
    rng = people.block.rng("baskets")
    n = people.size
    world = people.block.world
    orders = np.minimum(rng.geometric(0.29, n) - 1, MOST_ORDERS) * (rng.random(n) < 0.84)
    left = np.minimum(rng.poisson(0.26, n), MOST_ORDERS - 1)
    (buyer, place), (leaver, left_place) = runs(orders), runs(left)
    who = np.concatenate([buyer, leaver])
    size = len(who)
    ordered = np.arange(size) < len(buyer)
    at = people.start[who] + (rng.random(size) * (people.end - people.start)[who]).astype(np.int64)
    at = local_times(rng, people, who, at)
    home = np.array([list(CURRENCIES).index(c[5]) for c in COUNTRY])[people.country[who]]
    currency = np.where(rng.random(size) < 0.04, 0, home)
    lines = rng.choice([1, 2, 3, 4], size, p=[0.6, 0.25, 0.1, 0.05])
    basket, line = runs(lines)
    goods = len(world.products.names)
    base, step = rng.random(size) ** 1.4, rng.integers(1, goods // 5, size)
    product = ((base * goods).astype(int)[basket] + line * step[basket]) % goods
    price = world.products.price_in(product, currency[basket])
    quantity = rng.choice([1, 2, 3, 5, 10], len(basket), p=[0.75, 0.15, 0.06, 0.03, 0.01])
    online = np.where(ordered, rng.random(size) < 0.6, True)
    by_account = people.has_account[who] & (rng.random(size) < np.where(ordered, 0.8, 0.7))
    checkout = np.where(ordered, online & (rng.random(size) < 0.9), rng.random(size) < 0.4)
    status = rng.choice(4, size, p=[0.9, 0.045, 0.04, 0.015])
    return Baskets(
        who,
        np.concatenate([place, left_place]),
        ordered,
        at,
        by_account,
        online,
        checkout,
        status,
        currency,
        _basket_email(rng, people, who, by_account, ordered),
        _basket_phone(rng, people, who),
        basket,
        product,
        quantity,
        price,
        np.where(rng.random(len(basket)) < 0.05, price * quantity // 1000 * 100, 0),
        people,
    )


def _basket_email(rng, people, who, by_account, ordered) -> pa.Array:
    n, take = len(who), pa.array(who)
    main = people.main_email().take(take)
    # Guests also give addresses that nothing else knows; their name and home still tell.
    other = pc.coalesce(people.emails[1].take(take), people.emails[2].take(take))
    other = pc.coalesce(other, main)
    guest = where(ordered & (rng.random(n) < 0.2), other, main)
    email = where(by_account, account_email(people).take(take), guest)
    email = email_as_typed(rng, email, 0.10)
    slip = ordered & (rng.random(n) < 0.004)
    email = put(email, slip, lambda r, v=email: typo(rng, v.take(pa.array(r))))
    email = where(
        ordered & (rng.random(n) < 0.004), pick(JUNK_EMAILS, rng.integers(0, 5, n)), email
    )
    return where(people.has_email[who], email)


def _basket_phone(rng, people, who) -> pa.Array:
    n = len(who)
    shared = people.landline["has"][who] & (rng.random(n) < 0.3)
    values = phone(rng, people, who, shared)
    values = where(rng.random(n) < 0.004, pick(JUNK_PHONES, rng.integers(0, 5, n)), values)
    return where(rng.random(n) < 0.3, NULL, values)


def make_orders(baskets: Baskets) -> tuple[dict[str, pa.Table], list]:
    """shop.orders with its lines and truth; totals add up."""
    people = baskets.people
    rng = people.block.rng("orders")
    count = int(baskets.ordered.sum())
    who, at = baskets.who[:count], baskets.at[:count]
    own = baskets.line_basket < count
    subtotal = np.bincount(
        baskets.line_basket[own],
        (baskets.price * baskets.quantity - baskets.line_discount)[own],
        count,
    ).astype(np.int64)
    whole = np.where(baskets.currency[:count] == list(CURRENCIES).index("JPY"), 100, 1)
    coded = rng.random(count) < 0.12
    discount = np.where(coded, subtotal // 10 // whole * whole, 0)
    shipping = np.where(subtotal > 5000 * np.maximum(whole, 1), 0, 495 * whole // whole * whole)
    tax = ((subtotal - discount) * rng.choice([0, 7, 19, 20], count) // 100) // whole * whole
    total = subtotal - discount + shipping + tax
    status = baskets.status[:count]
    updated = at + np.where(
        status == REFUNDED,
        rng.integers(2 * DAY, 30 * DAY, count),
        rng.integers(MINUTE, 3 * DAY, count),
    )
    updated = np.where(status == PENDING, at, updated)
    first, last = written_names(rng, people, who, at, 0.6)
    address = written_address(rng, people, who, at, 0.02)
    state = pick(STATUS, status)
    state = put(
        state, rng.random(count) < 0.03, lambda r, v=state: pc.utf8_upper(v.take(pa.array(r)))
    )
    unit = pick(list(CURRENCIES), baskets.currency[:count])
    unit = put(unit, rng.random(count) < 0.01, lambda r, v=unit: pc.utf8_lower(v.take(pa.array(r))))
    by_account = baskets.by_account[:count]
    table = as_table(
        order_id=baskets.order_id.slice(0, count),
        customer_id=where(by_account, account_ids(people, who)),
        email=baskets.email.slice(0, count),
        phone=baskets.phone.slice(0, count),
        status=state,
        currency=unit,
        subtotal=money(subtotal),
        discount=money(discount),
        shipping=money(shipping),
        tax=money(tax),
        total=money(total),
        discount_code=where(
            coded, choose(rng.integers(0, 3, count), "INK10", "WELCOME10", "letters10")
        ),
        cart_id=where(
            baskets.online[:count] | baskets.checkout[:count], baskets.cart_id.slice(0, count)
        ),
        ship_first_name=first,
        ship_last_name=last,
        **{("ship_" + name): values for name, values in address.items()},
        created_at=stamps(rng, at, {ISO: 0.93, "Y-M-D h:m:s": 0.04, "Y-M-DTh:m:s-05:00": 0.03}),
        updated_at=stamp(updated, ISO),
        loaded_at=stamp(updated + rng.integers(1000, HOUR, count), ISO),
    )
    versions = _order_versions(rng, table, at, status)
    truth = [("shop.orders", table["order_id"].combine_chunks(), who, None)]
    lines = _order_lines(rng, baskets, own)
    return {"shop.orders": versions, "shop.order_lines": lines}, truth


def _order_versions(rng, table, at, status) -> pa.Table:
    """Orders that were first loaded as paid, exact repeats, and a few that make no sense."""
    n = len(table)
    first = np.flatnonzero((status == REFUNDED) & (rng.random(n) < 0.7))
    paid = with_columns(
        table.take(pa.array(first)),
        status="paid",
        updated_at=stamp(at[first], ISO),
        loaded_at=stamp(at[first] + 5 * MINUTE, ISO),
    )
    twice = table.take(pa.array(np.flatnonzero(rng.random(n) < 0.004)))
    bad = rare(rng, n, 4, 0.0003)
    total = where(bad == 0, NULL, table["total"].combine_chunks())
    total = where(bad == 1, "see invoice", total)
    state = where(bad == 2, "shipped??", table["status"].combine_chunks())
    unit = where(bad == 3, "XXX", table["currency"].combine_chunks())
    table = with_columns(table, total=total, status=state, currency=unit)
    return pa.concat_tables([paid, table, twice])


def _order_lines(rng, baskets, own) -> pa.Table:
    place = np.arange(len(baskets.line_basket)) - np.searchsorted(
        baskets.line_basket, baskets.line_basket
    )
    order = baskets.order_id.take(pa.array(baskets.line_basket[own]))
    n = int(own.sum())
    odd = rare(rng, n, 4, 0.0003)
    quantity = number(baskets.quantity[own])
    for turn, junk in enumerate(("-1", "two", "1.5", "")):
        quantity = where(odd == turn, junk, quantity)
    discount = baskets.line_discount[own]
    table = as_table(
        order_line_id=cat(order, "-", number(place[own] + 1)),
        order_id=order,
        product_id=baskets.people.block.world.products.ids.take(pa.array(baskets.product[own])),
        quantity=quantity,
        unit_price=money(baskets.price[own]),
        discount=where(discount > 0, money(discount)),
    )
    twice = table.take(pa.array(np.flatnonzero(rng.random(n) < 0.003)))
    return pa.concat_tables([table, twice])


def make_checkouts(baskets: Baskets, device_id: pa.Array) -> tuple[pa.Table, list]:
    """shop.checkouts of the baskets that came so far; device_id is the basket's own."""
    people = baskets.people
    rng = people.block.rng("checkouts")
    rows = np.flatnonzero(baskets.checkout)
    take = pa.array(rows)
    n = len(rows)
    at = baskets.at[rows] - np.where(baskets.ordered[rows], rng.integers(1, 4, n) * 30_000, 0)
    done = np.where(baskets.ordered[rows], baskets.at[rows], -1)
    cart = baskets.cart_id.take(take)
    email = baskets.email.take(take)
    nobody = email.is_null().to_numpy(zero_copy_only=False)
    mobile = phone(rng, people, baskets.who[rows], abroad=True)
    mobile = where((rng.random(n) < 0.3) | nobody, mobile)
    table = as_table(
        checkout_id=cat("CH", pc.utf8_slice_codeunits(cart, 1)),
        cart_id=cart,
        email=email,
        phone=mobile,
        anonymous_id=device_id.take(take),
        created_at=stamp(at, ISO),
        completed_at=where(done >= 0, stamp(np.maximum(done, 0), ISO)),
        recovery_url=cat(f"{SHOP}/cart/recover/", cart),
    )
    # A nameless row with the family's address and no number could be anybody in the family.
    unknown = people.uses_family_email[baskets.who[rows]] & ~baskets.by_account[rows]
    junk = pc.is_in(email, text(JUNK_EMAILS)).to_numpy(zero_copy_only=False)
    owner = np.where(unknown | junk | nobody, -1, baskets.who[rows])
    ids = table["checkout_id"].combine_chunks()
    twice = table.slice(0, max(1, n // 400))
    return pa.concat_tables([table, twice]), [("shop.checkouts", ids, owner, None)]
