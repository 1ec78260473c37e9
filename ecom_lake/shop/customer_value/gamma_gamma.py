"""What does a person spend on a purchase to come? Gamma-Gamma, or where it does not hold, a mean.

Spending is that of repeat purchases which cost anything; n is how many a person made, `spent` what they came to. Gamma-Gamma: a
person's purchases vary around a mean of his own, people's means around the shop's, and neither has to do with how often he
buys. That last is tested. Whichever is used, the expectation is `base + share · spent`, with both looked up by n.
Not here: how often people buy (buying.py); what they spent to date, which is a sum and no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.statistics.arrays import Floats, Integers
from ecom_lake.statistics.intervals import Estimate, normal_interval
from ecom_lake.statistics.maximum_likelihood import FittedParameters, LogLikelihood, fit_parameters

GAMMA_GAMMA, ALIKE, SHOP = WAYS = ("Gamma-Gamma", "mean of people who buy as often", "mean of the shop")
PARAMETERS = ("p", "q", "v")
_BANDS = 4
"""People with as many paid purchases, or more, are alike."""
_ROUGHLY = 10_000
"""Rows, evenly picked, on which the starts are tried."""
_STEP = 1e-5


@dataclass(frozen=True)
class Spent:
    """What people spent on repeat purchases: one row per (n, sum), and how many people share it."""

    n: Integers
    spent: Floats
    people: Integers

    @property
    def mean(self) -> float:
        """Per purchase."""
        purchases = float(np.sum(self.people * self.n))
        return float(np.sum(self.people * self.spent)) / purchases if purchases else 0.0


@dataclass(frozen=True)
class Spending:
    way: str
    by_n: pl.DataFrame
    """n, base, share, and variance as v0 + v1 · spent + v2 · spent²; n = 0 for who never paid for a repeat purchase."""
    fit: FittedParameters | None = None


def correlation(seen: Spent) -> Estimate | None:
    """Of how many purchases and the mean spent on them, among repeat buyers, with its 95% interval (Fisher's z)."""
    people = float(np.sum(seen.people))
    mean = seen.spent / np.maximum(seen.n, 1)
    if people < 4 or np.ptp(seen.n) == 0 or np.ptp(mean) <= 1e-9 * float(np.max(mean)):
        return None
    from_n, from_mean = (values - np.sum(seen.people * values) / people for values in (seen.n, mean))
    covariance, *variances = (np.sum(seen.people * of) for of in (from_n * from_mean, from_n**2, from_mean**2))
    value = float(np.clip(covariance / np.sqrt(variances[0] * variances[1]), -1 + 1e-12, 1 - 1e-12))
    low, high = normal_interval(float(np.arctanh(value)), float(1 / np.sqrt(people - 3)))
    return Estimate(value, float(np.tanh(low)), float(np.tanh(high)))


def is_unrelated(found: Estimate | None, most: float) -> bool:
    """A relation counts against Gamma-Gamma where it is strong enough to matter and not by chance."""
    return found is None or abs(found.value) <= most or found.low < 0 < found.high


def gamma_gamma(seen: Spent) -> FittedParameters | None:
    """None where purchases do not settle it: where all cost the same, or a mean is not finite."""
    mean = seen.mean
    if mean <= 0:
        return None
    bounds = {"p": (1e-2, 1e3), "q": (1.01, 1e3), "v": (1e-4 * mean, 1e4 * mean)}
    starts = ((5.0, 4.0, mean), (1.0, 2.0, mean), (20.0, 3.0, mean / 10))
    step = max(1, len(seen.n) // _ROUGHLY)
    some = Spent(seen.n[::step], seen.spent[::step], seen.people[::step])
    return fit_parameters(likelihood(some), likelihood(seen), starts, bounds, DIGITS)


def likelihood(seen: Spent) -> LogLikelihood:
    from scipy.special import gammaln, psi

    counts, which = np.unique(seen.n, return_inverse=True)
    which = which.reshape(-1)
    weight = seen.people.astype(np.float64)
    weights = np.bincount(which, weights=weight)
    n, logs = counts.astype(np.float64), np.log(seen.spent)

    def at(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters
        total = np.log(seen.spent + v)
        each = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v) + np.log(n)
        rows = (p * n - 1)[which] * logs - (p * n + q)[which] * total
        slope_p = np.sum(weights * n * (psi(p * n + q) - psi(p * n))) + np.sum(weight * n[which] * (logs - total))
        slope_q = np.sum(weights * (psi(p * n + q) - psi(q) + np.log(v))) - np.sum(weight * total)
        slope_v = np.sum(weights) * q / v - np.sum(weight * (p * n + q)[which] / (seen.spent + v))
        found = float(np.sum(weights * each) + np.sum(weight * rows))
        return found, np.array([slope_p, slope_q, slope_v]) * parameters

    return at


def by_gamma_gamma(fit: FittedParameters, most: int) -> Spending:
    """For people with up to `most` paid repeat purchases."""
    n = np.arange(most + 1)
    base, share = _shrunken(np.array(list(fit.parameters.values())), n)
    logs = np.log(np.array(list(fit.parameters.values())))
    moved = [[_shrunken(np.exp(logs + sign * _STEP * each), n) for sign in (1, -1)] for each in np.eye(3)]
    slopes = np.array([[(up - down) / (2 * _STEP) for up, down in zip(*both, strict=True)] for both in moved])
    # Rows of the spread meet the slopes: what one standard step of each independent direction does to base and share.
    base_steps, share_steps = (np.sum(fit.cholesky[:, :, None] * slopes[:, None, i, :], axis=0) for i in (0, 1))
    variances = (np.sum(base_steps**2, axis=0), 2 * np.sum(base_steps * share_steps, axis=0), np.sum(share_steps**2, axis=0))
    return Spending(GAMMA_GAMMA, _table(n, base, share, *variances), fit)


def by_means(seen: Spent, most: int, way: str) -> Spending:
    """Nobody's own spending counts: everybody's mean, or that of people with as many purchases."""
    n = np.arange(most + 1)
    means = np.empty((2, most + 1))
    means[:] = np.array(_mean(seen, np.ones(len(seen.n), dtype=bool)))[:, None]
    for band in range(1, _BANDS + 1) if way == ALIKE else ():
        alike = seen.n == band if band < _BANDS else seen.n >= band
        if np.sum(seen.people[alike]) > 1:
            means[:, n == band if band < _BANDS else n >= band] = np.array(_mean(seen, alike))[:, None]
    nothing = np.zeros(most + 1)
    return Spending(way, _table(n, means[0], nothing, means[1], nothing, nothing))


def _shrunken(parameters: Floats, n: Integers) -> tuple[Floats, Floats]:
    """A person's mean, drawn towards everybody's: the more so the fewer his purchases."""
    p, q, v = parameters
    return p * v / (p * n + q - 1), p / (p * n + q - 1)


def _mean(seen: Spent, which: NDArray[np.bool_]) -> tuple[float, float]:
    """Spent per purchase, and the variance of that, people being drawn whole."""
    n, spent, people = seen.n[which], seen.spent[which], seen.people[which]
    purchases = float(np.sum(people * n))
    if not purchases:
        return 0.0, 0.0
    mean = float(np.sum(people * spent)) / purchases
    return mean, float(np.sum(people * (spent - mean * n) ** 2)) / purchases**2


def _table(n: Integers, base: Floats, share: Floats, v0: Floats, v1: Floats, v2: Floats) -> pl.DataFrame:
    return pl.DataFrame({"n": n, "base": base, "share": share, "v0": v0, "v1": v1, "v2": v2})
