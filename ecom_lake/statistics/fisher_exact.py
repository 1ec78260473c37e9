"""Could it be chance? Fisher's exact test for many pairs at once, and the correction for having asked so often.

Written on scipy.special alone: importing scipy.stats takes longer than a whole shop's rules.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Family = TypeVar("Family", bound=Hashable)
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NEGLIGIBLE = 1e-17


def fisher(both: Integers, first: Integers, second: Integers, total: Integers) -> Floats:
    """P(X ≥ both), X being how many of `second` draws from `total` hit one of `first`: the one-sided p-value.

    The tail is summed outwards from `both`, where its terms only fall, or is 1 minus the other tail where that is the short one.
    """
    a, c, n = (counts.astype(np.float64) for counts in (np.minimum(first, second), np.maximum(first, second), total))
    upper = both * n >= a * c
    start = np.where(upper, both, both - 1).astype(np.float64)
    possible = start >= np.maximum(0, a + c - n)
    tail = np.zeros(len(both))
    tail[possible] = _tail(start[possible], a[possible], c[possible], n[possible], np.where(upper, 1.0, -1.0)[possible])
    return np.clip(np.where(upper, tail, 1 - tail), 0, 1)


def _tail(x: Floats, a: Floats, c: Floats, n: Floats, step: Floats) -> Floats:
    """The hypergeometric probabilities of x, x + step, x + 2·step …, summed until no more of them counts."""
    factor, term, going = np.ones_like(x), np.ones_like(x), np.arange(len(x))
    first = _probability(x, a, c, n)
    while len(going):
        rising = (a - x) * (c - x) / ((x + 1) * (n - a - c + x + 1))
        falling = x * (n - a - c + x) / ((a - x + 1) * (c - x + 1))
        term = term * np.where(step > 0, rising, falling)
        factor[going] += term
        on = term > _NEGLIGIBLE * factor[going]
        going, term = going[on], term[on]
        x, a, c, n, step = (x + step)[on], a[on], c[on], n[on], step[on]
    return first * factor


def _probability(x: Floats, a: Floats, c: Floats, n: Floats) -> Floats:
    from scipy.special import betaln

    def log_choose(of: Floats, some: Floats) -> Floats:
        chosen: Floats = -np.log1p(of) - betaln(of - some + 1, some + 1)
        return chosen

    return np.exp(log_choose(a, x) + log_choose(n - a, c - x) - log_choose(n, c))


def benjamini_hochberg(p: Floats, tests: int | None = None) -> Floats:
    """Each p-value as the smallest false discovery rate at which its hypothesis would be rejected.

    `tests` is the size of the family where it is larger than len(p): the p-values that are not given count as 1.
    """
    order = np.argsort(-p, kind="stable")
    asked_per_accepted = (len(p) if tests is None else tests) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(np.minimum(p[order] * asked_per_accepted, 1))
    return adjusted


def by_family(families: Mapping[Family, Sequence[float]], alpha: float) -> dict[Family, list[float]]:
    """p-values corrected in two steps (Benjamini and Bogomolov): which families hold anything, then what in them.

    A family of hundreds of tests does not drown a family of one. Of R selected families among m, a test is accepted at
    alpha · R / m within its own; a family that is not selected keeps no p-value at or below alpha.
    """
    tested = {family: benjamini_hochberg(np.array(p)) for family, p in families.items() if len(p)}
    across = benjamini_hochberg(np.array([within.min() for within in tested.values()])) if tested else np.array([])
    selected = int((across <= alpha).sum())
    corrected: dict[Family, list[float]] = {family: [] for family in families}
    for (family, within), whole in zip(tested.items(), across, strict=True):
        scaled = np.minimum(within * len(tested) / max(selected, 1), 1.0)
        corrected[family] = [float(p) for p in (scaled if whole <= alpha else np.maximum(scaled, whole))]
    return corrected
