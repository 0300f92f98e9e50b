"""How many orders to expect: BG/NBD (Fader, Hardie, Lee 2005), and their value: Gamma-Gamma.

BG/NBD: while alive, a customer orders at a rate of their own, and after each order leaves with a
probability of their own; rates are Gamma(r, alpha), probabilities Beta(a, b) over the customers.
Gamma-Gamma (Fader, Hardie 2013): an order's value varies around a mean of the customer's own.
Orders are days with an order, times weeks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

from penpal.predictions.history import History, Numbers

# Fewer tell too little about four parameters.
MIN_CUSTOMERS = 100
MIN_REPEAT_CUSTOMERS = 50
# Of the logarithms of the parameters: at 148 customers are as good as alike, and beyond it the
# likelihood is flat and the hypergeometric function overflows.
LIMIT = 5.0


@dataclass(frozen=True)
class BgNbd:
    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, known: History) -> Numbers:
        """Probability that a customer still buys; 1 for whoever ordered once: nobody saw more."""
        x, last, age = _weeks(known)
        log_odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        log_odds += (self.r + x) * np.log((self.alpha + age) / (self.alpha + last))
        return np.where(x > 0, expit(-log_odds), 1.0)

    def expected_orders(self, known: History, length: int) -> Numbers:
        """Days with an order that each customer is expected to have in the next `length` days."""
        x, _, age = _weeks(known)
        weeks = length / 7
        # At a = 1 the formula is 0 / 0, and smooth around it.
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        total = a + self.b + x - 1
        still = (self.alpha + age) / (self.alpha + age + weeks)
        # Euler's transformation of the published form: no power of x that could overflow.
        rest = still ** (a - 1) * hyp2f1(a + self.b - 1 - self.r, a - 1, total, 1 - still)
        return total / (a - 1) * (1 - rest) * self.p_alive(known)


@dataclass(frozen=True)
class GammaGamma:
    p: float
    q: float
    v: float

    def expected_value(self, known: History) -> Numbers:
        """Mean value of a future order of each customer, what is known of them weighed in."""
        x = np.where(known.repeat_value > 0, known.repeat_days, 0)
        return self.p * (self.v + x * known.repeat_value) / (self.p * x + self.q - 1)


def _weeks(known: History) -> tuple[Numbers, Numbers, Numbers]:
    return known.repeat_days, known.first_to_last / 7, known.first_to_moment / 7


def fit_bg_nbd(known: History) -> BgNbd | None:
    """The most likely parameters; None where there is too little data."""
    x, last, age = _weeks(known)
    if len(x) < MIN_CUSTOMERS or np.count_nonzero(x) < MIN_REPEAT_CUSTOMERS:
        return None
    cases, counts = np.unique(np.stack([x, last, age]), axis=1, return_counts=True)
    x, last, age = cases

    def loss(logs: Numbers) -> float:
        r, alpha, a, b = np.exp(logs)
        once = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        once += betaln(a, b + x) - betaln(a, b)
        alive = -(r + x) * np.log(alpha + age)
        left = np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + last)
        left = np.where(x > 0, left, -np.inf)
        return -np.sum(counts * (once + np.logaddexp(alive, left))) / np.sum(counts)

    found = _minimise(loss, 4)
    return None if found is None else BgNbd(*found)


def fit_gamma_gamma(known: History) -> GammaGamma | None:
    """The most likely parameters; None where there is too little data, or no finite mean."""
    used = (known.repeat_days > 0) & (known.repeat_value > 0)
    if np.count_nonzero(used) < MIN_REPEAT_CUSTOMERS:
        return None
    x, mean = known.repeat_days[used], known.repeat_value[used]
    # In units of the mean, so that the search is the same in every currency.
    unit = np.sum(mean) / len(mean)
    mean = mean / unit

    def loss(logs: Numbers) -> float:
        p, q, v = np.exp(logs)
        parts = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        parts += q * np.log(v) + (p * x - 1) * np.log(mean) + p * x * np.log(x)
        return -np.sum(parts - (p * x + q) * np.log(x * mean + v)) / len(x)

    found = _minimise(loss, 3)
    if found is None or found[1] <= 1:
        return None
    return GammaGamma(found[0], found[1], found[2] * unit)


def _minimise(loss: Callable[[Numbers], float], size: int) -> list[float] | None:
    options = {"ftol": 1e-12, "gtol": 1e-7, "maxiter": 1000}
    bounds = [(-LIMIT, LIMIT)] * size
    found = minimize(loss, np.zeros(size), method="L-BFGS-B", bounds=bounds, options=options)
    if not np.isfinite(found.fun):
        return None
    return [float(value) for value in np.exp(found.x)]
