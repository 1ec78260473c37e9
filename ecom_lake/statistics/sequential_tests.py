"""Interim analyses of an experiment: group-sequential bounds for a planned number of looks, and always-valid p-values for any.

Repeated looks with the bounds of a single look reject a true null hypothesis in 14% of experiments with five looks and in 25%
with twenty. Not here: the tests of a single look (two_sample_tests.py).
"""

from __future__ import annotations

from functools import cache
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np

from ecom_lake.statistics.arrays import Floats

_NODES = 64
_NORMAL = NormalDist()
POCOCK, OBRIEN_FLEMING = SHAPES = ("pocock", "obrien-fleming")


def bounds(looks: int, alpha: float = 0.05, shape: str = OBRIEN_FLEMING) -> list[float]:
    """How far from 0, in standard errors, the difference must be at each of several equally spaced looks."""
    return _scaled(constant(looks, alpha, shape), looks, shape)


@cache
def constant(looks: int, alpha: float = 0.05, shape: str = OBRIEN_FLEMING) -> float:
    """The bound of the last look."""
    from scipy.optimize import brentq

    if looks == 1:
        return _NORMAL.inv_cdf(1 - alpha / 2)
    return float(brentq(lambda c: chance_to_cross(_scaled(c, looks, shape)) - alpha, 0.5, 10.0, xtol=1e-7))


def _scaled(last: float, looks: int, shape: str) -> list[float]:
    """Pocock's bounds are equal; O'Brien and Fleming's start high, so that the last is close to the bound of a single look."""
    return [last if shape == POCOCK else last * sqrt(looks / look) for look in range(1, looks + 1)]


def chance_to_cross(at: list[float]) -> float:
    """The probability under the null hypothesis of crossing a bound at any look, by numerical integration look by look."""
    from scipy.special import ndtr

    edges = [bound * sqrt(look) for look, bound in enumerate(at, start=1)]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES * 2)
    crossed = 2 * _NORMAL.cdf(-edges[0])
    place = nodes * edges[0]
    mass: Floats = weights * edges[0] * np.exp(-(place**2) / 2) / sqrt(2 * np.pi)
    for edge in edges[1:]:
        crossed += float((mass * (ndtr(place - edge) + ndtr(-edge - place))).sum())
        next_place = nodes * edge
        transition = np.exp(-((next_place[:, None] - place[None, :]) ** 2) / 2) / sqrt(2 * np.pi)
        mass = weights * edge * (transition * mass[None, :]).sum(axis=1)
        place = next_place
    return crossed


def always_valid_p(value: float, error: float, expected: float) -> float:
    """A p-value that is valid at every look (mSPRT): the likelihood ratio of a normal mixture of effects, about as large as
    expected, against none. It needs more people than a single look."""
    v, tau = error**2, expected**2
    if not v:
        return 1.0
    log_ratio = 0.5 * log(v / (v + tau)) + tau * value**2 / (2 * v * (v + tau))
    return min(1.0, exp(-log_ratio)) if log_ratio > 0 else 1.0


def always_valid_half(error: float, expected: float, alpha: float = 0.05) -> float:
    """Half the width of the interval that contains the true value at every look, with probability 1 - alpha."""
    v, tau = error**2, expected**2
    return sqrt(v * (v + tau) / tau * (log((v + tau) / v) + 2 * log(1 / alpha)))
