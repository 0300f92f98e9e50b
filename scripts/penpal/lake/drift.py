"""How the columns of a file differ from those of the file before it, and what that means."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from penpal.lake.ledger import Entry
from penpal.terminal import shown

ALIKE = 0.6  # how alike a name must be to be meant (difflib's measure)
MOST_NAMED = 10


def by_name(entry: Entry, known: Mapping[str, str]) -> dict[str, str]:
    """The types of a file's columns, by their names as the contract has them.

    `known` are the columns of the contract, by each name that they may have.
    """
    names = (name.strip().lower() for name in entry.columns)
    return dict(zip((known.get(name, name) for name in names), entry.types, strict=True))


def meant_by(name: str, candidates: Collection[str]) -> str | None:
    """The one of the candidates that a name nearly is."""
    near = difflib.get_close_matches(name.replace(" ", "_"), sorted(candidates), 1, ALIKE)
    return near[0] if near else None


def missing_columns(
    entry: Entry, required: Collection[str], known: Mapping[str, str]
) -> str | None:
    """What to say of a file that lacks required columns."""
    given = by_name(entry, known)
    missing = [name for name in required if name not in given]
    if not missing or not given:
        return None
    unknown = [name for name in given if name not in known]
    meant = [(name, near) for name in unknown if (near := meant_by(name, missing))]
    more = "".join(f"; {shown(name)} is there: is {near} meant?" for name, near in meant)
    several = "s" * (len(missing) > 1)
    return f"lacks the required column{several} {', '.join(missing)}{more}"


def notes(entry: Entry, before: Entry, known: Mapping[str, str]) -> list[str]:
    """Sentences on a file's columns beside those of an earlier file; none on their order.

    `known` are the columns of the contract; without them, nothing is said.
    """
    if not known:
        return []
    now, then = by_name(entry, known), by_name(before, known)
    file, other = shown(entry.file), shown(before.file)
    gone = [name for name in then if name in known and name not in now]
    strange = [name for name in now if name not in known and name not in then]
    told = []
    for name in gone:
        new = next((one for one in strange if meant_by(one, [name])), None)
        meant = f" ({shown(new)} is new: renamed?)" if new else ""
        told.append(f"{file} has no column {name}, which {other} has{meant}: null in its rows")
    told += [
        f"{file} has the column {name}, which {other} has not: null in the rows before"
        for name in now
        if name in known and name not in then
    ]
    told += [
        f"{file} has {name} as {now[name]}, {other} as {then[name]}: it is read as text as it"
        " stands"
        for name in now
        if name in known and then.get(name, now[name]) != now[name]
    ]
    if strange:
        listed = ", ".join(map(shown, strange[:MOST_NAMED])) + ", …" * (len(strange) > MOST_NAMED)
        told.append(f"{file} has new columns that are not in the contract, ignored: {listed}")
    return told
