"""Names and places with a long tail: the shop's vocabulary first, then thousands composed of it."""

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import pyarrow as pa

from penpal.datagen import vocabulary as words
from penpal.datagen.arrays import text

# Parts of what is composed; '_' stands for nothing.
ONSETS = "B Br C Ch Cl Cr D Dr F Fl G Gr H J K L M N P Pr R S Sh St T Th Tr V W Wh"
NUCLEI = "a e i o u ea oo ai"
CODAS = "ck ld ll lt m n nd ng nt r rd rk rl rn rt s st tch x b d g l p"
SURNAME_ENDINGS = {
    "en": "_ s son er ton ham ley field worth wood man ford by ing ett ell more den low kin",
    "de": "mann er bauer meier hofer berg stein ke ler ner ing ert hardt feld thal",
    "fr": "eau ier ard ot et in on elle oux ville mont",
    "es": "ez o a era al illo ano ado ena ales",
    "nl": "sma stra ema inga man mans sen ink huis dijk",
    "pt": "eiro inho ado ano al eira oso ão",
    "ja": "da moto shita mura guchi no hara zaki kawa ta se gami naga sawa",
}
GIVEN_STEMS = """Ad Al Am An Ar Bel Ber Cal Car Cel Chris Cor Dar Del Dor El Em Er Ev Fel Flor Gen
    Gin Hel Il Is Jan Jer Jos Kar Kat Lar Laur Leon Lin Lor Luc Mad Mar Mel Mir Nad Nor Od Or Paul
    Per Ros Rud Sab Sel Ser Syl Tam Ter Val Ver Viv Wil Win Zel"""
GIVEN_ENDINGS = (
    "a ana ella elle ene etta ia ie ina inda ine isa issa ita lyn anna ora",
    "ald an ard as den don en eric fred in ian io ius lan man mond on or ric son us vin win",
)
JAPANESE_STEMS = "Yu Ha Mi Na Ka Sa Ta Ri Ki Shi Ma Chi Fu Aki Nobu Masa Toshi Yoshi Tomo Sumi"
JAPANESE_ENDINGS = ("ko mi na ka ri e no yo ho", "to ta shi ro ki ya suke hiko o nori")
TOWN_ENDINGS = {
    "en": "ville ton burg field port mouth wick stead bury dale ford bridge haven cliff wood",
    "de": "stadt burg heim dorf feld bach tal hausen ingen berg",
    "fr": "ville court mont bourg val roche fontaine",
    "es": "illa ada osa uelo ares anca",
    "nl": "dam veen dijk burg horst wijk oord",
    "pt": "ópolis ina iba aré anga eira",
    "ja": "yama kawa shima saki ura mori date",
}
SURNAMES = {"en": 70_000, "de": 14_000, "fr": 9_000, "es": 9_000, "nl": 5_000, "pt": 5_000}
SURNAMES |= {"ja": 2_400}
GIVEN = {"en": 560}  # a sex; the other pools have 190
TOWNS = {"US": 3000, "GB": 1200, "DE": 900, "FR": 700, "CA": 400, "ES": 400, "BR": 400, "AU": 300}
STREET_NAMES = 900  # a language


@dataclass(frozen=True)
class Tail:
    """Text of many pools in one array, most frequent first within a pool."""

    items: pa.Array
    starts: np.ndarray
    weights: tuple  # cumulated, one array a pool

    def draw(self, rng: np.random.Generator, pool: np.ndarray) -> np.ndarray:
        """An index into items for each row's pool."""
        out = np.zeros(len(pool), np.int32)
        for number, cumulated in enumerate(self.weights):
            rows = np.flatnonzero(pool == number)
            place = np.searchsorted(cumulated, rng.random(len(rows)), side="right")
            out[rows] = self.starts[number] + np.minimum(place, len(cumulated) - 1)
        return out


def zipf(size: int, exponent: float, shift: float) -> np.ndarray:
    """Cumulated shares of ranks 1..size, proportional to (rank + shift) ** -exponent."""
    share = (np.arange(1, size + 1) + shift) ** -exponent
    return np.cumsum(share) / share.sum()


def _mixed(common: list[str], composed: set[str], size: int, salt: int) -> list[str]:
    """The common names, then composed ones in an order that is always the same."""
    rest = sorted(composed - set(common))
    order = np.random.default_rng([20_260_615, salt]).permutation(len(rest))
    return common + [rest[i] for i in order[: max(0, size - len(common))]]


def _stems(nuclei: int | None = None, codas: int | None = None) -> list[str]:
    parts = ONSETS.split(), NUCLEI.split()[:nuclei], CODAS.split()[:codas]
    return ["".join(stem) for stem in product(*parts)]


def _tail(pools: list[list[str]], exponent: float, shift: float) -> Tail:
    sizes = [len(pool) for pool in pools]
    return Tail(
        text([item for pool in pools for item in pool]),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        tuple(zipf(size, exponent, shift) for size in sizes),
    )


@cache
def surnames() -> Tail:
    """Surnames by pool of vocabulary.POOL_NAMES; about 110,000."""
    known, stems, pools = words.surnames(), _stems(), []
    for number, pool in enumerate(words.POOL_NAMES):
        start, size = known.starts[number], known.sizes[number]
        common = list(dict.fromkeys(name for name, _ in known.items[start : start + size]))
        endings = [e.strip("_") for e in SURNAME_ENDINGS[pool].split()]
        if pool == "ja":
            stems_here = [a + b for a, b in product(JAPANESE_STEMS.split(), ["", "ka", "no", "ra"])]
        else:
            stems_here = stems
        composed = {stem + ending for stem in stems_here for ending in endings}
        if pool in ("es", "pt"):  # two surnames, as is the custom
            composed = set(sorted(composed)[::7]) | {
                f"{a} {b}" for a, b in product(common, repeat=2)
            }
        pools.append(_mixed(common, composed, SURNAMES[pool], number))
    return _tail(pools, 0.9, 10)


@cache
def given_names() -> Tail:
    """Given names by pool * 2 + (0 female | 1 male); about 3,000."""
    known, pools = words.given_names(), []
    for number in range(2 * len(words.POOL_NAMES)):
        pool, sex = words.POOL_NAMES[number // 2], number % 2
        start, size = known.starts[number], known.sizes[number]
        common = list(dict.fromkeys(name for name, _, _ in known.items[start : start + size]))
        stems, endings = GIVEN_STEMS, GIVEN_ENDINGS
        if pool == "ja":
            stems, endings = JAPANESE_STEMS, JAPANESE_ENDINGS
        composed = {a + b for a, b in product(stems.split(), endings[sex].split())}
        pools.append(_mixed(common, composed, GIVEN.get(pool, 190), 100 + number))
    return _tail(pools, 1.0, 6)


@cache
def nicknames() -> pa.Array:
    """The short form of each item of given_names(): known, else its first letters, else null."""
    known = {name: nick for name, _, nick in words.given_names().items if nick}
    out = []
    for number, name in enumerate(given_names().items.to_pylist()):
        short = name[: 3 + number % 2] + ("ie" if number % 3 == 0 else "")
        out.append(known.get(name) or (short if len(name) > 5 and number % 5 else None))
    return text(out)


@dataclass(frozen=True)
class Towns:
    """Towns by country of vocabulary.countries(): name, the city whose region it lies in."""

    names: Tail
    city: np.ndarray  # row of vocabulary.cities(), for region, postal prefix and area code


@cache
def towns() -> Towns:
    """The vocabulary's cities first, then composed towns in their regions; about 8,000."""
    cities, pools, city = words.cities(), [], []
    stems = _stems(6, 12)
    for number, country in enumerate(words.countries()):
        rows = [i for i, row in enumerate(cities) if row[0] == country[0]]
        common = [cities[i][1] for i in rows]
        composed = {a + b for a, b in product(stems, TOWN_ENDINGS[country[3]].split())}
        names = _mixed(common, composed, TOWNS.get(country[0], 200), 200 + number)
        rng = np.random.default_rng([20_260_615, 300 + number])
        pools.append(names)
        city += rows + list(rng.choice(rows, len(names) - len(rows)))
    return Towns(_tail(pools, 0.85, 3), np.array(city))


@cache
def street_names() -> Tail:
    """Names of streets by order of vocabulary.STREETS, the vocabulary's first."""
    pools = []
    stems = _stems(6, 12)
    for number, (pool, street) in enumerate(words.STREETS.items()):
        common = list(dict.fromkeys(name.replace("_", " ") for name in street[1].split()))
        endings = [e for e in SURNAME_ENDINGS[pool].split() if e != "_"]
        composed = {a + b for a, b in product(stems, endings)}
        pools.append(_mixed(common, composed, STREET_NAMES, 400 + number))
    return _tail(pools, 0.8, 8)
