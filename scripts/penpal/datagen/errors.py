"""How people and programs get fields wrong: slips in text and in dates, many rows at once."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.datagen.arrays import put, text

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# What is heard or read wrong: from, to.
CONFUSED = """ph f|ck k|ie ei|ei ie|y i|i y|c k|k c|ll l|l ll|tt t|t tt|nn n|n nn|mm m|ss s|s z|z s
    |v w|w v|th t|dt t|ai ay|ou u|oo u|ea e|sch sh|x ks|m rn|rn m|h b|n u|cl d|e c|ö oe|ü ue|ä ae
    |é e|a e|e a|o a|u o|b p|d t|g k|f v|er ar|mann man|sen son"""
RULES = [rule.strip().split(" ") for rule in CONFUSED.split("|")]


def _neighbours() -> np.ndarray:
    """Six letters near each lower-case ASCII letter; digits for digits, any letter else."""
    near = np.zeros((128, 6), np.uint32)
    place = {ch: (r, c) for r, row in enumerate(KEYBOARD) for c, ch in enumerate(row)}
    for ch, (r, c) in place.items():
        found = [
            o for o, (y, x) in place.items() if abs(y - r) <= 1 and abs(x - c) <= 1 and o != ch
        ]
        near[ord(ch)] = [ord(found[i % len(found)]) for i in range(6)]
    for digit in range(10):
        near[48 + digit] = [48 + (digit + step) % 10 for step in (1, 9, 3, 7, 5, 2)]
    others = near[:, 0] == 0
    near[others] = [ord(ch) for ch in "aeionr"]
    return near


NEAR = _neighbours()


def _matrix(values: pa.Array) -> np.ndarray:
    """Code points, one row a value, with room for two more letters."""
    plain = values.fill_null("").to_pylist()
    width = max(map(len, plain), default=0) + 2
    return np.array(plain, f"U{width}").view(np.uint32).reshape(len(plain), width)


def _strings(codes: np.ndarray) -> pa.Array:
    width = codes.shape[1]
    return text(np.ascontiguousarray(codes).view(f"U{width}").ravel().tolist())


def _edit(rng: np.random.Generator, values: pa.Array, first: int) -> pa.Array:
    """One letter inserted, left out, replaced or swapped with the next; from the place first on."""
    codes = _matrix(values)
    rows, width = codes.shape
    size = (codes != 0).sum(1)
    low = np.minimum(first, np.maximum(size - 1, 0))
    place = low + (rng.random(rows) * np.maximum(size - low, 1)).astype(np.int64)
    kind = rng.choice(4, rows, p=[0.22, 0.28, 0.28, 0.22])
    kind = np.where((size < 2) & (kind != 0), 2, kind)
    kind = np.where((kind == 3) & (place + 1 >= size), 1, kind)
    column = np.arange(width)[None, :]
    at = place[:, None]
    source = np.where((kind == 0)[:, None], column - (column > at), column)
    source = np.where((kind == 1)[:, None], column + (column >= at), source)
    swap = (kind == 3)[:, None]
    source = np.where(swap & (column == at), at + 1, source)
    source = np.where(swap & (column == at + 1), at, source)
    out = np.take_along_axis(codes, np.minimum(source, width - 1), 1)
    old = codes[np.arange(rows), place]
    upper = (old >= 65) & (old <= 90)
    letter = np.minimum(np.where(upper, old + 32, old), 127)
    new = NEAR[letter, rng.integers(0, 6, rows)]
    new = np.where((kind == 2) & upper, new - 32, new)
    # An inserted letter stands after the one it was hit together with, and is small.
    spot = np.where(kind == 0, np.minimum(place + 1, size), place)
    change = (kind == 0) | (kind == 2)
    out[np.flatnonzero(change), spot[change]] = new[change]
    return pc.if_else(values.is_valid(), _strings(out), pa.scalar(None, pa.string()))


def slip(
    rng: np.random.Generator, values: pa.Array, *, heard: float = 0.3, first: int = 0
) -> pa.Array:
    """One slip in each value: of the keyboard, or (share heard) of the ear or the scanner.

    first: the place of the first letter that may be hit.
    """
    out = edited = _edit(rng, values, first)
    rule = np.where(rng.random(len(values)) < heard, rng.integers(0, len(RULES), len(values)), -1)
    for number, (old, new) in enumerate(RULES):

        def misheard(rows, old=old, new=new):
            before = values.take(pa.array(rows))
            after = pc.replace_substring(before, old, new, max_replacements=1)
            return pc.if_else(pc.equal(before, after), edited.take(pa.array(rows)), after)

        out = put(out, rule == number, misheard)
    return out


def slips(
    rng: np.random.Generator, values: pa.Array, share: float, *, twice: float = 0.15, **options
) -> pa.Array:
    """Slips in a share of the values, a second one in some of these."""
    wrong = rng.random(len(values)) < share
    again = wrong & (rng.random(len(values)) < twice)
    for mask in (wrong, again):
        values = put(values, mask, lambda r, v=values: slip(rng, v.take(pa.array(r)), **options))
    return values


def parts_of(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month, day of datetime64[D]."""
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    return year, month, (days - months.astype("datetime64[D]")).astype(np.int64) + 1


def date_from(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """datetime64[D] of year, month (1-12) and day; a day too many is the month's last."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    start = months.astype("datetime64[D]")
    last = (months + 1).astype("datetime64[D]") - start
    return start + np.minimum(np.minimum(day, 31), last.astype(np.int64)) - 1


def date_slips(rng: np.random.Generator, days: np.ndarray, share: float) -> np.ndarray:
    """A digit wrong in a share of the dates: day, month, year, decade or two digits swapped."""
    year, month, day = parts_of(days)
    n = len(days)
    step = rng.choice([-1, 1, -2, 2, -3, 3], n, p=[0.3, 0.3, 0.12, 0.12, 0.08, 0.08])
    sign = np.where(rng.random(n) < 0.5, -1, 1)
    kind = np.where(rng.random(n) < share, rng.integers(0, 6, n), -1)
    day = np.where(kind == 0, day + step, day)
    day = np.where(kind == 1, day + 10 * sign, day)
    day = np.where(day < 1, day + 20, np.where(day > 31, day - 20, day))
    month = np.where(kind == 2, (month - 1 + step) % 12 + 1, month)
    year = np.where(kind == 3, year + step, year)
    year = np.where(kind == 4, year + 10 * sign, year)
    swapped = year // 100 * 100 + year % 10 * 10 + year // 10 % 10
    year = np.where(kind == 5, swapped, year)
    return date_from(year, month, day)


def date_swaps(rng: np.random.Generator, days: np.ndarray, share: float) -> np.ndarray:
    """Day and month the other way round in a share of the dates, where that is a date."""
    year, month, day = parts_of(days)
    swap = (rng.random(len(days)) < share) & (day <= 12)
    return np.where(swap, date_from(year, day, month), days)


def placeholders(rng: np.random.Generator, days: np.ndarray, share: float) -> np.ndarray:
    """The first of January in a share of the dates: only the year was known."""
    year, month, day = parts_of(days)
    first = date_from(year, np.ones_like(month), np.ones_like(day))
    return np.where(rng.random(len(days)) < share, first, days)
