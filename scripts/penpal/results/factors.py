"""Experiments of several factors: what each factor does, and whether two of them interact.

Cells are the arms, each a level of every factor. An effect is a sum of cell means, each times a
coefficient (a contrast: Montgomery, Design and Analysis of Experiments, ch. 6): so the shares of
the arms do not matter, and a factor is judged over all levels of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from penpal.results import statistics as st
from penpal.results.statistics import NAN, Estimate, Numbers

Levels = dict[str, str]  # factor -> level


@dataclass(frozen=True)
class Contrast:
    """Coefficients of the arms of the upper side and of the lower; the effect is their difference.

    A main effect is one level's mean less the base level's; an interaction is a factor's effect at
    one level of another factor (`name`) less that at the base level (`base_name`).
    """

    name: str
    base_name: str
    upper: dict[str, float]
    lower: dict[str, float]
    is_interaction: bool = False

    @property
    def arms(self) -> list[str]:
        return sorted(set(self.upper) | set(self.lower))


@dataclass(frozen=True)
class Effect:
    """The two sides of a contrast, how many units they rest on, and their difference."""

    value: float
    base_value: float
    units: int
    base_units: int
    estimate: Estimate


def levels(factors: str) -> Levels:
    """{'subject': 'short', 'offer': 'none'} of 'subject=short;offer=none'."""
    parts = (part.partition("=") for part in factors.split(";"))
    return {name.strip(): level.strip() for name, _, level in parts if name.strip()}


def contrasts(arms: dict[str, Levels]) -> list[Contrast]:
    """All main effects and interactions of two factors; [] where arms have fewer than two."""
    names = sorted({name for made_of in arms.values() for name in made_of})
    if len(names) < 2 or any(set(made_of) != set(names) for made_of in arms.values()):
        return []
    mains = [one for name in names for one in _main_effects(arms, name)]
    pairs = combinations(names, 2)
    return mains + [one for first, second in pairs for one in _interactions(arms, first, second)]


def _steps(arms: dict[str, Levels], name: str) -> Iterator[tuple[str, str]]:
    """(level, base level) of a factor: the base is the first by name."""
    base, *others = sorted({made_of[name] for made_of in arms.values()})
    yield from ((level, base) for level in others)


def _cells(arms: dict[str, Levels], **wanted: str) -> dict[tuple, str]:
    """The arms at these levels, by their levels of the other factors."""
    return {
        tuple(sorted((n, v) for n, v in made_of.items() if n not in wanted)): arm
        for arm, made_of in arms.items()
        if all(made_of[name] == level for name, level in wanted.items())
    }


def _even(*cells: dict[tuple, str]) -> list[tuple]:
    """What the other factors may be so that there is an arm of each."""
    return sorted(set.intersection(*(set(one) for one in cells)))


def _main_effects(arms: dict[str, Levels], name: str) -> Iterator[Contrast]:
    for level, base in _steps(arms, name):
        upper, lower = _cells(arms, **{name: level}), _cells(arms, **{name: base})
        if others := _even(upper, lower):
            weight = 1 / len(others)
            yield Contrast(
                f"{name}={level}",
                f"{name}={base}",
                {upper[other]: weight for other in others},
                {lower[other]: weight for other in others},
            )


def _interactions(arms: dict[str, Levels], first: str, second: str) -> Iterator[Contrast]:
    for level, base in _steps(arms, first):
        for beside, beside_base in _steps(arms, second):
            corners = [
                _cells(arms, **{first: a, second: b})
                for b in (beside, beside_base)
                for a in (level, base)
            ]
            if others := _even(*corners):
                up, down = 1 / len(others), -1 / len(others)
                sides = [
                    {corner[other]: sign for corner, sign in pair for other in others}
                    for pair in (
                        ((corners[0], up), (corners[1], down)),
                        ((corners[2], up), (corners[3], down)),
                    )
                ]
                yield Contrast(
                    f"{first}={level} with {second}={beside}",
                    f"{first}={level} with {second}={beside_base}",
                    *sides,
                    is_interaction=True,
                )


def effect(samples: dict[str, Numbers], contrast: Contrast) -> Effect:
    """The contrast of these samples; normal interval and p, nan where a cell has one unit."""
    upper, lower = contrast.upper, contrast.lower
    units = [sum(len(samples[arm]) for arm in side) for side in (upper, lower)]
    if any(len(samples[arm]) < 2 for arm in contrast.arms):
        return Effect(NAN, NAN, *units, Estimate(NAN, NAN, NAN))
    value, base = (
        sum(weight * float(samples[arm].mean()) for arm, weight in side.items())
        for side in (upper, lower)
    )
    variance = sum(
        weight**2 * float(np.var(samples[arm], ddof=1)) / len(samples[arm])
        for side in (upper, lower)
        for arm, weight in side.items()
    )
    return Effect(value, base, *units, st.normal(value - base, variance))
