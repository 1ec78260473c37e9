"""How many people an experiment needs, and how sure it is to find what it looks for: two shares, or two means.

The formulas are those of R's power.prop.test and power.t.test, so that a plan can be checked there. Not here: how many people a
shop has (experiment_groups.py), and what came out (experiment_tests.py).
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_MOST = 1e12


def people_for_shares(control: float, treated: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """People per arm to tell two shares apart, two-sided."""
    middle = (control + treated) / 2
    under_null = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(2 * middle * (1 - middle))
    beyond = _NORMAL.inv_cdf(power) * sqrt(control * (1 - control) + treated * (1 - treated))
    return ((under_null + beyond) / (treated - control)) ** 2


def power_of_shares(people: float, control: float, treated: float, alpha: float = 0.05) -> float:
    """The chance to tell two shares apart with so many people per arm."""
    middle = (control + treated) / 2
    under_null = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(2 * middle * (1 - middle))
    spread = sqrt(control * (1 - control) + treated * (1 - treated))
    return _NORMAL.cdf((sqrt(people) * abs(treated - control) - under_null) / spread)


def power_of_means(people: float, difference: float, deviation: float = 1.0, alpha: float = 0.05) -> float:
    """The chance of a two-sided t-test to find a difference with so many people per arm."""
    from scipy.stats import nct, t

    freedom = 2 * (people - 1)
    return float(nct.sf(t.isf(alpha / 2, freedom), freedom, sqrt(people / 2) * abs(difference) / deviation))


def people_for_means(difference: float, deviation: float = 1.0, power: float = 0.8, alpha: float = 0.05) -> float:
    """People per arm for a two-sided t-test."""
    from scipy.optimize import brentq

    def short(people: float) -> float:
        return power_of_means(people, difference, deviation, alpha) - power

    # Far out the t-test is the normal one, whose people stand in a formula, and the noncentral t loses its digits.
    by_normal = 2 * ((_NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)) * deviation / difference) ** 2
    if by_normal > 100_000:
        return by_normal
    return float(brentq(short, 2, max(4.0, 2 * by_normal + 10), xtol=1e-8))


def whole(people: float) -> int:
    """People come whole; a hair's breadth above a whole number is that number."""
    return ceil(min(people, _MOST) - 1e-9)
