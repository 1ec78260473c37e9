"""What a customer spends on a future purchase: the Gamma-Gamma model, or a mean where its assumption fails.

Spending is that of repeat purchases that cost anything; n is how many a customer made, `spent` what they cost together. In
Gamma-Gamma the purchases of a customer vary around an own mean, these means vary around that of the shop, and the mean does not
depend on how often a customer buys. That independence is tested. Either way the expectation is `base + share · spent`, with
both looked up by n, for a purchase that may cost nothing: that of a paid purchase times the share of paid ones.
Not here: how often customers buy (bg_nbd.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.statistics.arrays import Flags, Floats, Integers
from ecom_lake.statistics.intervals import Estimate, normal_interval
from ecom_lake.statistics.maximum_likelihood import FittedParameters, LogLikelihood, fit_parameters

GAMMA_GAMMA, ALIKE, SHOP = METHODS = ("Gamma-Gamma", "mean of people who buy as often", "mean of the shop")
PARAMETERS = ("p", "q", "v")
_BANDS = 4
"""Customers with this many paid repeat purchases, or more, are one group."""
_COARSE_ROWS = 10_000
"""Rows, evenly picked, on which the starts are compared."""
_STEP = 1e-5


@dataclass(frozen=True)
class Spent:
    """Spending on repeat purchases: one row per (n, sum), with the number of customers who share it."""

    n: Integers
    spent: Floats
    people: Integers
    paid: float = 1.0
    """The share of all repeat purchases that cost anything."""

    @property
    def mean(self) -> float:
        """Per paid purchase."""
        purchases = float(np.sum(self.people * self.n))
        return float(np.sum(self.people * self.spent)) / purchases if purchases else 0.0


@dataclass(frozen=True)
class Spending:
    method: str
    by_n: pl.DataFrame
    """For a purchase, paid or not: n, base, share, and the variance as v0 + v1 · spent + v2 · spent²; n = 0 is for customers
    without paid repeat purchases."""
    fit: FittedParameters | None = None


def correlation(spending: Spent) -> Estimate | None:
    """Between the number of purchases and the mean spent on them, among repeat buyers, with its 95% interval (Fisher's z)."""
    people = float(np.sum(spending.people))
    mean = spending.spent / np.maximum(spending.n, 1)
    if people < 4 or np.ptp(spending.n) == 0 or np.ptp(mean) <= 1e-9 * float(np.max(mean)):
        return None
    n, m = (values - np.sum(spending.people * values) / people for values in (spending.n, mean))
    covariance, *variances = (np.sum(spending.people * products) for products in (n * m, n**2, m**2))
    value = float(np.clip(covariance / np.sqrt(variances[0] * variances[1]), -1 + 1e-12, 1 - 1e-12))
    low, high = normal_interval(float(np.arctanh(value)), float(1 / np.sqrt(people - 3)))
    return Estimate(value, float(np.tanh(low)), float(np.tanh(high)))


def is_independent(found: Estimate | None, largest: float) -> bool:
    """Only a correlation that is both large enough to matter and significant rejects Gamma-Gamma."""
    return found is None or abs(found.value) <= largest or found.low < 0 < found.high


def gamma_gamma(spending: Spent) -> FittedParameters | None:
    """None where the purchases do not identify the parameters: all cost the same, or a mean is not finite."""
    mean = spending.mean
    if mean <= 0:
        return None
    bounds = {"p": (1e-2, 1e3), "q": (1.01, 1e3), "v": (1e-4 * mean, 1e4 * mean)}
    starts = ((5.0, 4.0, mean), (1.0, 2.0, mean), (20.0, 3.0, mean / 10))
    step = max(1, len(spending.n) // _COARSE_ROWS)
    coarse = Spent(spending.n[::step], spending.spent[::step], spending.people[::step])
    return fit_parameters(log_likelihood(coarse), log_likelihood(spending), starts, bounds, DIGITS)


def log_likelihood(spending: Spent) -> LogLikelihood:
    from scipy.special import gammaln, psi

    counts, which = np.unique(spending.n, return_inverse=True)
    which = which.reshape(-1)
    weight = spending.people.astype(np.float64)
    weights = np.bincount(which, weights=weight)
    n, log_spent = counts.astype(np.float64), np.log(spending.spent)

    def at(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters
        log_total = np.log(spending.spent + v)
        by_count = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v) + np.log(n)
        by_row = (p * n - 1)[which] * log_spent - (p * n + q)[which] * log_total
        d_p = np.sum(weights * n * (psi(p * n + q) - psi(p * n))) + np.sum(weight * n[which] * (log_spent - log_total))
        d_q = np.sum(weights * (psi(p * n + q) - psi(q) + np.log(v))) - np.sum(weight * log_total)
        d_v = np.sum(weights) * q / v - np.sum(weight * (p * n + q)[which] / (spending.spent + v))
        total = float(np.sum(weights * by_count) + np.sum(weight * by_row))
        return total, np.array([d_p, d_q, d_v]) * parameters

    return at


def by_gamma_gamma(fit: FittedParameters, most: int, paid: float = 1.0) -> Spending:
    """For customers with up to `most` paid repeat purchases, where this share of purchases is paid."""
    n = np.arange(most + 1)
    parameters = np.array(list(fit.parameters.values()))
    base, share = _conditional_mean(parameters, n)
    logs = np.log(parameters)
    moved = [[_conditional_mean(np.exp(logs + sign * _STEP * each), n) for sign in (1, -1)] for each in np.eye(3)]
    gradients = np.array([[(up - down) / (2 * _STEP) for up, down in zip(*both, strict=True)] for both in moved])
    # The delta method: what a standard step in each independent direction of the parameters does to base and share.
    base_steps, share_steps = (np.sum(fit.cholesky[:, :, None] * gradients[:, None, i, :], axis=0) for i in (0, 1))
    variances = (np.sum(base_steps**2, axis=0), 2 * np.sum(base_steps * share_steps, axis=0), np.sum(share_steps**2, axis=0))
    return Spending(GAMMA_GAMMA, _table(paid, n, base, share, *variances), fit)


def by_means(spending: Spent, most: int, method: str) -> Spending:
    """The mean of all customers, or of those with as many purchases; nobody's own spending counts."""
    n = np.arange(most + 1)
    means = np.empty((2, most + 1))
    means[:] = np.array(_mean_and_variance(spending, np.ones(len(spending.n), dtype=bool)))[:, None]
    for band in range(1, _BANDS + 1) if method == ALIKE else ():
        group = spending.n == band if band < _BANDS else spending.n >= band
        if np.sum(spending.people[group]) > 1:
            means[:, n == band if band < _BANDS else n >= band] = np.array(_mean_and_variance(spending, group))[:, None]
    zero = np.zeros(most + 1)
    return Spending(method, _table(spending.paid, n, means[0], zero, means[1], zero, zero))


def _conditional_mean(parameters: Floats, n: Integers) -> tuple[Floats, Floats]:
    """Base and share of a customer's expected spending: shrunk towards the mean of the shop, the more the fewer purchases."""
    p, q, v = parameters
    return p * v / (p * n + q - 1), p / (p * n + q - 1)


def _mean_and_variance(spending: Spent, which: Flags) -> tuple[float, float]:
    """The mean spent per purchase, and its variance where customers are the independent units."""
    n, spent, people = spending.n[which], spending.spent[which], spending.people[which]
    purchases = float(np.sum(people * n))
    if not purchases:
        return 0.0, 0.0
    mean = float(np.sum(people * spent)) / purchases
    return mean, float(np.sum(people * (spent - mean * n) ** 2)) / purchases**2


def _table(paid: float, n: Integers, base: Floats, share: Floats, v0: Floats, v1: Floats, v2: Floats) -> pl.DataFrame:
    means = {"base": paid * base, "share": paid * share}
    return pl.DataFrame({"n": n, **means, "v0": paid**2 * v0, "v1": paid**2 * v1, "v2": paid**2 * v2})
