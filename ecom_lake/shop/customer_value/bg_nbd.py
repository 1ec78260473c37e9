"""How often customers buy, and whether they have left: BG/NBD and MBG/NBD on purchase histories (x, t_x, age).

While a customer is active, purchases are a Poisson process with an own rate, drawn from Gamma(r, alpha); after a purchase the
customer leaves with an own probability, drawn from Beta(a, b). In BG/NBD nobody leaves before the second purchase; in MBG/NBD
a customer may leave after the first, as one-time buyers do. The models differ only in how many chances to leave were survived.
Times are in weeks. x counts repeat purchases, t_x is the time from the first to the last, age that from the first to today.
Not here: the estimation (statistics/maximum_likelihood.py), and where histories come from (purchase_histories.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.statistics.arrays import Floats, Integers
from ecom_lake.statistics.maximum_likelihood import FittedParameters, LogLikelihood, fit_parameters

DAYS_A_WEEK = 7
BG, MBG = MODELS = ("BG/NBD", "MBG/NBD")
BOUNDS = {"r": (1e-4, 1e3), "alpha": (1e-4, 1e5), "a": (1e-4, 1e3), "b": (1e-4, 1e4)}
_STARTS = ((0.3, 5.0, 0.8, 2.5), (1.0, 20.0, 0.2, 1.0), (0.1, 10.0, 2.0, 2.0), (3.0, 100.0, 1.0, 5.0))
_COARSE_PERIODS = 52
"""Number of periods that times are rounded to while starts are compared."""
_YEAR = 365 / DAYS_A_WEEK
_SINGULAR = 1e-6


@dataclass(frozen=True)
class Histories:
    """One row per purchase history, with the number of customers who share it. Times are in days."""

    x: Integers
    t_x: Integers
    age: Integers
    people: Integers

    @property
    def coarse(self) -> Histories:
        """Times rounded to several days: fewer rows, accurate enough to compare starts."""
        step = max(1, int(self.age.max(initial=0)) // _COARSE_PERIODS)
        cells = int(self.age.max(initial=0)) // step + 1
        keys, which = np.unique((self.x * cells + self.t_x // step) * cells + self.age // step, return_inverse=True)
        people = np.bincount(which.reshape(-1), weights=self.people).astype(np.int64)
        return Histories(keys // cells**2, keys // cells % cells * step, keys % cells * step, people)


def fit(model: str, histories: Histories) -> FittedParameters | None:
    """None where the data do not identify the parameters, or where the expectations are not finite."""
    coarse, exact = log_likelihood(model, histories.coarse), log_likelihood(model, histories)
    found = fit_parameters(coarse, exact, _STARTS, BOUNDS, DIGITS)
    if found is None:
        return None
    within_a_year = expected(model, found.parameters, histories.x, histories.t_x, histories.age, [_YEAR])
    return found if np.isfinite(within_a_year).all() else None


def log_likelihood(model: str, histories: Histories) -> LogLikelihood:
    """Gamma functions are evaluated once per number of purchases, and logarithms once per row."""
    from scipy.special import expit, gammaln, psi

    counts, which = np.unique(histories.x, return_inverse=True)
    which = which.reshape(-1)
    weight = histories.people.astype(np.float64)
    weights = np.bincount(which, weights=weight)
    x, survived = counts.astype(np.float64), _survived(model, counts)
    t_x, age = histories.t_x / DAYS_A_WEEK, histories.age / DAYS_A_WEEK
    may_have_left = survived[which] > 0

    def at(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        log_last, log_today = np.log(alpha + t_x), np.log(alpha + age)
        log_odds = _log_odds_of_having_left(a, b, (r + x)[which], survived[which], log_today - log_last)
        p_left = np.where(may_have_left, expit(log_odds), 0.0)
        by_count = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        by_count += gammaln(b + survived) - gammaln(a + b + survived) + gammaln(a + b) - gammaln(b)
        by_row = np.where(may_have_left, np.logaddexp(0.0, log_odds), 0.0) - (r + x)[which] * log_today
        left = np.bincount(which, weights=weight * p_left)
        d_r = np.sum(weights * (psi(r + x) - psi(r) + np.log(alpha)))
        d_r -= np.sum(weight * (log_today - p_left * (log_today - log_last)))
        by_alpha = p_left * np.exp(-log_last) + (1 - p_left) * np.exp(-log_today)
        d_alpha = np.sum(weights) * r / alpha - np.sum(weight * (r + x)[which] * by_alpha)
        d_a = np.sum(weights * (psi(a + b) - psi(a + b + survived)) + left / a)
        d_b = np.sum(weights * (psi(b + survived) - psi(a + b + survived) + psi(a + b) - psi(b)))
        d_b -= np.sum(left[survived > 0] / (b + survived - 1)[survived > 0])
        total = float(np.sum(weights * by_count) + np.sum(weight * by_row))
        return total, np.array([d_r, d_alpha, d_a, d_b]) * parameters

    return at


def p_alive(model: str, parameters: Mapping[str, float], x: Integers, t_x: Integers, age: Integers) -> Floats:
    """The probability that a customer has not left."""
    from scipy.special import expit

    r, alpha, a, b = _values(parameters)
    survived = _survived(model, x)
    silence = np.log(alpha + age / DAYS_A_WEEK) - np.log(alpha + t_x / DAYS_A_WEEK)
    alive: Floats = np.where(survived > 0, expit(-_log_odds_of_having_left(a, b, r + x, survived, silence)), 1.0)
    return alive


def purchases_if_alive(model: str, parameters: Mapping[str, float], x: Integers, age: Integers, weeks: Floats | float) -> Floats:
    """Expected purchases in so many weeks from today by a customer who has not left. Does not depend on t_x.

    The published form after Euler's transformation: only the third argument of the hypergeometric function then grows with x,
    and nothing overflows however often customers buy.
    """
    from scipy.special import hyp2f1

    r, alpha, a, b = _values(parameters)
    # The formula has a limit at a = 1, and where its third argument is 0, but evaluates to 0/0 there.
    a = a if abs(a - 1) > _SINGULAR else 1 + _SINGULAR
    third = a + b + _survived(model, x) - 1
    third = np.where(np.abs(third) > _SINGULAR, third, _SINGULAR)
    ratio = (alpha + age / DAYS_A_WEEK) / (alpha + age / DAYS_A_WEEK + weeks)
    # Infinity times zero, where everybody leaves at once, is NaN, which `fit` refuses.
    with np.errstate(invalid="ignore", over="ignore"):
        rest = ratio ** (a - 1) * hyp2f1(third - r - x, a - 1, third, 1 - ratio)
    expected: Floats = third / (a - 1) * (1 - rest)
    return expected


def expected(
    model: str, parameters: Mapping[str, float], x: Integers, t_x: Integers, age: Integers, weeks: Sequence[float]
) -> Floats:
    """Expected purchases within each of several times from today, one row each; evaluated once per (x, age)."""
    days = int(age.max(initial=0)) + 1
    keys = x * days + age
    is_present = np.zeros(int(keys.max(initial=0)) + 1, dtype=bool)
    is_present[keys] = True
    unique, which = np.flatnonzero(is_present), (np.cumsum(is_present) - 1)[keys]
    alive = p_alive(model, parameters, x, t_x, age)
    purchases = [purchases_if_alive(model, parameters, unique // days, unique % days, end) for end in weeks]
    return np.stack([alive * by_key[which] for by_key in purchases])


def p_any(parameters: Mapping[str, float], x: Integers, age: Integers, weeks: float) -> Floats:
    """The probability that a customer who has not left buys at least once in so many weeks."""
    r, alpha, _, _ = _values(parameters)
    log_ratio = np.log(alpha + age / DAYS_A_WEEK) - np.log(alpha + age / DAYS_A_WEEK + weeks)
    probability: Floats = -np.expm1((r + x) * log_ratio)
    return probability


def weeks_to_next(parameters: Mapping[str, float], x: Integers, age: Integers) -> Floats:
    """Median weeks until the next purchase of a customer who has not left."""
    r, alpha, _, _ = _values(parameters)
    weeks: Floats = (alpha + age / DAYS_A_WEEK) * np.expm1(np.log(2) / (r + x))
    return weeks


def _log_odds_of_having_left(a: float, b: float, shape: NDArray[Any], survived: Floats, silence: Floats) -> Floats:
    """Left after the last purchase against active without a purchase; `silence` is ln(alpha + age) - ln(alpha + t_x)."""
    log_odds: Floats = np.log(a) - np.log(np.where(survived > 0, b + survived - 1, 1.0)) + shape * silence
    return log_odds


def _survived(model: str, x: Integers) -> Floats:
    """Chances to leave that an active customer has survived."""
    survived: Floats = (x + (1 if model == MBG else 0)).astype(np.float64)
    return survived


def _values(parameters: Mapping[str, float]) -> tuple[float, float, float, float]:
    return parameters["r"], parameters["alpha"], parameters["a"], parameters["b"]
