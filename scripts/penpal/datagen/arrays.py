"""Columns of text for millions of rows at once: small helpers over numpy and Arrow."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAY = 86_400_000  # all times are integers: milliseconds since 1970, UTC
HOUR = 3_600_000
MINUTE = 60_000
SECOND = 1_000
NULL = pa.scalar(None, pa.string())
_CLOCK = np.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)], "S8")
_MILLIS = np.array([f"{m:03}" for m in range(1000)], "S3")
_HEX = np.array([f"{b:02x}" for b in range(256)], "S2").view(np.uint8).reshape(256, 2)
# Where the parts of a date stand in "2026-06-15T12:00:00.000".
_PARTS = {"Y": (0, 4), "M": (5, 7), "D": (8, 10), "h": (11, 13), "m": (14, 16), "s": (17, 19)}
_PARTS |= {"f": (20, 23), "y": (2, 4)}


def text(values) -> pa.Array:
    """A string array from any sequence of str or None."""
    return pa.array(values, pa.string())


def pick(vocabulary, index) -> pa.Array:
    """vocabulary[index], row by row; a negative index gives null."""
    index = np.asarray(index)
    vocabulary = vocabulary if isinstance(vocabulary, pa.Array) else text(vocabulary)
    return vocabulary.take(pa.array(index, mask=index < 0))


def cat(*parts) -> pa.Array:
    """Join arrays and plain strings row by row; null if any part is null."""
    return pc.binary_join_element_wise(*parts, "")


def where(mask, yes, no=NULL) -> pa.Array:
    """yes where the boolean numpy mask holds, else no (arrays or one string)."""
    return pc.if_else(pa.array(np.asarray(mask, bool)), yes, no)


def choose(index, *options) -> pa.Array:
    """The option with the row's index; options are arrays or plain strings."""
    return pc.choose(pa.array(np.asarray(index, np.int64)), *options)


def put(base: pa.Array, mask: np.ndarray, make) -> pa.Array:
    """base with the rows of the mask replaced by make(rows), computed for those rows only."""
    rows = np.flatnonzero(mask)
    if not len(rows):
        return base
    return pc.replace_with_mask(base, pa.array(np.asarray(mask, bool)), make(rows))


def number(values, width: int = 0) -> pa.Array:
    """Integers as text, zero-padded to a width."""
    out = pc.cast(pa.array(np.asarray(values, np.int64)), pa.string())
    return pc.utf8_lpad(out, width, "0") if width else out


def fixed(matrix: np.ndarray) -> pa.Array:
    """An (n, width) matrix of bytes as n strings."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    data = np.ascontiguousarray(matrix)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def hex_ids(rng: np.random.Generator, rows: int, prefix: str, size: int = 8) -> pa.Array:
    """Random identifiers: the prefix and size random bytes as hex."""
    random = _HEX[rng.integers(0, 256, (rows, size), dtype=np.uint8)].reshape(rows, 2 * size)
    start = np.tile(np.frombuffer(prefix.encode(), np.uint8), (rows, 1))
    return fixed(np.hstack([start, random]))


def stamp(ms, pattern: str = "Y-M-DTh:m:s.fZ") -> pa.Array:
    """Times as text: Y M D h m s f y (two digits) are parts, +02:00 shifts, S and F are epochs."""
    ms = np.asarray(ms, np.int64)
    if pattern in ("S", "F"):
        return number(ms // 1000 if pattern == "S" else ms)
    if not len(ms):
        return text([])
    if zone := re.search(r"([+-])(\d\d):?(\d\d)$", pattern):
        minutes = int(zone[2]) * 60 + int(zone[3])
        ms = ms + (minutes if zone[1] == "+" else -minutes) * MINUTE
    days, rest = np.divmod(ms, DAY)
    first = days.min()
    calendar = np.arange(first, days.max() + 1).astype("datetime64[D]")
    dates = np.datetime_as_string(calendar).astype("S10").view(np.uint8).reshape(-1, 10)
    full = np.full((len(ms), 23), ord("T"), np.uint8)
    full[:, :10] = dates[days - first]
    full[:, 11:19] = _CLOCK[rest // 1000].view(np.uint8).reshape(-1, 8)
    full[:, 20:23] = _MILLIS[rest % 1000].view(np.uint8).reshape(-1, 3)
    columns = []
    for letter in pattern:
        if letter in _PARTS:
            columns.append(full[:, slice(*_PARTS[letter])])
        else:
            columns.append(np.full((len(ms), 1), ord(letter), np.uint8))
    return fixed(np.hstack(columns))


def stamps(rng: np.random.Generator, ms, shares: dict[str, float]) -> pa.Array:
    """Times as text in several patterns, each with its share of the rows."""
    patterns = list(shares)
    edges = np.cumsum(list(shares.values()))
    kind = np.searchsorted(edges / edges[-1], rng.random(len(ms)), side="right")
    out = stamp(ms, patterns[0])
    for index, pattern in enumerate(patterns[1:], 1):
        out = put(out, kind == index, lambda rows, p=pattern: stamp(ms[rows], p))
    return out


def money(cents) -> pa.Array:
    """Hundredths as '12.50'."""
    cents = np.asarray(cents, np.int64)
    return cat(number(cents // 100), ".", number(cents % 100, 2))


def scramble(values, size: int, salt: int = 0) -> np.ndarray:
    """A one-to-one shuffle of 0..size-1 that hides the order (an affine map)."""
    factor = next(
        f for f in range(int(size * 0.618) + salt * 2 + 1, 2 * size + 99) if np.gcd(f, size) == 1
    )
    return (np.asarray(values, np.int64) * factor + 17 + 7919 * salt) % size


def skewed(rng: np.random.Generator, sizes) -> np.ndarray:
    """An index below each size; low ones are picked more often, as with names."""
    sizes = np.asarray(sizes)
    return (sizes * rng.random(len(sizes)) ** 1.35).astype(np.int64)


def rare(rng: np.random.Generator, rows: int, kinds: int, share: float) -> np.ndarray:
    """A kind from 0 for a few rows, -1 for the others; each kind has its share, at least one."""
    each = max(1, int(rows * share))
    chosen = rng.choice(rows, min(rows, kinds * each), replace=False)
    out = np.full(rows, -1)
    out[chosen] = np.arange(len(chosen)) % kinds
    return out


def runs(counts) -> tuple[np.ndarray, np.ndarray]:
    """(owner, place) of the rows that repeat each owner count times."""
    counts = np.asarray(counts, np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _slip(values: pa.Array, at: int, kind: int) -> pa.Array:
    """A letter at a place lost, doubled, swapped with the next one or mistyped."""
    cut = pc.utf8_slice_codeunits
    if kind == 0:
        return pc.utf8_replace_slice(values, at, at + 1, "")
    if kind == 1:
        return cat(cut(values, 0, at + 1), cut(values, at))
    if kind == 2:
        swapped = cat(cut(values, at + 1, at + 2), cut(values, at, at + 1))
        return cat(cut(values, 0, at), swapped, cut(values, at + 2))
    return pc.utf8_replace_slice(values, at, at + 1, "e")


def typo(rng: np.random.Generator, values: pa.Array) -> pa.Array:
    """One slip of the keyboard in each value, not in its first letter."""
    size = pc.utf8_length(values).fill_null(0).to_numpy(zero_copy_only=False)
    place = np.minimum(1 + rng.integers(0, 6, len(values)), np.maximum(size, 2) - 1)
    kind = rng.integers(0, 4, len(values))
    out = values
    for at in range(1, 7):
        for code in range(4):
            mask = (place == at) & (kind == code)
            out = put(
                out, mask, lambda rows, a=at, k=code: _slip(values.take(pa.array(rows)), a, k)
            )
    return out


def as_table(**columns) -> pa.Table:
    """A table of text columns; a plain string or None is repeated for every row."""
    rows = max(len(v) for v in columns.values() if isinstance(v, pa.Array))
    filled = {
        name: v if isinstance(v, pa.Array) else pa.repeat(pa.scalar(v, pa.string()), rows)
        for name, v in columns.items()
    }
    return pa.table(filled)


def with_columns(table: pa.Table, **changes) -> pa.Table:
    """The table with some columns replaced; a plain string or None goes into every row."""
    for name, values in changes.items():
        whole = isinstance(values, pa.Array)
        column = values if whole else pa.repeat(pa.scalar(values, pa.string()), len(table))
        table = table.set_column(table.column_names.index(name), name, column)
    return table
