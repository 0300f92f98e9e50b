"""The seed match_weights.csv as arrays, and back."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from penpal.settings import UserError

GENERIC = Path(__file__).with_name("generic_weights.csv")
COLUMNS = (
    "comparison",
    "level",
    "m_probability",
    "u_probability",
    "household_probability",
    "term",
)

# Two profiles are of one person, of two people of one household, or of two random people: the
# rows of every array of probabilities, in this order.
MATCH, HOUSEHOLD, RANDOM = range(3)
CLASSES = ("match", "household", "random")

Probabilities = dict[str, np.ndarray]


@dataclass(frozen=True)
class Weights:
    """How pairs of profiles agree.

    levels: the levels of each comparison. probabilities: an array (class, level) of each, its rows
    adding up to 1. level_terms: the term of (comparison, level) where the value's own
    rarity counts. terms: how probably two random people agree in a term. matches and households:
    such pairs a profile.
    """

    levels: dict[str, tuple[str, ...]]
    probabilities: Probabilities
    level_terms: dict[tuple[str, str], str]
    terms: dict[str, float]
    matches: float
    households: float


def read_weights(path: Path) -> Weights:
    """The seed as Weights; UserError where it is missing or a cell is not what it should be."""
    if not path.is_file():
        raise UserError(f"{path} is missing: the generic weights are where an estimate begins.")
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UserError(f"{path} must have the columns {', '.join(COLUMNS)}.")
        rows = list(enumerate(reader, start=2))
    levels: dict[str, list[str]] = {}
    shares: dict[str, list[list[float]]] = {}
    level_terms, terms, priors = {}, {}, {}
    for line, row in rows:
        comparison, level = row["comparison"], row["level"]
        if comparison == "prior":
            priors[level] = _number(path, line, row, "m_probability")
        elif comparison == "term":
            terms[level] = _number(path, line, row, "u_probability")
        else:
            levels.setdefault(comparison, []).append(level)
            names = ("m_probability", "household_probability", "u_probability")
            found = [_number(path, line, row, name) for name in names]
            shares.setdefault(comparison, []).append(found)
            if row["term"]:
                level_terms[comparison, level] = row["term"]
    missing = {"match", "household"} - priors.keys() | set(level_terms.values()) - terms.keys()
    if missing:
        raise UserError(f"{path} has no row for the prior or term {', '.join(sorted(missing))}.")
    arrays = {name: np.array(found).T for name, found in shares.items()}
    return Weights(
        levels={name: tuple(found) for name, found in levels.items()},
        probabilities={name: p / p.sum(axis=1, keepdims=True) for name, p in arrays.items()},
        level_terms=level_terms,
        terms=terms,
        matches=priors["match"],
        households=priors["household"],
    )


def _number(path: Path, line: int, row: dict[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = 0.0
    if not 0 < value < np.inf:
        raise UserError(f"{path}, line {line}: {column} must be above 0, not {row[column]!r}.")
    return value


def weights_text(weights: Weights) -> str:
    """The seed's CSV, in the order of the shipped one, with six significant digits."""
    rows: list[tuple[str, ...]] = [
        ("prior", "match", _digits(weights.matches), "", "", ""),
        ("prior", "household", _digits(weights.households), "", "", ""),
    ]
    rows += [("term", name, "", _digits(share), "", "") for name, share in weights.terms.items()]
    for comparison, levels in weights.levels.items():
        for level, shares in zip(levels, weights.probabilities[comparison].T, strict=True):
            m, household, u = map(_digits, shares)
            term = weights.level_terms.get((comparison, level), "")
            rows.append((comparison, level, m, u, household, term))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    return out.getvalue()


def _digits(value: float) -> str:
    return f"{value:.6g}"
