"""From counts of agreement patterns to match weights, without labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from penpal.identity.matching.counts import Counts
from penpal.identity.matching.em import Fit, classify, fit
from penpal.identity.matching.weights import MATCH, RANDOM, Weights

# Values that agree also at levels whose weight is not about them.
ALSO_AGREE = {"city": [("location", "postal_code_and_city")]}

ENOUGH_MATCHES = 50  # below, the generic weights are better
MAX_ROUNDS = 10
STILL = 0.01  # bits: a round that moves no share of random people further is the last


@dataclass(frozen=True)
class Estimate:
    """Estimated weights, and the EM runs behind them: the first with the generic weights."""

    weights: Weights
    rounds: list[Fit]

    def expected(self, counts: Counts, kind: int) -> float:
        """Pairs of a class among the candidates."""
        return float(self.rounds[-1].posterior[kind] @ counts.candidates.pairs)

    def objection(self, counts: Counts) -> str | None:
        """Why the generic weights are better than these; None where they are not."""
        matches = self.expected(counts, MATCH) + counts.linked.pairs.sum()
        if matches < ENOUGH_MATCHES:
            return (
                f"too little data: {matches:,.0f} pairs of profiles of one person,"
                f" and an estimate needs {ENOUGH_MATCHES}"
            )
        for comparison in ("first_name", "birth_date"):
            differ = self.weights.probabilities[comparison][MATCH][-1]
            if differ > 0.5:
                return (
                    f"what stands out in this data are families: {differ:.0%} of what would be"
                    f" taken for one person differ in {comparison}"
                )
        return None


def estimate(counts: Counts, generic: Weights) -> Estimate:
    """Match weights of a warehouse, beginning with the generic ones.

    First all candidates are told apart with the generic weights, so that each class begins as what
    its name says. Then in rounds, because among pairs drawn at random some are of one person, which
    only the other half of the estimate can tell: in a small warehouse they would pass for chance
    agreements.
    """
    weights = _random_people(counts, generic, generic, None)
    shares = np.array([1e-6, 1e-6, 1 - 2e-6])  # fewer than any data holds: what stands out remains
    rounds = []
    for i in range(MAX_ROUNDS):
        found = fit(
            counts.candidates,
            counts.linked,
            weights.probabilities,
            shares,
            linked_by_value=_linked_by_value(counts, generic),
            pairs=counts.pairs,
            generic=generic.probabilities if i else None,
        )
        rounds.append(found)
        shares, before = found.shares, weights.probabilities
        weights = replace(weights, probabilities=found.probabilities)
        weights = _random_people(counts, generic, weights, found)
        moved = max(
            np.abs(np.log2(p[RANDOM] / before[comparison][RANDOM])).max()
            for comparison, p in weights.probabilities.items()
        )
        if i and moved < STILL:
            break
    pairs = found.posterior @ counts.candidates.pairs
    matches, households = np.maximum(pairs / max(counts.profiles, 1), 1e-6)[:RANDOM]
    weights = replace(weights, matches=float(matches), households=float(households))
    return Estimate(_as_shown(counts, weights, generic), rounds)


def _linked_by_value(counts: Counts, generic: Weights) -> float:
    """Linked pairs that have an e-mail address or phone in common; the others have a key."""
    agree = [
        counts.linked.levels[name] == generic.levels[name].index("exact")
        for name in ("email", "phone")
    ]
    return float(counts.linked.pairs[np.any(agree, axis=0)].sum())


def shrunk(agree: np.ndarray | float, pairs: float, generic: np.ndarray | float) -> np.ndarray:
    """A share, as if the generic one had been seen once before: one agreement decides nothing."""
    return (np.maximum(agree, 0) + 1) / (max(pairs, 0) + 1 / np.asarray(generic))


def _random_people(
    counts: Counts, generic: Weights, weights: Weights, found: Fit | None
) -> Weights:
    """How two random people agree: from random pairs and, where values are equal, from all pairs.

    Less what is of one person or household after all, as far as that has been found.
    """
    strangers = counts.random.pairs
    if found:
        posterior, _ = classify(counts.random, weights.probabilities, found.shares)
        strangers = strangers * posterior[RANDOM]
    terms = {term: _agreement(counts, generic, found, term) for term in weights.terms}
    probabilities = {}
    for comparison, levels in weights.levels.items():
        agree = counts.random.count(comparison, strangers, len(levels))
        share = shrunk(agree, agree.sum(), generic.probabilities[comparison][RANDOM])
        term = weights.level_terms.get((comparison, "exact"))
        if term:
            rest = np.array([level != "exact" for level in levels])
            share[rest] *= (1 - terms[term]) / share[rest].sum()
            share[~rest] = terms[term]
        p = weights.probabilities[comparison].copy()
        p[RANDOM] = share / share.sum()
        probabilities[comparison] = p
    return replace(weights, probabilities=probabilities, terms=terms)


def _agreement(counts: Counts, generic: Weights, found: Fit | None, term: str) -> float:
    """How probably two random people have a value in common: from all pairs there are."""
    agree, both = counts.agreements[term]
    if found:
        candidates = counts.candidates
        related = candidates.pairs * (1 - found.posterior[RANDOM])
        places = [key for key, name in generic.level_terms.items() if name == term]
        compared = [candidates.levels[comparison] >= 0 for comparison, _ in places]
        both -= related[np.any(compared, axis=0)].sum()
        for comparison, level in places + ALSO_AGREE.get(term, []):
            number = generic.levels[comparison].index(level)
            agree -= related[candidates.levels[comparison] == number].sum()
    return float(shrunk(agree, both, generic.terms[term]))


def _as_shown(counts: Counts, weights: Weights, generic: Weights) -> Weights:
    """Generic again where the data shows nothing of a comparison or a term."""
    probabilities = dict(weights.probabilities)
    for comparison, levels in counts.candidates.levels.items():
        if not (levels >= 0).any():
            probabilities[comparison] = generic.probabilities[comparison]
    terms = dict(weights.terms)
    for term, (_, both) in counts.agreements.items():
        if not both:
            terms[term] = generic.terms[term]
    return replace(weights, probabilities=probabilities, terms=terms)
