"""Contacts of known people with known kinds of errors, for measuring identity resolution.

People live in households (couples, children, twins, a father and a son of one name), move, marry,
use several addresses; a profile says how often each field of their records is wrong or missing.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen import errors, longtail
from penpal.datagen import vocabulary as words
from penpal.datagen.arrays import (
    DAY,
    HOUR,
    as_table,
    cat,
    choose,
    number,
    pick,
    put,
    runs,
    scramble,
    stamp,
    text,
    where,
)
from penpal.datagen.output import COLUMNS

BLOCK = 100_000  # records made at a time
MAX_PEOPLE = 3_000_000  # phone numbers are unique up to here
MAX_SHARE = 30  # records a person on average
HISTORY = 1460 * DAY
AS_OF = 1_781_524_800_000  # 2026-06-15 12:00:00 UTC
LINES = 7_000_000

COUNTRY = words.countries()
CITY = words.cities()
COUNTRY_POOL = np.array([words.POOL_NAMES.index(row[3]) for row in COUNTRY])
STREET_STYLE = {"en": 0, "de": 1, "fr": 2, "es": 3, "nl": 4, "pt": 5, "ja": 6}
CITY_OF = {
    name: text([row[place] for row in CITY])
    for name, place in (("region", 2), ("prefix", 3), ("area", 4))
}
DOMAINS = words.MAIL_DOMAINS.split()


@dataclass(frozen=True)
class Profile:
    """What kind of register it is. Rates are shares of the records unless said otherwise."""

    counts: str  # how records are spread over people: geometric, gamma or poisson
    households: tuple  # share of households of 1, 2, … members
    born: tuple  # years
    countries: tuple  # shares in the order of vocabulary.COUNTRIES
    columns: tuple  # what is filled beside the key and the times
    rates: dict = field(default_factory=dict)

    def rate(self, name: str) -> float:
        """A rate, 0 where the profile does not name it."""
        return self.rates.get(name, 0.0)


def _rates(listed: str) -> dict[str, float]:
    pairs = [item.rstrip("%").split("=") for item in listed.split()]
    return {name: float(percent) / 100 for name, percent in pairs}


_EVERYWHERE = tuple(float(row[6]) for row in COUNTRY)
_ALL = """first_name last_name email phone mobile_phone street_address city region postal_code
    country birth_date gender"""
PROFILES = {
    # A shop's CRM: most people once, some two to five times.
    "light": Profile(
        counts="geometric",
        households=(0.78, 0.14, 0.04, 0.03, 0.01),
        born=(1935, 2007),
        countries=_EVERYWHERE,
        columns=tuple(_ALL.split()),
        rates=_rates("""alias=6% initial=2% both=2% first_slip=2.5% first_missing=2% last_slip=2.5%
            last_missing=1% double=1% swap=1% capitals=3% birth_slip=1.5% birth_swap=0.6%
            birth_placeholder=0.8% birth_missing=30% street_slip=3% street_short=25%
            street_missing=15% other_place=2% city_slip=2% city_missing=6% postal_slip=2%
            postal_missing=10% gender_missing=30% gender_wrong=0.5% email_missing=15%
            email_other=14% local_slip=1.5% domain_slip=0.8% phone_missing=30% phone_other=8%
            phone_slip=2% landline=25% moved=14% married=10% family_email=8%"""),
    ),
    # Historical registers: many records a person, little in them, much of it wrong.
    "heavy": Profile(
        counts="gamma",
        households=(0.35, 0.20, 0.15, 0.15, 0.15),
        born=(1500, 1950),
        countries=(8, 1, 76, 0, 0, 6, 5, 1, 3, 0, 0),
        columns=("first_name", "last_name", "birth_date", "city", "postal_code", "gender"),
        rates=_rates("""alias=10% initial=2% both=10% first_slip=10% first_missing=3% last_slip=12%
            last_missing=3% double=3% swap=2% birth_slip=10% birth_swap=1% birth_placeholder=5%
            birth_missing=7% other_place=10% city_slip=6% city_missing=9% postal_slip=8%
            postal_missing=12% gender_missing=15% gender_wrong=1% moved=25% married=15%
            twice=25%"""),
    ),
    # A small list of a few fields, each wrong or missing in a sixth of the records.
    "mini": Profile(
        counts="poisson",
        households=(0.7, 0.2, 0.1),
        born=(1940, 2005),
        countries=(20, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0),
        columns=("first_name", "last_name", "birth_date", "city", "email"),
        rates=_rates("""alias=1% first_slip=6% first_missing=8% last_slip=6% last_missing=7% swap=4%
            birth_slip=12% birth_swap=3% city_slip=6% city_missing=10% email_missing=10%
            email_other=1% local_slip=5% domain_slip=2% twice=30%"""),
    ),
}


@dataclass
class Persons:
    """One entry a person unless said otherwise; names are indexes into the long-tail pools."""

    household: np.ndarray
    head: np.ndarray  # the person who heads the household
    pool: np.ndarray
    female: np.ndarray
    given: np.ndarray
    second: np.ndarray
    surname: np.ndarray
    maiden: np.ndarray
    married_at: np.ndarray  # ms; records before it have the maiden name
    born: np.ndarray  # datetime64[D]
    home: np.ndarray  # address before moving
    new_home: np.ndarray
    moved_at: np.ndarray
    namesakes: np.ndarray  # how many earlier people have the same name
    family_email: np.ndarray
    town: np.ndarray  # an address: index into longtail.towns().names
    country: np.ndarray  # of an address
    street: np.ndarray  # of an address
    house: np.ndarray  # of an address
    numbers: Callable[[str], np.random.Generator]


def _streams(*key) -> Callable[[str], np.random.Generator]:
    return lambda name: np.random.default_rng([*key, zlib.crc32(name.encode())])


def record_counts(rng: np.random.Generator, kind: str, people: int, records: int) -> np.ndarray:
    """How many records each person has: at least one, records in all."""
    mean = records / people - 1
    if kind == "geometric":
        counts = 1 + rng.geometric(1 / (1 + mean), people) - 1
    elif kind == "gamma":
        counts = 1 + rng.gamma(1.3, max(mean, 1e-9) / 1.3, people).round().astype(np.int64)
    else:
        counts = 1 + rng.poisson(mean, people)
    counts = np.clip(counts, 1, max(5, int(6 * (mean + 1))))
    while (missing := records - counts.sum()) != 0:
        room = np.arange(people) if missing > 0 else np.flatnonzero(counts > 1)
        chosen = rng.choice(room, min(abs(missing), len(room)), replace=False)
        counts[chosen] += np.sign(missing)
    return counts


def make_persons(profile: Profile, people: int, seed: int) -> Persons:
    """Everybody, their names, homes and families, as numbers."""
    streams = _streams(seed, 0)
    rng = streams("households")
    sizes = rng.choice(
        len(profile.households), people, p=np.array(profile.households) / sum(profile.households)
    )
    household, slot = runs(sizes + 1)
    household, slot = household[:people], slot[:people]
    homes = int(household[-1]) + 1
    head = np.arange(people) - slot
    shares = np.array(profile.countries) / sum(profile.countries)
    land = rng.choice(len(COUNTRY), homes, p=shares)
    pool = COUNTRY_POOL[land][household]
    female = rng.random(people) < 0.5
    female = np.where(slot == 1, ~female[head] ^ (rng.random(people) < 0.05), female)
    born = _births(streams("births"), profile, slot, head)
    given, second = _given_names(streams("given"), pool, female, slot, head)
    surname, maiden, married_at = _surnames(
        streams("surnames"), profile, pool=pool, household=household, female=female, slot=slot
    )
    moved = streams("moves").random(people) < profile.rate("moved")
    moved_at = np.where(moved, _times(streams("moved_at"), people), np.iinfo(np.int64).max)
    new_home = np.where(moved, homes + np.cumsum(moved) - 1, household)
    countries = np.concatenate([land, land[household[moved]]])
    town, street, house = _addresses(streams("addresses"), countries)
    family = streams("family").random(homes) < profile.rate("family_email")
    return Persons(
        household, head, pool, female, given, second, surname, maiden, married_at, born,
        household, new_home, moved_at, _namesakes(given, surname), family[household] & (slot > 0),
        town, countries, street, house, streams,
    )  # fmt: skip


def _times(rng: np.random.Generator, rows: int) -> np.ndarray:
    return AS_OF - DAY - (rng.random(rows) * (HISTORY - DAY)).astype(np.int64)


def _births(rng, profile: Profile, slot, head) -> np.ndarray:
    """Parents of an age, children 20 to 40 years younger, some of them twins."""
    people = len(slot)
    first, last = (np.datetime64(f"{year}-01-01", "D") for year in profile.born)
    span = (last - first).astype(np.int64)
    days = (rng.random(people) * span).astype(np.int64)
    year = 365.25
    couple = days[head] + (rng.normal(1.5, 4, people) * year).astype(np.int64)
    child = days[head] + ((20 + 20 * rng.random(people)) * year).astype(np.int64)
    days = np.where(slot == 1, couple, np.where(slot > 1, child, days))
    twin = (slot > 2) & (rng.random(people) < 0.04)
    days = np.where(twin, np.roll(days, 1), days)
    # Who would be born outside the years is born somewhere in the last or first ten of them.
    some = (rng.random(people) * 10 * year).astype(np.int64)
    return first + np.where(days >= span, span - 1 - some, np.where(days < 0, some, days))


def _given_names(rng, pool, female, slot, head) -> tuple[np.ndarray, np.ndarray]:
    names = longtail.given_names()
    of_sex = pool * 2 + np.where(female, 0, 1)
    given, second = names.draw(rng, of_sex), names.draw(rng, of_sex)
    junior = (slot > 1) & (female == female[head]) & (rng.random(len(slot)) < 0.06)
    given = np.where(junior, given[head], given)
    # Two children of one family do not bear the same name.
    clash = (slot > 2) & ~junior & (given == np.roll(given, 1))
    return np.where(clash, second, given), second


def _surnames(rng, profile: Profile, *, pool, household, female, slot):
    names, people = longtail.surnames(), len(pool)
    homes = int(household[-1]) + 1
    pool_of_home = np.zeros(homes, np.int64)
    pool_of_home[household] = pool
    own, family = names.draw(rng, pool), names.draw(rng, pool_of_home)[household]
    surname = np.where((slot == 1) & (rng.random(people) < 0.15), own, family)
    married = female & (slot <= 1) & (rng.random(people) < profile.rate("married"))
    married_at = np.where(married, _times(rng, people), np.iinfo(np.int64).min)
    return surname, np.where(married, own, surname), married_at


def _addresses(rng, countries: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    town = longtail.towns().names.draw(rng, countries)
    styles = np.array([STREET_STYLE[words.POOL_NAMES[pool]] for pool in COUNTRY_POOL])
    street = longtail.street_names().draw(rng, styles[countries])
    house = 1 + (rng.exponential(45, len(countries))).astype(np.int64)
    return town, street, house


def _namesakes(given: np.ndarray, surname: np.ndarray) -> np.ndarray:
    """How many earlier people have these two names, in the a-z form of an address."""
    codes = [
        np.asarray(pc.dictionary_encode(letters).indices)[index].astype(np.int64)
        for index, letters in ((given, _given_letters()), (surname, _surname_letters()))
    ]
    key = codes[0] * 1_000_000 + codes[1]
    order = np.argsort(key, kind="stable")
    new = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    start = np.maximum.accumulate(np.where(new, np.arange(len(key)), 0))
    out = np.empty(len(key), np.int64)
    out[order] = np.arange(len(key)) - start
    return out


def _letters(names: pa.Array) -> pa.Array:
    return text([words.ascii_form(name) or "x" for name in names.to_pylist()])


@cache
def _given_letters() -> pa.Array:
    return _letters(longtail.given_names().items)


@cache
def _surname_letters() -> pa.Array:
    return _letters(longtail.surnames().items)


# --- records --------------------------------------------------------------------------------


@dataclass
class Batch:
    """Some records: whose they are, when they were written, and their own random streams."""

    profile: Profile
    persons: Persons
    who: np.ndarray
    at: np.ndarray
    numbers: Callable[[str], np.random.Generator]

    def hit(self, name: str) -> np.ndarray:
        """The records that this error happens to."""
        return self.numbers(name).random(len(self.who)) < self.profile.rate(name)

    def blank(self, values: pa.Array, name: str) -> pa.Array:
        """The values with some missing."""
        return where(~self.hit(name), values)

    def slip(self, values: pa.Array, name: str, **options) -> pa.Array:
        """The values with slips in some."""
        rate = self.profile.rate(name)
        if not rate:
            return values
        options.setdefault("twice", self.profile.rate("twice") or 0.1)
        return errors.slips(self.numbers(name), values, rate, **options)


def _names(batch: Batch) -> tuple[pa.Array, pa.Array]:
    people, who = batch.persons, batch.who
    given = longtail.given_names().items
    first, second = pick(given, people.given[who]), pick(given, people.second[who])
    short = pick(longtail.nicknames(), people.given[who])
    other = np.where(batch.numbers("other name").random(len(who)) < 0.25, 1, 0)
    alias = choose(other, pc.coalesce(short, second), second)
    both = cat(first, " ", second)
    first = where(batch.hit("both"), both, where(batch.hit("alias"), alias, first))
    dot = where(batch.numbers("dot").random(len(who)) < 0.5, ".", "")
    first = where(batch.hit("initial"), cat(pc.utf8_slice_codeunits(first, 0, 1), dot), first)
    first = batch.blank(batch.slip(first, "first_slip"), "first_missing")
    maiden = batch.at < people.married_at[who]
    surnames = longtail.surnames().items
    last = pick(surnames, np.where(maiden, people.maiden[who], people.surname[who]))
    double = cat(last, "-", pick(surnames, people.maiden[who]))
    last = where(batch.hit("double") & (people.maiden != people.surname)[who], double, last)
    last = batch.blank(batch.slip(last, "last_slip"), "last_missing")
    swap = batch.hit("swap")
    first, last = where(swap, last, first), where(swap, first, last)
    loud, soft = batch.hit("capitals"), batch.numbers("small").random(len(who)) < 0.4
    first, last = (
        put(v, loud & ~soft, lambda rows, v=v: pc.utf8_upper(v.take(pa.array(rows))))
        for v in (first, last)
    )
    return tuple(
        put(v, loud & soft, lambda rows, v=v: pc.utf8_lower(v.take(pa.array(rows))))
        for v in (first, last)
    )


def _birth_dates(batch: Batch) -> pa.Array:
    days, profile = batch.persons.born[batch.who], batch.profile
    days = errors.date_slips(batch.numbers("birth_slip"), days, profile.rate("birth_slip"))
    days = errors.date_swaps(batch.numbers("birth_swap"), days, profile.rate("birth_swap"))
    days = errors.placeholders(
        batch.numbers("birth_placeholder"), days, profile.rate("birth_placeholder")
    )
    shown = stamp(days.astype(np.int64) * DAY, "Y-M-D")
    return batch.blank(shown, "birth_missing")


def _homes(batch: Batch) -> np.ndarray:
    """The address of each record: before or after moving, sometimes somebody else's."""
    people, who = batch.persons, batch.who
    home = np.where(batch.at < people.moved_at[who], people.home[who], people.new_home[who])
    rng = batch.numbers("elsewhere")
    return np.where(batch.hit("other_place"), rng.integers(0, len(people.town), len(who)), home)


def _streets(batch: Batch, home: np.ndarray) -> pa.Array:
    people = batch.persons
    style = COUNTRY_POOL[people.country[home]]
    kind = scramble(people.street[home] * 31 + people.house[home], 1_000_003)
    name = pick(longtail.street_names().items, people.street[home])
    short = batch.hit("street_short")
    second = number(1 + people.house[home] * 7 % 30)
    lines = []
    for pool in words.POOL_NAMES:
        order, _, full, brief = words.STREETS[pool]
        kinds = [text(k.split()) for k in (full, brief)]
        place = kind % len(kinds[0])
        shown = where(short, pick(kinds[1], place), pick(kinds[0], place))
        fields = {"n": number(people.house[home]), "n2": second, "name": name, "kind": shown}
        pieces = order.replace("{", "|{").replace("}", "}|").split("|")
        parts = [fields[p[1:-1]] if p.startswith("{") else p for p in pieces if p]
        lines.append(cat(*parts))
    street = choose(style, *lines)
    return batch.blank(batch.slip(street, "street_slip", heard=0.1), "street_missing")


def _postal_codes(batch: Batch, home: np.ndarray) -> pa.Array:
    """One to four codes a town (of these two digits), by the country's pattern."""
    people = batch.persons
    city = longtail.towns().city[people.town[home]]
    seed = scramble(people.town[home] * 4 + people.street[home] % 4, 1_000_003, 3)
    letters = text(list("ABDEFGHJLNPQRSTUWXYZ"))
    prefix = pick(CITY_OF["prefix"], city)
    out = []
    for row in COUNTRY:
        parts, rest = [prefix], seed
        # What a household has of its own: the last letters of a British or Dutch code.
        own = scramble(people.street[home], 1_000_003, 5)
        for sign in row[8]:
            source = own if sign == "@" else rest
            if sign == "#":
                parts.append(number(source % 10))
                rest = rest // 10
            elif sign == "@":
                parts.append(pick(letters, own % 20))
                own = own // 20
            else:
                parts.append(sign)
        out.append(cat(*parts))
    codes = choose(people.country[home], *out)
    return batch.blank(batch.slip(codes, "postal_slip", heard=0.0), "postal_missing")


def _local_parts(people: Persons, who: np.ndarray, style: np.ndarray) -> pa.Array:
    """The part before the @; nobody else's in the same style."""
    given = pick(_given_letters(), people.given[who])
    surname = pick(_surname_letters(), people.surname[who])
    namesakes = people.namesakes[who]
    tail = where(namesakes == 0, "", number(namesakes))
    own = number(scramble(who, MAX_PEOPLE, 7))
    first, second = (text(handles.split()) for handles in words.HANDLES)
    return choose(
        style,
        cat(given, ".", surname, tail),
        cat(given, surname, tail),
        cat(pc.utf8_slice_codeunits(given, 0, 1), surname, own),
        cat(pick(first, who % len(first)), pick(second, who // 7 % len(second)), own),
    )


def _emails(batch: Batch) -> pa.Array:
    people, n = batch.persons, len(batch.who)
    shared = people.family_email[batch.who] & (batch.numbers("family mail").random(n) < 0.5)
    who = np.where(shared, people.head[batch.who], batch.who)
    other = batch.hit("email_other") & ~shared
    style = scramble(who, 1_000_003, 11) % 100
    style = np.searchsorted([40, 65, 85], style, side="right")
    style = np.where(other, (style + 1 + who % 3) % 4, style)
    domain = np.searchsorted(
        [30, 45, 55, 64, 72, 79, 86, 92, 97], scramble(who, 1_000_033, 13) % 100
    )
    domain = np.where(other, (domain + 3) % len(DOMAINS), domain)
    local = batch.slip(_local_parts(people, who, style), "local_slip", heard=0.1)
    name = batch.slip(pick(DOMAINS, domain), "domain_slip", heard=0.0)
    return batch.blank(cat(local, "@", name), "email_missing")


def _phones(batch: Batch) -> tuple[pa.Array, pa.Array]:
    """(phone, mobile_phone): the household's line or the own one, in many notations."""
    people, who, rng = batch.persons, batch.who, batch.numbers("phones")
    country = people.country[people.home[who]]
    landline = batch.hit("landline")
    other = batch.hit("phone_other")
    line = np.where(landline, 2 * people.head[who] + 1, 2 * who)
    line = 2_000_000 + scramble(line, LINES, 5)
    line = np.where(other, 2_000_000 + rng.integers(0, LINES, len(who)), line)
    area = pick(CITY_OF["area"], longtail.towns().city[people.town[people.home[who]]])
    mobiles = [text(row[7].split() or ["0"]) for row in COUNTRY]
    prefixes = [pick(m, who % len(m)) if row[7] else area
                for m, row in zip(mobiles, COUNTRY, strict=True)]  # fmt: skip
    mobile = choose(country, *prefixes)
    prefix = where(landline, area, mobile)
    digits = batch.slip(number(line), "phone_slip", heard=0.0)
    head, tail = pc.utf8_slice_codeunits(digits, 0, 3), pc.utf8_slice_codeunits(digits, 3)
    code, trunk = (pick([row[i] for row in COUNTRY], country) for i in (1, 2))
    style = rng.choice(5, len(who), p=[0.45, 0.2, 0.15, 0.1, 0.1])
    shown = choose(
        style,
        cat("+", code, prefix, digits),
        cat("+", code, " ", prefix, " ", head, " ", tail),
        cat(trunk, prefix, digits),
        cat("(", trunk, prefix, ") ", head, "-", tail),
        cat(trunk, prefix, "-", head, "-", tail),
    )
    shown = batch.blank(shown, "phone_missing")
    own = cat("+", code, mobile, number(2_000_000 + scramble(2 * who, LINES, 5)))
    return shown, where(landline & (rng.random(len(who)) < 0.3), own)


def make_batch(batch: Batch, ids: pa.Array) -> pa.Table:
    """The raw rows of crm.contacts of a batch."""
    people, who = batch.persons, batch.who
    home = _homes(batch)
    first, last = _names(batch)
    phone, mobile = _phones(batch)
    female = people.female[who] ^ batch.hit("gender_wrong")
    city = batch.slip(pick(longtail.towns().names.items, people.town[home]), "city_slip")
    made = {
        "first_name": first,
        "last_name": last,
        "email": _emails(batch),
        "phone": phone,
        "mobile_phone": mobile,
        "street_address": _streets(batch, home),
        "city": batch.blank(city, "city_missing"),
        "region": pick(CITY_OF["region"], longtail.towns().city[people.town[home]]),
        "postal_code": _postal_codes(batch, home),
        "country": pick([row[0] for row in COUNTRY], people.country[home]),
        "birth_date": _birth_dates(batch),
        "gender": batch.blank(where(female, "female", "male"), "gender_missing"),
    }
    nothing = dict.fromkeys(COLUMNS["crm.contacts"])
    later = (batch.numbers("loaded").random(len(who)) * 20 * HOUR).astype(np.int64)
    return as_table(**nothing | {name: made[name] for name in batch.profile.columns} | {
        "contact_id": ids, "created_at": stamp(batch.at), "loaded_at": stamp(batch.at + later),
    })  # fmt: skip


def make_contacts(
    profile: Profile, records: int, people: int, seed: int
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Blocks of (raw contacts, truth records), in an order that says nothing about who is who."""
    persons = make_persons(profile, people, seed)
    streams = _streams(seed, 1)
    counts = record_counts(streams("counts"), profile.counts, people, records)
    who = streams("order").permutation(np.repeat(np.arange(people), counts))
    at = _times(streams("times"), records)
    person_ids = cat("P", number(scramble(np.arange(people), people, 2), 7))
    for index, start in enumerate(range(0, records, BLOCK)):
        rows = slice(start, start + BLOCK)
        batch = Batch(profile, persons, who[rows], at[rows], _streams(seed, 2, index))
        ids = cat("C", number(np.arange(start, min(start + BLOCK, records)), 8))
        truth = as_table(
            source_table="crm.contacts", record_id=ids, person_id=pick(person_ids, batch.who)
        )
        yield make_batch(batch, ids), truth
