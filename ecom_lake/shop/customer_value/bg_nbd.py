"""How often do people buy, and have they left? BG/NBD and MBG/NBD, on histories (x, t_x, age) that many people share.

While with the shop a person buys at random at a rate of his own, drawn from Gamma(r, alpha); after a purchase he leaves with a
chance of his own, drawn from Beta(a, b). In BG/NBD nobody leaves before his second purchase; in MBG/NBD one may leave after the
first, which is what one-time buyers do. That is all the difference: how many chances to leave a person has survived.
Times are weeks. x counts repeat purchases, t_x is the time from the first to the last, age that from the first to today.
Not here: how the parameters are found (likelihood.py), where histories come from (purchase_histories.py).
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
_ROUGHLY = 52
"""Parts that the time is cut into where starts are tried."""
_YEAR = 365 / DAYS_A_WEEK
_SINGULAR = 1e-6


@dataclass(frozen=True)
class Histories:
    """What people did: one row per history, and how many people share it. In days."""

    x: Integers
    t_x: Integers
    age: Integers
    people: Integers

    @property
    def rough(self) -> Histories:
        """By some days at a time: fewer rows, near enough to tell a good start from a bad one."""
        step = max(1, int(self.age.max(initial=0)) // _ROUGHLY)
        cells = int(self.age.max(initial=0)) // step + 1
        keys, which = np.unique((self.x * cells + self.t_x // step) * cells + self.age // step, return_inverse=True)
        people = np.bincount(which.reshape(-1), weights=self.people).astype(np.int64)
        return Histories(keys // cells**2, keys // cells % cells * step, keys % cells * step, people)


def fit(model: str, seen: Histories) -> FittedParameters | None:
    """None where the data do not settle it, or lead to where expectations cannot be worked out."""
    found = fit_parameters(likelihood(model, seen.rough), likelihood(model, seen), _STARTS, BOUNDS, DIGITS)
    if found is None or not np.isfinite(expected(model, found.parameters, seen.x, seen.t_x, seen.age, [_YEAR])).all():
        return None
    return found


def likelihood(model: str, seen: Histories) -> LogLikelihood:
    """Gamma functions are worked out once per number of purchases, and logarithms once per row."""
    from scipy.special import expit, gammaln, psi

    counts, which = np.unique(seen.x, return_inverse=True)
    which = which.reshape(-1)
    weight = seen.people.astype(np.float64)
    weights = np.bincount(which, weights=weight)
    x, survived = counts.astype(np.float64), _survived(model, counts)
    t_x, age = seen.t_x / DAYS_A_WEEK, seen.age / DAYS_A_WEEK
    may_have_left = survived[which] > 0

    def at(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        last, today = np.log(alpha + t_x), np.log(alpha + age)
        odds = _log_odds(a, b, (r + x)[which], survived[which], today - last)
        left = np.where(may_have_left, expit(odds), 0.0)
        each = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        each += gammaln(b + survived) - gammaln(a + b + survived) + gammaln(a + b) - gammaln(b)
        rows = np.where(may_have_left, np.logaddexp(0.0, odds), 0.0) - (r + x)[which] * today
        lost = np.bincount(which, weights=weight * left)
        slope_r = np.sum(weights * (psi(r + x) - psi(r) + np.log(alpha))) - np.sum(weight * (today - left * (today - last)))
        by_alpha = left * np.exp(-last) + (1 - left) * np.exp(-today)
        slope_alpha = np.sum(weights) * r / alpha - np.sum(weight * (r + x)[which] * by_alpha)
        slope_a = np.sum(weights * (psi(a + b) - psi(a + b + survived)) + lost / a)
        slope_b = np.sum(weights * (psi(b + survived) - psi(a + b + survived) + psi(a + b) - psi(b)))
        slope_b -= np.sum(lost[survived > 0] / (b + survived - 1)[survived > 0])
        total = float(np.sum(weights * each) + np.sum(weight * rows))
        return total, np.array([slope_r, slope_alpha, slope_a, slope_b]) * parameters

    return at


def p_alive(model: str, parameters: Mapping[str, float], x: Integers, t_x: Integers, age: Integers) -> Floats:
    """The chance that a person has not left."""
    from scipy.special import expit

    r, alpha, a, b = _of(parameters)
    survived = _survived(model, x)
    silence = np.log(alpha + age / DAYS_A_WEEK) - np.log(alpha + t_x / DAYS_A_WEEK)
    alive: Floats = np.where(survived > 0, expit(-_log_odds(a, b, r + x, survived, silence)), 1.0)
    return alive


def purchases_if_alive(model: str, parameters: Mapping[str, float], x: Integers, age: Integers, weeks: Floats | float) -> Floats:
    """Purchases expected in so many weeks from today, of a person who has not left. Does not depend on t_x.

    Euler's transformation of the published form: the hypergeometric function then has no argument that grows with x but its
    third, and nothing overflows however often people buy.
    """
    from scipy.special import hyp2f1

    r, alpha, a, b = _of(parameters)
    # The formula has a limit at a = 1, and where its third argument is 0, but is 0/0 there.
    a = a if abs(a - 1) > _SINGULAR else 1 + _SINGULAR
    third = a + b + _survived(model, x) - 1
    third = np.where(np.abs(third) > _SINGULAR, third, _SINGULAR)
    left = (alpha + age / DAYS_A_WEEK) / (alpha + age / DAYS_A_WEEK + weeks)
    # Infinity times nought, where everybody leaves at once, is no number, and says so by being none.
    with np.errstate(invalid="ignore", over="ignore"):
        rest = left ** (a - 1) * hyp2f1(third - r - x, a - 1, third, 1 - left)
    expected: Floats = third / (a - 1) * (1 - rest)
    return expected


def expected(
    model: str, parameters: Mapping[str, float], x: Integers, t_x: Integers, age: Integers, weeks: Sequence[float]
) -> Floats:
    """Purchases of a person within each of several times from today, one row each: worked out once per (x, age)."""
    days = int(age.max(initial=0)) + 1
    keys = x * days + age
    is_there = np.zeros(int(keys.max(initial=0)) + 1, dtype=bool)
    is_there[keys] = True
    unique, which = np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[keys]
    alive = p_alive(model, parameters, x, t_x, age)
    each = [purchases_if_alive(model, parameters, unique // days, unique % days, so_many) for so_many in weeks]
    return np.stack([alive * purchases[which] for purchases in each])


def p_any(parameters: Mapping[str, float], x: Integers, age: Integers, weeks: float) -> Floats:
    """The chance that a person who has not left buys at least once in so many weeks."""
    r, alpha, _, _ = _of(parameters)
    chance: Floats = -np.expm1((r + x) * (np.log(alpha + age / DAYS_A_WEEK) - np.log(alpha + age / DAYS_A_WEEK + weeks)))
    return chance


def weeks_to_next(parameters: Mapping[str, float], x: Integers, age: Integers) -> Floats:
    """Median weeks until a person who has not left buys next."""
    r, alpha, _, _ = _of(parameters)
    waited: Floats = (alpha + age / DAYS_A_WEEK) * np.expm1(np.log(2) / (r + x))
    return waited


def _log_odds(a: float, b: float, shape: NDArray[Any], survived: Floats, silence: Floats) -> Floats:
    """Of having left with the last purchase, against being silent by chance; `silence` is ln(alpha + age) - ln(alpha + t_x)."""
    odds: Floats = np.log(a) - np.log(np.where(survived > 0, b + survived - 1, 1.0)) + shape * silence
    return odds


def _survived(model: str, x: Integers) -> Floats:
    """Chances to leave that a person who is still there has survived."""
    survived: Floats = (x + (1 if model == MBG else 0)).astype(np.float64)
    return survived


def _of(parameters: Mapping[str, float]) -> tuple[float, float, float, float]:
    return parameters["r"], parameters["alpha"], parameters["a"], parameters["b"]
