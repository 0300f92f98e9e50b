"""What an estimate found and how well it fits, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from penpal.identity.matching.counts import Counts, Patterns
from penpal.identity.matching.estimate import Estimate
from penpal.identity.matching.weights import HOUSEHOLD, MATCH, RANDOM, Weights
from penpal.identity.text import table

SHOWN = 10  # agreement patterns that fit worst
RELATED = 0.5  # a pattern counts where so much of it is of one person or household
FREQUENT = 0.001  # and where it holds so much of all such pairs,
LEAST_PAIRS = 20  # and so many
IDENTIFIERS = ("email", "phone")  # whose first level, exact, links by itself


def report(counts: Counts, found: Estimate) -> Iterator[str]:
    """Lines about the data, the rounds, the weights and the fit."""
    candidates, linked, random = (
        p.pairs.sum() for p in (counts.candidates, counts.linked, counts.random)
    )
    yield f"{counts.profiles:,} profiles; pairs compared: {candidates:,.0f} candidates,"
    yield f"{linked:,.0f} linked by an identifier, {random:,.0f} drawn at random"
    for kind, name in ((MATCH, "of one person"), (HOUSEHOLD, "of one household")):
        pairs = found.expected(counts, kind)
        yield (f"Candidates {name}: {pairs:,.0f}, {pairs / max(counts.profiles, 1):.4f} a profile")
    yield ""
    yield from table(list(_rounds(counts, found)))
    if not found.rounds[-1].converged:
        yield "The last round did not converge: look at the fit below before you use the weights."
    for comparison in found.weights.levels:
        yield ""
        yield from table(list(_levels(counts, found.weights, comparison)))
    yield ""
    yield from _fit_lines(counts, found)


def _rounds(counts: Counts, found: Estimate) -> Iterator[tuple[Any, ...]]:
    """The first is the generic weights as they are."""
    yield "round", "iterations", "one person", "household", "log-likelihood gain", "converged"
    for number, fit in enumerate(found.rounds):
        matches, households, _ = fit.posterior @ counts.candidates.pairs
        yield (
            number or "generic",
            fit.iterations,
            f"{matches:,.0f}",
            f"{households:,.0f}",
            f"{fit.gain:+,.1f} bits" if number else "",
            "yes" if fit.converged else "no",
        )


def _levels(counts: Counts, weights: Weights, comparison: str) -> Iterator[tuple[str, ...]]:
    yield comparison, "one person", "random", "household", "weight in bits"
    if not (counts.candidates.levels[comparison] >= 0).any():
        yield "nothing to compare: generic weights kept", "", "", "", ""
        return
    for level, shares in zip(
        weights.levels[comparison], weights.probabilities[comparison].T, strict=True
    ):
        m, h, u = shares[[MATCH, HOUSEHOLD, RANDOM]]
        rarity = ", more where rare" if (comparison, level) in weights.level_terms else ""
        yield level, f"{m:.4f}", f"{u:.3g}", f"{h:.4f}", f"{np.log2(m / u):+.2f}{rarity}"


def expected_pairs(counts: Counts, found: Estimate) -> np.ndarray:
    """How many pairs (class, pattern) the weights expect of each pattern of the candidates.

    Given how many pairs of each class lack the same values and share the same identifiers.
    """
    weights, candidates = found.weights, counts.candidates
    mine, drawn = _given(candidates, weights), _given(counts.random, weights)
    kinds, place = np.unique(mine, return_inverse=True)
    posterior = found.rounds[-1].posterior * candidates.pairs
    size = np.array([np.bincount(place, pairs, len(kinds)) for pairs in posterior])
    of_random = [counts.random.pairs[drawn == kind].sum() for kind in kinds]
    size[RANDOM] = np.array(of_random) * counts.pairs / max(counts.random.pairs.sum(), 1)
    expected = size[:, place]
    for comparison, p in weights.probabilities.items():
        share = p.copy()
        if comparison in IDENTIFIERS:
            share[:, 0] = 0
            share /= share.sum(axis=1, keepdims=True)
            share[:, 0] = 1
        missing = np.ones((len(share), 1))
        expected *= np.hstack([share, missing])[:, candidates.levels[comparison]]
    return expected


def _given(patterns: Patterns, weights: Weights) -> np.ndarray:
    """A number for what a pattern lacks and which identifiers it shares."""
    given = np.zeros(len(patterns.pairs), dtype=np.int64)
    for comparison, levels in patterns.levels.items():
        lacks = levels < 0
        if comparison == "last_name":
            # Swapped names are compared once, as a level of first_name.
            names = weights.levels["first_name"]
            swapped = [i for i, level in enumerate(names) if level.startswith("swapped")]
            lacks &= ~np.isin(patterns.levels["first_name"], swapped)
        shares = (levels == 0) & (comparison in IDENTIFIERS)
        given = given * 3 + lacks + 2 * shares
    return given


def _fit_lines(counts: Counts, found: Estimate) -> Iterator[str]:
    candidates, posterior = counts.candidates, found.rounds[-1].posterior
    related, expected = 1 - posterior[RANDOM], expected_pairs(counts, found).sum(axis=0)
    # Patterns of mostly random people are candidates only where a blocking rule proposes them, and
    # pairs that share an identifier are mostly linked already.
    chosen = related > RELATED
    for comparison in IDENTIFIERS:
        chosen &= candidates.levels[comparison] != 0
    least = max(FREQUENT * float(related @ candidates.pairs), LEAST_PAIRS)
    chosen &= np.maximum(candidates.pairs, expected) >= least
    if not chosen.any():
        yield "Fit: no agreement pattern is frequent enough to judge by."
        return
    ratio = candidates.pairs / np.maximum(expected, 1e-9)
    off = np.abs(np.log2(ratio))
    mean = np.average(off[chosen], weights=candidates.pairs[chosen])
    yield f"Fit: {chosen.sum():,} frequent agreement patterns of one person or household"
    yield f"are off by {2**mean:.2f} times in the mean. The worst:"
    worst = np.flatnonzero(chosen)
    worst = worst[np.argsort(-off[worst], kind="stable")][:SHOWN]
    header = ("observed", "expected", "ratio", "one person", "agreement")
    rows = [
        (
            f"{candidates.pairs[i]:,.0f}",
            f"{expected[i]:,.0f}",
            f"{ratio[i]:.2f}",
            f"{posterior[MATCH][i]:.0%}",
            in_words(candidates, found.weights, i),
        )
        for i in worst
    ]
    yield from table([header, *rows])


def in_words(patterns: Patterns, weights: Weights, number: int) -> str:
    """Such as 'first_name typo, last_name exact'; what is missing is not named."""
    return ", ".join(
        f"{comparison} {names[patterns.levels[comparison][number]]}"
        for comparison, names in weights.levels.items()
        if patterns.levels[comparison][number] >= 0
    )
