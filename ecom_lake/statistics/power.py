"""Sample size and power of an experiment that compares two shares or two means.

The formulas are those of R's power.prop.test and power.t.test, so that a plan can be checked there. Not here: the tests
(two_sample_tests.py).
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_FEWEST, _MOST = 2.0, 1e12
_LARGEST_NONCENTRALITY = 1e6
"""The power is 1 there, and beyond it SciPy's distribution is not a number."""


def people_for_shares(control: float, treated: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """People per arm for a two-sided z-test of two shares."""
    pooled = (control + treated) / 2
    null_term = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(2 * pooled * (1 - pooled))
    power_term = _NORMAL.inv_cdf(power) * sqrt(control * (1 - control) + treated * (1 - treated))
    return ((null_term + power_term) / (treated - control)) ** 2


def power_of_shares(people: float, control: float, treated: float, alpha: float = 0.05) -> float:
    """The power of a two-sided z-test of two shares with so many people per arm."""
    pooled = (control + treated) / 2
    null_term = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(2 * pooled * (1 - pooled))
    deviation = sqrt(control * (1 - control) + treated * (1 - treated))
    return _NORMAL.cdf((sqrt(people) * abs(treated - control) - null_term) / deviation)


def power_of_means(people: float, difference: float, deviation: float = 1.0, alpha: float = 0.05) -> float:
    """The power of a two-sided t-test to detect a difference with so many people per arm."""
    from scipy.stats import nct, t

    degrees_of_freedom = 2 * (people - 1)
    noncentrality = min(sqrt(people / 2) * abs(difference) / deviation, _LARGEST_NONCENTRALITY)
    return float(nct.sf(t.isf(alpha / 2, degrees_of_freedom), degrees_of_freedom, noncentrality))


def people_for_means(difference: float, deviation: float = 1.0, power: float = 0.8, alpha: float = 0.05) -> float:
    """People per arm for a two-sided t-test, which needs two at least."""
    from scipy.optimize import brentq

    def surplus(people: float) -> float:
        return power_of_means(people, difference, deviation, alpha) - power

    # With many people the t-test is the z-test, which has a formula; the noncentral t loses precision there.
    by_normal = 2 * ((_NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)) * deviation / difference) ** 2
    if by_normal > 100_000:
        return by_normal
    if surplus(_FEWEST) >= 0:
        return _FEWEST
    return float(brentq(surplus, _FEWEST, max(4.0, 2 * by_normal + 10), xtol=1e-8))


def detectable_difference(error: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest difference that a two-sided z-test with this standard error detects with this power."""
    return (_NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)) * error


def whole(people: float) -> int:
    """The next whole number of people; a rounding error above a whole number is that number."""
    return ceil(min(people, _MOST) - 1e-9)
