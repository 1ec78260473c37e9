"""Fisher's exact test for many pairs at once.

Written with scipy.special alone: importing scipy.stats takes longer than all tests of a shop. Not here: the correction for
multiple testing (multiple_testing.py).
"""

from __future__ import annotations

import numpy as np

from ecom_lake.statistics.arrays import Floats, Integers

_NEGLIGIBLE = 1e-17


def fisher(both: Integers, first: Integers, second: Integers, total: Integers) -> Floats:
    """The one-sided p-value P(X ≥ both), where X is how many of `second` draws from `total` are among `first`.

    The tail is summed outwards from `both`, where its terms decrease, or is 1 minus the other tail where that is the shorter one.
    """
    a, c, n = (counts.astype(np.float64) for counts in (np.minimum(first, second), np.maximum(first, second), total))
    upper = both * n >= a * c
    start = np.where(upper, both, both - 1).astype(np.float64)
    possible = start >= np.maximum(0, a + c - n)
    tail = np.zeros(len(both))
    tail[possible] = _tail(start[possible], a[possible], c[possible], n[possible], np.where(upper, 1.0, -1.0)[possible])
    return np.clip(np.where(upper, tail, 1 - tail), 0, 1)


def _tail(x: Floats, a: Floats, c: Floats, n: Floats, step: Floats) -> Floats:
    """The sum of the hypergeometric probabilities of x, x + step, x + 2·step …, up to where they are negligible."""
    total, term, active = np.ones_like(x), np.ones_like(x), np.arange(len(x))
    first = _probability(x, a, c, n)
    while len(active):
        rising = (a - x) * (c - x) / ((x + 1) * (n - a - c + x + 1))
        falling = x * (n - a - c + x) / ((a - x + 1) * (c - x + 1))
        term = term * np.where(step > 0, rising, falling)
        total[active] += term
        counts = term > _NEGLIGIBLE * total[active]
        active, term = active[counts], term[counts]
        x, a, c, n, step = (x + step)[counts], a[counts], c[counts], n[counts], step[counts]
    return first * total


def _probability(x: Floats, a: Floats, c: Floats, n: Floats) -> Floats:
    from scipy.special import betaln

    def log_binomial(n: Floats, k: Floats) -> Floats:
        logs: Floats = -np.log1p(n) - betaln(n - k + 1, k + 1)
        return logs

    return np.exp(log_binomial(a, x) + log_binomial(n - a, c - x) - log_binomial(n, c))
