"""web.events: sessions on devices that are owned, shared, public or automatic."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen.arrays import (
    DAY,
    HOUR,
    NULL,
    SECOND,
    as_table,
    cat,
    choose,
    hex_ids,
    money,
    number,
    pick,
    put,
    rare,
    runs,
    stamp,
    where,
    with_columns,
)
from penpal.datagen.people import (
    COUNTRY,
    NEVER,
    People,
    device_ids,
    email_as_typed,
    phone,
    written_names,
)
from penpal.datagen.products import CURRENCIES, SHOP
from penpal.datagen.shop import Baskets, account_email, account_ids, local_times
from penpal.datagen.vocabulary import BOT_AGENTS, USER_AGENTS

PAGE, LISTED, VIEWED, ADDED, REMOVED, CART, CHECKOUT, COMPLETED, IDENTIFY = range(9)
EVENT_NAME = [
    "",
    "Product List Viewed",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
    "",
]
PEOPLE_A_KIOSK = 3000
PEOPLE_AN_OFFICE = 400
LOGIN = 15  # tenths of a step: after the first page of a session


@dataclass
class Devices:
    """Three own devices a person, then a tablet a household, then kiosks; flat index."""

    ids: pa.Array
    shared_from: int
    kiosks_from: int


@dataclass
class Sessions:
    """One row per session; basket, message and browsed are -1 or 0 where they do not apply."""

    who: np.ndarray
    at: np.ndarray  # of the last event
    device: np.ndarray
    steps: np.ndarray
    pace: np.ndarray  # milliseconds a step
    basket: np.ndarray
    click: np.ndarray  # row of the clicked letter
    views: np.ndarray
    logged: np.ndarray
    identifies: np.ndarray


def make_web(people: People, baskets: Baskets, clicks: dict):
    """(web.events, truth of events, truth of identify calls, device of each basket, planted)."""
    rng = people.block.rng("web")
    devices = _devices(rng, people)
    sessions = _sessions(rng, people, baskets, clicks, devices)
    events = _events(rng, sessions, baskets)
    table, owner = _rows(
        rng,
        people,
        baskets=baskets,
        clicks=clicks,
        devices=devices,
        sessions=sessions,
        events=events,
    )
    identify = events["code"] == IDENTIFY
    truth = [("web.events", table["message_id"].combine_chunks(), owner, identify)]
    table = _deliver_again(rng, table)
    bots = _bots(people.block)
    device_of_basket = np.full(len(baskets.who), -1)
    with_basket = sessions.basket >= 0
    device_of_basket[sessions.basket[with_basket]] = sessions.device[with_basket]
    basket_device = pick(devices.ids, device_of_basket)
    planted = _planted(people, devices, sessions)
    table = pa.concat_tables([table, bots]) if len(bots) else table
    truth.append(("web.events", bots["message_id"].combine_chunks(), np.full(len(bots), -1), None))
    return table, truth, basket_device, planted


def _devices(rng, people: People) -> Devices:
    kiosks = max(1, people.size // PEOPLE_A_KIOSK)
    shared = 3 * people.size
    total = shared + people.households + kiosks
    return Devices(device_ids(rng, total), shared, shared + people.households)


def _sessions(rng, people, baskets, clicks, devices) -> Sessions:
    bought = np.flatnonzero(baskets.online)
    count = np.bincount(baskets.line_basket, minlength=len(baskets.who))[bought]
    visits = rng.poisson(0.62, people.size)
    visitor, _ = runs(visits)
    browse_at = people.start[visitor] + (
        rng.random(len(visitor)) * (people.end - people.start)[visitor]
    ).astype(np.int64)
    browse_at = local_times(rng, people, visitor, browse_at)
    views = rng.choice([1, 2, 3, 4, 6], len(visitor), p=[0.3, 0.25, 0.25, 0.12, 0.08])
    followed = clicks["followed"]
    none_b, none_v, none_c = (np.full(len(part), -1) for part in (bought, visitor, followed))
    who = np.concatenate([baskets.who[bought], visitor, clicks["who"][followed]])
    pace = rng.integers(8, 90, len(who)) * SECOND
    steps = np.concatenate([2 * count + 5, views + 1, np.ones(len(followed), int)])
    at = np.concatenate([baskets.at[bought], browse_at, clicks["at"][followed] + 2 * SECOND])
    at[len(bought) :] += (steps * pace)[len(bought) :]
    device = _device_of(rng, people, who, devices)
    sessions = Sessions(
        who,
        at,
        device,
        steps,
        pace,
        np.concatenate([bought, none_v, none_c]),
        np.concatenate([none_b, none_v, followed]),
        np.concatenate([none_b * 0, views, none_c * 0]),
        None,
        None,
    )
    by_account = np.concatenate(
        [baskets.by_account[bought], np.zeros(len(visitor), bool), np.zeros(len(followed), bool)]
    )
    _log_in(rng, people, devices, sessions, by_account)
    return sessions


def _device_of(rng, people, who, devices) -> np.ndarray:
    n = len(who)
    rank = rng.choice(3, n, p=[0.7, 0.22, 0.08])
    rank = np.where(people.number[who] % 5 < 2, 0, rank)  # two in five have one device only
    own = 3 * who + rank
    crowd = np.bincount(people.household, minlength=people.households)
    tablet = (crowd > 1) & (people.block.rng("tablets").random(people.households) < 0.25)
    home = people.household[who]
    device = np.where(tablet[home] & (rng.random(n) < 0.3), devices.shared_from + home, own)
    kiosks = len(devices.ids) - devices.kiosks_from
    public = people.has_account[who] & (rng.random(n) < max(0.006, 12 / n))
    return np.where(public, devices.kiosks_from + rng.integers(0, kiosks, n), device)


def _log_in(rng, people, devices, sessions, by_account) -> None:
    """Own devices remember the login; on shared ones everybody logs in for each visit."""
    n = len(sessions.who)
    account = people.has_account[sessions.who]
    shared = sessions.device >= devices.shared_from
    wants = account & (by_account | (rng.random(n) < np.where(shared, 0.7, 0.22)))
    order = np.lexsort((sessions.at, sessions.device))
    device, logins = sessions.device[order], np.flatnonzero(wants[order])
    first = np.full(len(devices.ids), NEVER)
    known, where_first = np.unique(device[logins], return_index=True)
    first[known] = sessions.at[order][logins[where_first]]
    remembered = account & ~shared & (sessions.at >= first[sessions.device])
    sessions.logged = wants | (remembered & (rng.random(n) < 0.9))
    now = np.zeros(n, bool)
    now[order[logins[where_first]]] = True
    again = wants & ~now & (rng.random(n) < 0.05)
    # Visitors without an account leave their address now and then (newsletter form).
    newsletter = ~account & ~shared & people.has_email[sessions.who] & (rng.random(n) < 0.06)
    sessions.identifies = (wants & shared) | now | again | newsletter


def _events(rng, sessions: Sessions, baskets: Baskets) -> dict[str, np.ndarray]:
    """session, step (in tenths), code and line (or product) of every event, by time."""
    parts = []

    def add(session, step, code, product=None, line=None):
        size = len(session)
        blank = np.full(size, -1)
        parts.append(
            (
                session,
                np.broadcast_to(step, size),
                np.full(size, code),
                blank if product is None else product,
                blank if line is None else line,
            )
        )

    all_sessions = np.arange(len(sessions.who))
    busy = np.flatnonzero(sessions.basket >= 0)
    landing = (sessions.basket < 0) | (rng.random(len(all_sessions)) < 0.5)
    add(all_sessions[landing], 10, PAGE)
    add(np.flatnonzero(sessions.identifies), LOGIN, IDENTIFY)

    session_of = np.full(len(baskets.who), -1)
    session_of[sessions.basket[busy]] = busy
    line = np.flatnonzero(session_of[baskets.line_basket] >= 0)
    basket = baskets.line_basket[line]
    place = line - np.searchsorted(baskets.line_basket, basket)
    session, product = session_of[basket], baskets.product[line]
    seen = rng.random(len(line)) < 0.5
    add(session[seen], 20 * (place[seen] + 1), VIEWED, product[seen])
    add(session, 20 * (place + 1) + 10, ADDED, product, line)
    last = sessions.steps * 10
    goods = len(baskets.people.block.world.products.names)
    regret = busy[rng.random(len(busy)) < 0.05]
    unwanted = rng.integers(0, goods, len(regret))
    add(regret, last[regret] - 28, ADDED, unwanted)
    add(regret, last[regret] - 24, REMOVED, unwanted)
    # Some left carts were emptied on purpose.
    emptied = ~baskets.ordered & ~baskets.checkout & (rng.random(len(baskets.who)) < 0.12)
    gone = emptied[basket]
    add(session[gone], last[session[gone]] - 8, REMOVED, product[gone], line[gone])
    looked = busy[rng.random(len(busy)) < 0.25]
    add(looked, last[looked] - 20, CART)
    pays = busy[baskets.checkout[sessions.basket[busy]]]
    pays = pays[rng.random(len(pays)) < 0.8]
    add(pays, last[pays] - 10, CHECKOUT)
    done = busy[baskets.ordered[sessions.basket[busy]]]
    done = done[rng.random(len(done)) < 0.97]
    add(done, last[done], COMPLETED)

    browsing = np.flatnonzero(sessions.views > 0)
    owner, nth = runs(sessions.views[browsing])
    product = (rng.random(len(owner)) ** 1.4 * goods).astype(int)
    code = np.where((nth == 0) & (rng.random(len(owner)) < 0.3), LISTED, VIEWED)
    for kind in (LISTED, VIEWED):
        mask = code == kind
        add(browsing[owner[mask]], 20 + 10 * nth[mask], kind, product[mask])

    names = ("session", "step", "code", "product", "line")
    events = {name: np.concatenate([p[k] for p in parts]) for k, name in enumerate(names)}
    s = events["session"]
    early = (sessions.steps[s] * 10 - events["step"]) * (sessions.pace[s] // 10)
    events["at"] = sessions.at[s] - np.maximum(early, 0)
    order = np.lexsort((s, events["at"]))
    return {name: values[order] for name, values in events.items()}


def _clocks(rng, at, as_of) -> tuple[np.ndarray, ...]:
    """(by the client, sent, received, corrected) with wrong clocks and late deliveries."""
    n = len(at)
    wait = rng.integers(20, 4 * SECOND, n)
    late = rng.random(n)
    wait = np.where(late < 0.012, rng.integers(HOUR, 5 * DAY, n), wait)
    travel = rng.integers(30, 900, n)
    skew = np.where(rng.random(n) < 0.008, rng.integers(-3 * HOUR, 30 * HOUR, n), 0)
    skew = np.where(rare(rng, n, 1, 0.0005) == 0, rng.integers(90 * DAY, 400 * DAY, n), skew)
    corrected = np.where(rng.random(n) < 0.5, at, at + skew)
    return at + skew, at + wait + skew, at + wait + travel, corrected


def _rows(rng, people, *, baskets, clicks, devices, sessions, events):
    n = len(events["at"])
    s, code = events["session"], events["code"]
    who = sessions.who[s]
    client, sent, received, corrected = _clocks(rng, events["at"], people.block.world.as_of)
    logged = sessions.logged[s] & ~(sessions.identifies[s] & (events["step"] < LOGIN))
    fresh = rng.random(n)
    patterns = np.searchsorted([0.005, 0.01, 0.02], fresh, side="right")
    times = stamp(corrected)
    for kind, pattern in enumerate(("S", "F", "Y-M-DTh:m:s+02:00")):
        times = put(times, patterns == kind, lambda r, p=pattern: stamp(corrected[r], p))
    url, referrer = _pages(rng, people, clicks, sessions, events)
    agent = pick(USER_AGENTS, (sessions.device[s] * 7919) % len(USER_AGENTS))
    table = as_table(
        message_id=hex_ids(rng, n, "m", 8),
        type=choose(
            np.where(code == PAGE, 0, np.where(code == IDENTIFY, 1, 2)), "page", "identify", "track"
        ),
        event=where((code != PAGE) & (code != IDENTIFY), pick(EVENT_NAME, code)),
        anonymous_id=pick(devices.ids, sessions.device[s]),
        user_id=where(logged, account_ids(people, who)),
        original_timestamp=stamp(client),
        sent_at=where(rng.random(n) < 0.9, stamp(sent)),
        received_at=stamp(received),
        timestamp=where(rng.random(n) < 0.85, times),
        page_url=url,
        page_referrer=referrer,
        user_agent=agent,
        properties=_properties(rng, people, baskets, sessions, events),
        traits=_identify_traits(rng, people, who, code, sessions.logged[s]),
        context=_context(rng, people, who),
    )
    return table, who


def _pages(rng, people, clicks, sessions, events):
    products = people.block.world.products
    code, s, product = events["code"], events["session"], events["product"]
    n = len(code)
    shown = np.where(code == REMOVED, -1, product)
    url = pick([f"{SHOP}/p/{slug}" for slug in products.slugs], shown)
    kinds = sorted(set(products.categories))
    kind = np.array([kinds.index(c) for c in products.categories])[np.maximum(product, 0)]
    listed = pick([f"{SHOP}/c/{c.lower()}" for c in kinds], kind)
    url = where(code == LISTED, listed, url)
    fixed_pages = {
        REMOVED: "/cart",
        CART: "/cart",
        CHECKOUT: "/checkout",
        COMPLETED: "/thank-you",
        IDENTIFY: "/account",
    }
    for one, path in fixed_pages.items():
        url = where(code == one, SHOP + path, url)
    landing = pick(
        [
            "/",
            "/",
            "/new",
            "/?utm_source=newsletter&utm_campaign=spring",
            "/?utm_source=search&utm_medium=cpc&utm_campaign=pens",
        ],
        rng.integers(0, 5, n),
    )
    url = where(code == PAGE, cat(SHOP, landing), url)
    letter = sessions.click[s]
    url = put(
        url, (code == PAGE) & (letter >= 0), lambda r: clicks["url"].take(pa.array(letter[r]))
    )
    came = (code == PAGE) & (rng.random(n) < 0.5)
    referrer = pick(
        ["https://www.google.com/", "https://duckduckgo.com/", SHOP + "/"], rng.integers(0, 3, n)
    )
    return url, where(came, referrer)


def _properties(rng, people, baskets, sessions, events) -> pa.Array:
    products = people.block.world.products
    code, s, product, line = (events[k] for k in ("code", "session", "product", "line"))
    n = len(code)
    basket = sessions.basket[s]
    currency = np.where(basket >= 0, baskets.currency[basket], 0)
    unit = pick(list(CURRENCIES), currency)
    price = products.price_in(np.maximum(product, 0), currency)
    cart = baskets.cart_id.take(pa.array(np.maximum(basket, 0)))
    order = baskets.order_id.take(pa.array(np.maximum(basket, 0)))
    amount = money(price)
    quoted = rng.random(n) < 0.01  # numbers as text
    amount = put(amount, quoted, lambda r: cat('"', money(price[r]), '"'))
    item = cat('"product_id":"', pick(products.ids, product), '","price":', amount)
    shelf = cat(',"category":"', pick(products.categories, product), '"')
    coin = cat(',"currency":"', unit, '"')
    quantity = number(np.where(line >= 0, baskets.quantity[line], 1))
    count = cat(',"quantity":', quantity)
    in_cart = cat('{"cart_id":"', cart, '"')
    made = {
        LISTED: cat('{"category":"', pick(products.categories, product), '"}'),
        VIEWED: cat("{", item, shelf, coin, "}"),
        ADDED: cat(in_cart, ",", item, count, coin, "}"),
        REMOVED: cat(in_cart, ',"product_id":"', pick(products.ids, product), '"', count, "}"),
        CART: cat(in_cart, "}"),
        CHECKOUT: cat(in_cart, coin, "}"),
        COMPLETED: cat('{"order_id":"', order, '","cart_id":"', cart, '"', coin, "}"),
    }
    out = pa.nulls(n, pa.string())
    for kind, values in made.items():
        out = where(code == kind, values, out)
    broken = rare(rng, n, 1, 0.002) == 0
    return put(
        out,
        broken,
        lambda r: pc.utf8_slice_codeunits(pc.coalesce(out.take(pa.array(r)), "undefined"), 0, 19),
    )


def _identify_traits(rng, people, who, code, logged) -> pa.Array:
    rows = np.flatnonzero(code == IDENTIFY)
    out = pa.nulls(len(code), pa.string())
    if not len(rows):
        return out
    person = who[rows]
    n = len(rows)
    first, last = written_names(rng, people, person, people.start[person], 0.3)
    main, account = (v.take(pa.array(person)) for v in (people.main_email(), account_email(people)))
    email = email_as_typed(rng, where(logged[rows], account, main), 0.04)
    field = lambda key, values, share: where(  # noqa: E731
        rng.random(n) < share, pc.coalesce(cat(f',"{key}":"', values, '"'), ""), ""
    )
    body = cat(
        pc.coalesce(cat('"email":"', email, '"'), '"email":null'),
        field("firstName", first, 0.7),
        field("lastName", last, 0.6),
        where(logged[rows], field("phone", phone(rng, people, person, abroad=True), 0.3), ""),
    )
    traits = cat("{", body, "}")
    broken = rare(rng, n, 1, 0.004) == 0
    traits = where(broken, pc.utf8_slice_codeunits(traits, 0, 14), traits)
    return put(out, code == IDENTIFY, lambda r: traits)


def _context(rng, people, who) -> pa.Array:
    n = len(who)
    head = (people.number - people.slot)[who]
    home = cat(
        "10.", number(head // 65_536 % 256), ".", number(head // 256 % 256), ".", number(head % 256)
    )
    office = people.number[who] // PEOPLE_AN_OFFICE % 250 + 1
    works = (people.number[who] % 8 == 0) & (rng.random(n) < 0.6)
    ip = where(works, cat("203.0.113.", number(office)), home)
    country = people.country[who]
    locale = pick([f"{c[4]}-{c[0]}" for c in COUNTRY], country)
    full = cat('{"ip":"', ip, '","locale":"', locale, '"}')
    kind = rng.choice(3, n, p=[0.97, 0.028, 0.002])
    return choose(kind, full, NULL, "[object Object]")


def _deliver_again(rng, table) -> pa.Table:
    """Exact repeats, redeliveries, and rare message ids with other content."""
    n = len(table)
    exact = table.take(pa.array(np.flatnonzero(rng.random(n) < 0.004)))
    again = table.take(pa.array(np.flatnonzero(rng.random(n) < 0.002)))
    again = with_columns(again, sent_at=None)
    other = table.take(pa.array(np.sort(rng.integers(0, n, max(3, n // 20_000)))))
    other = with_columns(
        other, page_url=f"{SHOP}/?replayed=1", properties='{"note":"other content"}'
    )
    return pa.concat_tables([table, exact, again, other])


def _bots(block) -> pa.Table:
    """Crawlers: many hits at machine pace, one device a day."""
    rng = block.rng("bots")
    world = block.world
    runs_of = max(2, block.size // 1500)
    hits = rng.integers(20, 60, runs_of)
    owner, place = runs(hits)
    n = len(owner)
    start = world.as_of - rng.integers(HOUR, 700 * DAY, runs_of)
    at = start[owner] + place * rng.integers(300, 2000, runs_of)[owner]
    product = rng.integers(0, len(world.products.names), n)
    return as_table(
        message_id=hex_ids(rng, n, "m", 8),
        type=where(place % 4 == 0, "page", "track"),
        event=where(place % 4 == 0, NULL, "Product Viewed"),
        anonymous_id=device_ids(rng, runs_of).take(pa.array(owner)),
        user_id=None,
        original_timestamp=stamp(at),
        sent_at=stamp(at + 10),
        received_at=stamp(at + 60),
        timestamp=stamp(at),
        page_url=pick([f"{SHOP}/p/{slug}" for slug in world.products.slugs], product),
        page_referrer=None,
        user_agent=pick(BOT_AGENTS, rng.integers(0, len(BOT_AGENTS), runs_of)[owner]),
        properties=where(
            place % 4 == 0,
            NULL,
            cat('{"product_id":"', world.products.ids.take(pa.array(product)), '"}'),
        ),
        traits=None,
        context='{"ip":"198.51.100.9"}',
    )


def _planted(people, devices, sessions) -> pa.Table:
    """Who shared which kiosk, tablet, family address and phone."""
    parts = []
    for kind, low, high in (
        ("shared_tablet", devices.shared_from, devices.kiosks_from),
        ("kiosk", devices.kiosks_from, len(devices.ids)),
    ):
        on = (sessions.device >= low) & (sessions.device < high)
        pairs = np.unique(np.stack([sessions.device[on], sessions.who[on]], axis=1), axis=0)
        if len(pairs):
            parts.append((kind, pick(devices.ids, pairs[:, 0]), pairs[:, 1]))
    family = np.flatnonzero(people.uses_family_email)
    parts.append(("family_email", people.family_email.take(pa.array(family)), family))
    crowd = np.bincount(people.household, minlength=people.households)[people.household]
    line = np.flatnonzero(people.landline["has"] & (crowd > 1))
    code = pick([c[1] for c in COUNTRY], people.country[line])
    prefix = people.landline["prefix"].take(pa.array(line))
    value = cat("+", code, prefix, number(people.landline["line"][line]))
    parts.append(("household_phone", value, line))
    ids = people.ids
    return pa.concat_tables(
        [
            as_table(kind=kind, value=value, person_id=ids.take(pa.array(rows)))
            for kind, value, rows in parts
            if len(rows)
        ]
    )
