"""Expectation-maximisation over agreement patterns, with three classes of pairs.

Fellegi & Sunter, A Theory for Record Linkage (JASA 64, 1969): a pair is told by the levels at which
its fields agree, independent of each other within a class of pairs. Dempster, Laird & Rubin,
Maximum Likelihood from Incomplete Data via the EM Algorithm (JRSS B 39, 1977): the probabilities of
each class are found although nobody says which pair is of which. Theirs are two classes, matches
and the rest. Ours are three: members of a household agree in name, address and phone far more often
than two random people, and two classes would take families for matches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penpal.identity.matching.counts import Patterns
from penpal.identity.matching.weights import CLASSES, HOUSEHOLD, MATCH, RANDOM, Probabilities

# Generic probabilities speak with the weight of so many pairs of each class.
PSEUDO_PAIRS = {MATCH: 20, HOUSEHOLD: 200}
# That members of a household have other first names is what makes them more than one person. Where
# few fields tell that, the class would else take in pairs of one person, and learn from them.
PSEUDO_HOUSEHOLD_FIRST_NAMES = 2_000
MAX_ITERATIONS = 500
TOLERANCE = 1e-4  # largest change of a probability, and of the logarithm of a share, in a round


@dataclass(frozen=True)
class Fit:
    """What an EM run found.

    shares: of each class among all pairs (adding up to 1). posterior: (class, pattern).
    gain: in log-likelihood from the first iteration to the last, in bits.
    """

    probabilities: Probabilities
    shares: np.ndarray
    posterior: np.ndarray
    gain: float
    iterations: int
    converged: bool


def classify(
    patterns: Patterns, probabilities: Probabilities, shares: np.ndarray
) -> tuple[np.ndarray, float]:
    """Each pattern's probability of each class (class, pattern), and the log-likelihood in bits.

    A missing value speaks for no class.
    """
    with np.errstate(divide="ignore"):
        bits = np.repeat(np.log2(shares)[:, None], len(patterns.pairs), axis=1)
    missing = np.zeros((len(CLASSES), 1))
    for comparison, p in probabilities.items():
        bits += np.hstack([np.log2(p), missing])[:, patterns.levels[comparison]]
    top = bits.max(axis=0, initial=-np.inf)
    odds = np.exp2(bits - top)
    total = odds.sum(axis=0)
    return odds / total, float(patterns.pairs @ (top + np.log2(total)))


def fit(
    candidates: Patterns,
    linked: Patterns,
    probabilities: Probabilities,
    shares: np.ndarray,
    *,
    linked_by_value: float,
    pairs: float,
    generic: Probabilities | None,
) -> Fit:
    """Estimate the shares, and how matches and households agree, beginning with what is given.

    pairs: how many there are in all; what is no candidate is taken for a pair of random people.
    linked: pairs known to be matches, which count for how matches agree. linked_by_value: how many
    of them are linked by a field that is compared, and count for the shares, too: else it would
    speak against one person that two have other addresses, as all have that are not linked.
    generic: the Dirichlet prior of the probabilities, which the result is the maximum a posteriori
    of; without one, the probabilities stay as given.
    """
    unseen = max(pairs - candidates.pairs.sum(), 0)
    one_person = np.array([1.0, 0, 0])
    first = change = np.inf
    for iteration in range(MAX_ITERATIONS + 1):
        posterior, likelihood = classify(candidates, probabilities, shares)
        likelihood += unseen * np.log2(shares[RANDOM]) + linked_by_value * np.log2(shares[MATCH])
        likelihood += classify(linked, probabilities, one_person)[1]
        first = likelihood if iteration == 0 else first
        if change < TOLERANCE or iteration == MAX_ITERATIONS:
            break
        expected = posterior * candidates.pairs
        found = expected.sum(axis=1)
        found[RANDOM] += unseen
        found[MATCH] += linked_by_value
        found = np.maximum(found, 1e-3)  # a class that died out could not come back
        new_shares = found / found.sum()
        change = np.abs(np.log(new_shares / shares)).max()
        shares = new_shares
        if generic:
            new = _probabilities(candidates, linked, probabilities, expected, generic)
            change = max(change, *(np.abs(new[k] - p).max() for k, p in probabilities.items()))
            probabilities = new
    converged = bool(change < TOLERANCE)
    return Fit(probabilities, shares, posterior, float(likelihood - first), iteration, converged)


def _probabilities(
    candidates: Patterns,
    linked: Patterns,
    probabilities: Probabilities,
    expected: np.ndarray,
    generic: Probabilities,
) -> Probabilities:
    """How each class agrees, given how many pairs of it are expected to: (class, pattern)."""
    new = {}
    for comparison, p in probabilities.items():
        new[comparison] = p.copy()
        pseudo_pairs = dict(PSEUDO_PAIRS)
        if comparison == "first_name":
            pseudo_pairs[HOUSEHOLD] = PSEUDO_HOUSEHOLD_FIRST_NAMES
        for kind, pseudo in pseudo_pairs.items():
            count = candidates.count(comparison, expected[kind], p.shape[1])
            if kind == MATCH:
                count += linked.count(comparison, linked.pairs, p.shape[1])
            prior = pseudo * generic[comparison][kind]
            new[comparison][kind] = (count + prior) / (count.sum() + pseudo)
    return new
