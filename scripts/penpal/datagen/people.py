"""The people themselves: households, names, addresses, mail addresses, phones, habits."""

import unicodedata
import zlib
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen import vocabulary as words
from penpal.datagen.arrays import (
    DAY,
    HOUR,
    NULL,
    cat,
    choose,
    fixed,
    hex_ids,
    number,
    pick,
    put,
    runs,
    scramble,
    skewed,
    text,
    typo,
    where,
)
from penpal.datagen.products import Products

HISTORY = 730 * DAY
NEVER = np.int64(2**62)
PHONE_SPACE = 7_000_000  # seven-digit subscriber numbers from 2 000 000; two a person
MAX_PEOPLE = 3_000_000

GIVEN = words.given_names()
SURNAME = words.surnames()
COUNTRY = words.countries()
CITY = words.cities()
COUNTRY_CODE = [c[0] for c in COUNTRY]
COUNTRY_POOL = np.array([words.POOL_NAMES.index(c[3]) for c in COUNTRY])
COUNTRY_SHARE = np.array([float(c[6]) for c in COUNTRY])
CITY_COUNTRY = np.array([COUNTRY_CODE.index(c[0]) for c in CITY])
CITY_START = np.searchsorted(CITY_COUNTRY, np.arange(len(COUNTRY)))
CITY_COUNT = np.bincount(CITY_COUNTRY)
CITY_OFFSET = np.array([int(c[6]) for c in CITY]) * HOUR
DOMAINS = words.MAIL_DOMAINS.split()
GMAIL = DOMAINS.index("gmail.com")


@dataclass(frozen=True)
class World:
    """What all blocks share: the seed, the number of people, the clock and the products."""

    seed: int
    people: int
    as_of: int
    products: Products


@dataclass(frozen=True)
class Block:
    """Some people whose data depends on nothing but the seed and the block's own number."""

    world: World
    index: int
    first: int
    size: int

    def rng(self, stream: str) -> np.random.Generator:
        """The block's own random stream of that name."""
        return np.random.default_rng([self.world.seed, self.index, zlib.crc32(stream.encode())])


@dataclass
class People:
    """One row per person unless said otherwise; *_at are milliseconds, NEVER if it never was."""

    block: Block
    size: int
    household: np.ndarray  # number within the block
    households: int
    slot: np.ndarray  # place in the household
    city: np.ndarray
    pool: np.ndarray
    gender: np.ndarray  # 0 female, 1 male, 2 nonbinary
    given: np.ndarray  # index into GIVEN.items
    surname: np.ndarray
    maiden: np.ndarray
    married_at: np.ndarray
    moved_at: np.ndarray
    birth_day: np.ndarray  # days since 1970
    start: np.ndarray
    end: np.ndarray
    emails: list = field(default_factory=list)  # three arrays of text, null where there is none
    domains: list = field(default_factory=list)
    family_email: pa.Array = None
    mobile: dict = field(default_factory=dict)  # prefix, subscriber number, has
    landline: dict = field(default_factory=dict)
    street: pa.Array = None  # per address: households first, then the movers' new ones
    street_short: pa.Array = None
    postal: pa.Array = None
    address_city: np.ndarray = None
    has_account: np.ndarray = None
    has_contact: np.ndarray = None
    has_email: np.ndarray = None

    @property
    def number(self) -> np.ndarray:
        """The person's number in the whole world."""
        return self.block.first + np.arange(self.size)

    @property
    def ids(self) -> pa.Array:
        """person_id"""
        return cat("P", number(self.number, 7))

    @property
    def household_ids(self) -> pa.Array:
        """household_id, by the number of its first member."""
        return cat("H", number(self.number - self.slot, 7))

    @property
    def country(self) -> np.ndarray:
        """Index into COUNTRY."""
        return CITY_COUNTRY[self.city]

    @property
    def uses_family_email(self) -> np.ndarray:
        """Writes under the family's address."""
        return self.family_email.is_valid().to_numpy(zero_copy_only=False)

    def main_email(self) -> pa.Array:
        """The address that letters go to."""
        return pc.coalesce(self.family_email, self.emails[0])

    def address(self, rows, at) -> np.ndarray:
        """Index of the address where these people live at these times."""
        moved = np.asarray(at) >= self.moved_at[rows]
        return np.where(moved, self.households + np.asarray(rows), self.household[rows])

    def surname_at(self, rows, at) -> np.ndarray:
        """Index of the surname that these people have at these times."""
        return np.where(
            np.asarray(at) >= self.married_at[rows], self.surname[rows], self.maiden[rows]
        )


def _garble(name: str) -> str:
    try:
        return name.encode().decode("cp1252")
    except UnicodeDecodeError:
        return name


FORMS = (  # how one name is met in exports: as it is, garbled, decomposed, upper and lower case
    lambda name: name,
    _garble,
    lambda name: unicodedata.normalize("NFD", name),
    str.upper,
    str.lower,
)


def _forms(names: list[str]) -> pa.Array:
    return text([form(name) for form in FORMS for name in names])


GIVEN_FORMS = _forms([g[0] for g in GIVEN.items])
SURNAME_FORMS = _forms([s[0] for s in SURNAME.items])
CITY_FORMS = _forms([c[1] for c in CITY])
GIVEN_ASCII = text([g[1] for g in GIVEN.items])
SURNAME_ASCII = text([s[1] for s in SURNAME.items])
NICKNAMES = text([g[2] for g in GIVEN.items])
NICKNAMED = np.array([g[2] is not None for g in GIVEN.items])
FORM_SHARES = [0.90, 0.02, 0.02, 0.035, 0.025]


def make_people(block: Block) -> People:
    """Everybody of a block, with all that stays the same over time."""
    rng = block.rng("people")
    people = _households(block, rng)
    _addresses(people, block.rng("addresses"))
    _emails(people, block.rng("emails"))
    _phones(people, block.rng("phones"))
    rng = block.rng("habits")
    people.has_account = rng.random(people.size) < 0.68
    people.has_contact = rng.random(people.size) < 0.78
    people.has_email = rng.random(people.size) < 0.97
    return people


def _households(block: Block, rng: np.random.Generator) -> People:
    n = block.size
    sizes = rng.choice(np.arange(1, 6), n, p=[0.5, 0.27, 0.11, 0.09, 0.03])
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), n) + 1]
    household, slot = (a[:n] for a in runs(sizes))
    homes = household[-1] + 1
    country = rng.choice(len(COUNTRY), homes, p=COUNTRY_SHARE / COUNTRY_SHARE.sum())
    city = CITY_START[country] + skewed(rng, CITY_COUNT[country])
    abroad = rng.random(homes) < 0.08
    pool = np.where(abroad, rng.integers(0, len(words.POOL_NAMES), homes), COUNTRY_POOL[country])

    gender = np.where(slot == 1, 1, 0) ^ (rng.random(n) < np.where(slot > 1, 0.5, 0.1))
    part = pool[household] * 2 + gender
    # Members step through the list from a common start: no two of a household share a name.
    first = rng.random(homes)[household] ** 1.3
    step = 1 + (rng.random(homes) * 5).astype(int)[household]
    given = (GIVEN.sizes[part] * first).astype(int) + slot * step
    given = GIVEN.starts[part] + given % GIVEN.sizes[part]
    gender = np.where(rng.random(n) < 0.015, 2, gender)

    family = SURNAME.starts[pool] + skewed(rng, SURNAME.sizes[pool])
    own = SURNAME.starts[pool[household]] + skewed(rng, SURNAME.sizes[pool[household]])
    surname = np.where((slot == 1) & (rng.random(n) < 0.2), own, family[household])
    as_of = block.world.as_of
    married = (slot < 2) & (rng.random(n) < 0.04)
    moved = rng.random(n) < 0.10
    when = lambda mask: np.where(  # noqa: E731
        mask, as_of - (rng.random(n) * HISTORY * 0.8).astype(np.int64), NEVER
    )
    start = as_of - (rng.random(n) * HISTORY).astype(np.int64)
    gone = rng.random(n) < 0.4
    stay = np.where(gone, rng.random(n) * 0.8, 1.0)
    end = start + ((as_of + DAY - start) * stay).astype(np.int64)
    return People(
        block,
        n,
        household,
        homes,
        slot,
        city[household],
        pool[household],
        gender,
        given,
        surname,
        np.where(married, own, surname),
        np.where(married, when(married), -NEVER),
        when(moved),
        _birth_days(rng, household, slot, homes, as_of),
        start,
        end,
    )


def _birth_days(rng, household, slot, homes, as_of) -> np.ndarray:
    n = len(slot)
    today = as_of // DAY
    parent = 28 * 365 + (rng.random(homes) ** 1.2 * 48 * 365).astype(int)
    age = parent[household] + rng.integers(-5 * 365, 5 * 365, n)
    child = np.maximum(
        16 * 365 + rng.integers(0, 6 * 365, n),
        parent[household] - rng.integers(24 * 365, 34 * 365, n),
    )
    child = np.minimum(child, 27 * 365 + rng.integers(0, 365, n))
    birth = today - np.where(slot > 1, child, age)
    twins = (slot > 2) & (rng.random(n) < 0.02)
    birth = np.where(twins, np.roll(birth, 1), birth)
    years = birth.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    leap_years = np.arange(1904, 2012, 4)
    leap = np.array([f"{y}-02-29" for y in leap_years], "datetime64[D]").astype(np.int64)
    near = leap[np.clip((years - 1904) // 4, 0, len(leap) - 1)]
    return np.where(rng.random(n) < 0.004, near, birth)


def _addresses(people: People, rng: np.random.Generator) -> None:
    """Streets and postal codes of all homes, then of the new homes of those who moved."""
    away = rng.random(people.size) < 0.5
    country = people.country
    other = CITY_START[country] + skewed(rng, CITY_COUNT[country])
    home_city = people.city[np.searchsorted(people.household, np.arange(people.households))]
    city = np.concatenate([home_city, np.where(away, other, people.city)])
    people.address_city = city
    styles = list(words.STREETS)
    style = np.array([styles.index(c[9]) for c in COUNTRY])[CITY_COUNTRY[city]]
    rows = len(city)
    draws = rng.random((4, rows))
    unit = rng.random(rows) < 0.15
    full, short = [], []
    for pattern, names, kinds, shorts in words.STREETS.values():
        every = [name.replace("_", " ") for name in names.split()]
        name = pick(every, (draws[0] * len(every)).astype(int))
        kind = (draws[1] ** 1.5 * len(kinds.split())).astype(int)
        fill = {
            "{n}": number(1 + (draws[2] ** 1.5 * 299).astype(int)),
            "{n2}": number(1 + (draws[3] * 30).astype(int)),
            "{name}": name,
        }
        for out, listed in ((full, kinds.split()), (short, shorts.split())):
            out.append(_fill(pattern, {**fill, "{kind}": pick(listed, kind)}))
    english = style == styles.index("en")
    flat = where(english & unit, cat(" Apt ", number(1 + (draws[3] * 40).astype(int))), "")
    people.street = cat(choose(style, *full), flat)
    people.street_short = cat(choose(style, *short), flat)
    people.postal = postal_codes(rng, city)


def _fill(pattern: str, parts: dict) -> pa.Array:
    pieces, rest = [], pattern
    while rest:
        hit = next((key for key in parts if rest.startswith(key)), None)
        pieces.append(parts[hit] if hit else rest[0])
        rest = rest[len(hit) if hit else 1 :]
    return cat(*pieces)


def postal_codes(rng: np.random.Generator, city: np.ndarray) -> pa.Array:
    digits = np.frombuffer(b"0123456789", np.uint8)
    letters = np.frombuffer(b"ABDEFGHJLNPQRSTUWXYZ", np.uint8)
    random = rng.random((len(city), 6))
    ends = []
    for fields in COUNTRY:
        columns = []
        for place, sign in enumerate(fields[8]):
            signs = {"#": digits, "@": letters}.get(sign, np.array([ord(sign)], np.uint8))
            columns.append(signs[(random[:, place % 6] * len(signs)).astype(int)])
        ends.append(fixed(np.stack(columns, axis=1)))
    return cat(pick([c[3] for c in CITY], city), choose(CITY_COUNTRY[city], *ends))


def _emails(people: People, rng: np.random.Generator) -> None:
    n, space = people.size, 10 ** max(3, len(str(people.block.world.people)))
    given, surname = pick(GIVEN_ASCII, people.given), pick(SURNAME_ASCII, people.maiden)
    initial = pc.utf8_slice_codeunits(given, 0, 1)
    blanks = [w.split() for w in words.HANDLES]
    for which, share in enumerate((1.0, 0.32, 0.08)):
        handle = cat(*(pick(w, rng.integers(0, len(w), n)) for w in blanks))
        style = rng.choice(5, n, p=[0.35, 0.2, 0.2, 0.1, 0.15])
        domain = rng.choice(len(DOMAINS), n, p=[0.16, 0.12] + [0.09] * 7 + [0.09])
        if which:  # never the provider of the first address
            domain = np.where(domain == people.domains[0], (domain + which) % GMAIL, domain)
        local = choose(
            style,
            cat(given, ".", surname),
            cat(initial, surname),
            cat(given, surname),
            cat(given, "_", initial),
            handle,
        )
        local = put(
            local, domain == GMAIL, lambda rows, v=local: cat(v.take(pa.array(rows)), ".sample")
        )
        tail = number(scramble(people.number, space, which))
        email = cat(local, tail, "@", pick(DOMAINS, domain))
        people.emails.append(where(rng.random(n) < share, email))
        people.domains.append(domain)
    crowd = np.bincount(people.household, minlength=people.households)[people.household]
    shares = (rng.random(people.households) < 0.10)[people.household] & (crowd > 1)
    head = people.number - people.slot
    family = cat(
        "family.",
        pick(SURNAME_ASCII, people.surname[np.arange(n) - people.slot]),
        number(scramble(head, space, 3)),
        "@mailbox.example",
    )
    people.family_email = where(shares & (people.slot < 3), family)


def _phones(people: People, rng: np.random.Generator) -> None:
    n = people.size
    prefixes = [c[7].split() for c in COUNTRY]
    area = np.array([c[4] for c in CITY])
    mobile = [text(p) if p else None for p in prefixes]
    own_area = pick(text(list(area)), people.city)
    draw = rng.random(n)
    options = [pick(p, (draw * len(p)).astype(int)) if p is not None else own_area for p in mobile]
    brazil = COUNTRY_CODE.index("BR")
    options[brazil] = cat(pc.utf8_slice_codeunits(own_area, 0, 2), options[brazil])
    people.mobile = {
        "prefix": choose(people.country, *options),
        "line": 2_000_000 + scramble(2 * people.number, PHONE_SPACE, 5),
        "has": rng.random(n) < 0.82,
    }
    head = people.number - people.slot
    crowd = np.bincount(people.household, minlength=people.households)[people.household]
    share = np.where(crowd > 1, 0.45, 0.2)
    people.landline = {
        "prefix": own_area,
        "line": 2_000_000 + scramble(2 * head + 1, PHONE_SPACE, 5),
        "has": rng.random(people.households)[people.household] < share,
    }


def phone(
    rng: np.random.Generator, people: People, rows, shared=None, abroad: bool = False
) -> pa.Array:
    """The phones of these people as they write them; the household's where shared, null if none.

    abroad: always with the country's code, as forms without a country ask for it.
    """
    rows = np.asarray(rows)
    shared = np.zeros(len(rows), bool) if shared is None else shared
    take = pa.array(rows)
    prefix = where(shared, people.landline["prefix"].take(take), people.mobile["prefix"].take(take))
    line = number(np.where(shared, people.landline["line"][rows], people.mobile["line"][rows]))
    has = np.where(shared, people.landline["has"][rows], people.mobile["has"][rows])
    country = people.country[rows]
    code = pick([c[1] for c in COUNTRY], country)
    trunk = pick([c[2] for c in COUNTRY], country)
    head, tail = pc.utf8_slice_codeunits(line, 0, 3), pc.utf8_slice_codeunits(line, 3)
    has_trunk = np.array([c[2] == "0" for c in COUNTRY])[country]
    styles = (
        cat("+", code, prefix, line),
        cat("+", code, " ", prefix, " ", head, " ", tail),
        cat(trunk, prefix, " ", head, " ", tail),
        cat("(", trunk, prefix, ") ", head, "-", tail),
        cat(trunk, prefix, line),
        cat(trunk, prefix, "-", head, "-", tail),
        where(has_trunk, cat("00", code, prefix, line), cat(prefix, ".", head, ".", tail)),
        where(
            has_trunk,
            cat("+", code, " (0)", prefix, " ", line),
            cat("+", code, "-", prefix, "-", head, "-", tail),
        ),
    )
    style = rng.choice(8, len(rows), p=[0.3, 0.17, 0.15, 0.1, 0.1, 0.06, 0.06, 0.06])
    return where(has, choose(style % 2 if abroad else style, *styles))


def email_as_typed(rng: np.random.Generator, values: pa.Array, mess: float) -> pa.Array:
    """Addresses with capitals, spaces, plus-tags and moved Gmail dots in a share of the rows."""
    kind = np.where(rng.random(len(values)) < mess, rng.integers(1, 6, len(values)), 0)
    parts = lambda rows: values.take(pa.array(rows))  # noqa: E731
    out = put(values, kind == 1, lambda rows: pc.utf8_upper(parts(rows)))
    out = put(out, kind == 2, lambda rows: cat(" ", parts(rows), "  "))
    tags = ["+shop@", "+letters@", "+2025@"]
    for code, tag in enumerate(tags):
        mask = (kind == 3) & (rng.integers(0, 3, len(values)) == code)
        out = put(out, mask, lambda rows, t=tag: pc.replace_substring(parts(rows), "@", t))
    out = put(out, kind == 4, lambda rows: pc.utf8_capitalize(parts(rows)))
    gmail = pc.ends_with(values, "@gmail.com").fill_null(False).to_numpy(zero_copy_only=False)
    dots = gmail & (rng.random(len(values)) < 0.4)
    out = put(
        out,
        dots & (kind != 3),
        lambda rows: pc.replace_substring_regex(
            pc.replace_substring(parts(rows), ".sample", "sample"), r"^(.)", r"\1."
        ),
    )
    return out


def written_names(rng, people: People, rows, at, mess: float = 1.0):
    """(first, last) as exports hold them: garbled, upper-case, padded with odd spaces."""
    rows = np.asarray(rows)
    shares = np.array(FORM_SHARES)
    shares[1:] *= mess
    shares[0] = 1 - shares[1:].sum()
    form = rng.choice(len(FORMS), len(rows), p=shares)
    first = pick(GIVEN_FORMS, people.given[rows] + form * len(GIVEN.items))
    last = pick(SURNAME_FORMS, people.surname_at(rows, at) + form * len(SURNAME.items))
    odd = rng.random(len(rows)) / max(mess, 1e-9)
    for low, sign in ((0.0, "\u00a0"), (0.006, "\u200b"), (0.012, "  ")):
        mask = (odd >= low) & (odd < low + 0.006)
        first = put(first, mask, lambda r, s=sign, v=first: cat(v.take(pa.array(r)), s))
    return first, last


def written_address(rng, people: People, rows, at, slips: float = 0.0) -> dict:
    """street_address, city, region, postal_code, country as exports hold them."""
    rows = np.asarray(rows)
    place = people.address(rows, at)
    take = pa.array(place)
    city = people.address_city[place]
    street = where(
        rng.random(len(rows)) < 0.25, people.street_short.take(take), people.street.take(take)
    )
    street = put(
        street, rng.random(len(rows)) < slips, lambda r, v=street: typo(rng, v.take(pa.array(r)))
    )
    form = rng.choice(len(FORMS), len(rows), p=FORM_SHARES)
    code = CITY_COUNTRY[city]
    names = _country_names()
    style = rng.choice(3, len(rows), p=[0.85, 0.1, 0.05])
    postal = people.postal.take(take)
    postal = put(
        postal,
        rng.random(len(rows)) < 0.04,
        lambda r, v=postal: pc.utf8_lower(pc.replace_substring(v.take(pa.array(r)), " ", "")),
    )
    return {
        "street_address": street,
        "city": pick(CITY_FORMS, city + form * len(CITY)),
        "region": pick([c[2] for c in CITY], city),
        "postal_code": postal,
        "country": choose(style, *(pick(form, code) for form in names)),
    }


def _country_names() -> list[list[str]]:
    names = """United States|Canada|United Kingdom|Australia|New Zealand|Germany|France|Spain
        |Netherlands|Brazil|Japan"""
    full = [name.strip() for name in names.split("|")]
    return [COUNTRY_CODE, [code.lower() for code in COUNTRY_CODE], full]


def truth_of_people(people: People) -> dict:
    """The columns of truth/persons."""
    return {
        "person_id": people.ids,
        "household_id": people.household_ids,
        "first_name": pick(GIVEN_FORMS, people.given),
        "last_name": pick(SURNAME_FORMS, people.surname),
        "former_last_name": where(
            people.surname != people.maiden, pick(SURNAME_FORMS, people.maiden), NULL
        ),
        "birth_date": text(list(np.datetime_as_string(people.birth_day.astype("datetime64[D]")))),
        "gender": pick(["female", "male", "nonbinary"], people.gender),
        "country": pick(COUNTRY_CODE, people.country),
        "timezone": pick([c[5] for c in CITY], people.city),
        "email": where(people.has_email, people.main_email()),
    }


def device_ids(rng: np.random.Generator, rows: int) -> pa.Array:
    """anonymous_id"""
    return hex_ids(rng, rows, "a", 6)
