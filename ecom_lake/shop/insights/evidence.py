"""Tests of whether a difference exceeds the noise of the shop's days: of two rates, and of two daily levels.

Daily orders are neither Poisson nor independent: they are overdispersed and autocorrelated. The noise is therefore measured,
within each of the shop's own complete months (docs/decisions/0019-evidence-of-insights.md).
Here: the noise, the two tests, and the interval of a rate. Not here: the correction for multiple testing
(statistics/fisher_exact.py), and which differences are tested (the rules).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ecom_lake.statistics.intervals import wilson_interval

Floats = NDArray[np.float64]

COSINES = 2
"""Low-frequency cosines whose power estimates a month's noise: half a period and a whole period per month."""
PERSISTENCE = 2.6
"""Ratio of the variance of a month's mean to the power of those cosines, at the autocorrelation of Olist's days (AR 0.9)."""
_MEDIAN_CHI2 = 2 * math.log(2) / 2
"""Median of a chi-square variable with two degrees of freedom, over its mean."""
_LEAST_MONTHS = 3


@dataclass(frozen=True)
class Noise:
    """The variance of one day: for rates relative to independent trials, for levels relative to the squared mean."""

    variance: float
    degrees_of_freedom: int
    week: tuple[float, ...] = (1.0,) * 7
    """The weekly pattern that was removed: the relative level of each weekday, Monday first. It is 0 where the shop is closed."""

    def weekday_factor(self, month: date) -> float:
        """The mean of the weekly pattern over the days of a month."""
        return float(np.mean(np.array(self.week)[_weekdays(month)]))

    def open_share(self, month: date) -> float:
        """The share of a month's days on which the shop is open."""
        return float(np.mean(np.array(self.week)[_weekdays(month)] > 0))


@dataclass(frozen=True)
class Trials:
    """Hits and trials per day (or month), and the hits expected at the rate of all others, where that is known."""

    hits: Floats
    trials: Floats
    expected: Floats | None = None

    def residuals(self) -> Floats | None:
        """Hits beyond those at the common rate, in standard deviations of independent trials; None where nothing varies.

        With `expected`, a shock that hits everybody on the same day is removed, because it makes no difference to the others.
        """
        if not self.trials.sum():
            return None
        rate = float(self.hits.sum() / self.trials.sum())
        spread = math.sqrt(rate * (1 - rate) * float(self.trials.mean()))
        excess = self.hits if self.expected is None else self.hits - self.expected
        return (excess - excess.sum() / self.trials.sum() * self.trials) / spread if spread else None


def rate_noise(months: Sequence[Trials]) -> Noise | None:
    """The dispersion of a rate: 1 where hits are independent. Each month holds its days and has its own rate."""
    return _long_run([found for month in months if (found := month.residuals()) is not None], independent=1.0)


def rate_noise_between_months(months: Trials) -> Noise | None:
    """The dispersion of a rate where whole months are the clusters: the monthly rates scatter around the common rate."""
    residuals = months.residuals()
    if residuals is None or len(residuals) < _LEAST_MONTHS:
        return None
    return Noise(max(1.0, float(residuals @ residuals) / (len(residuals) - 1)), len(residuals) - 1)


def level_noise(months: Sequence[tuple[Floats, NDArray[np.int64]]]) -> Noise | None:
    """The relative variance of a daily amount. Each month is (amounts, weekdays), day by day, with its own mean.

    The weekly pattern, its median over the months, is removed: it is neither noise nor change. It is returned with the noise,
    because the levels that are compared contain it: a month with more weekends is not a change either. A weekday that never sells
    anything has the factor 0, and its days are skipped. One that sells on some of its days has the factor 1: the levels contain
    these sales, so that the noise has to contain them, too.
    """
    months = [(amounts, weekdays) for amounts, weekdays in months if amounts.sum() > 0]
    if not months:
        return None
    relative, days = np.concatenate([amounts / amounts.mean() for amounts, _ in months]), np.concatenate([w for _, w in months])
    usual = np.array([np.median(relative[days == day]) for day in range(7)])
    sells = np.array([relative[days == day].any() for day in range(7)])
    week = np.where(usual > 0, usual, np.where(sells, 1.0, 0.0))
    open_days = [(amounts[week[w] > 0], week[w][week[w] > 0]) for amounts, w in months]
    residuals = [a * factors.sum() / (a.sum() * factors) - 1 for a, factors in open_days if len(a) > COSINES and a.sum() > 0]
    if not residuals:
        return None
    noise = _long_run(residuals, independent=float(np.median([month.var(ddof=1) for month in residuals])))
    return noise and replace(noise, week=tuple(week.tolist()))


def _long_run(months: Sequence[Floats], independent: float) -> Noise | None:
    """The long-run variance of residuals from low-frequency cosines of each month (equal-weighted cosines, Lazarus et al. 2018).

    The median over the months is used, so that one month with a Black Friday or a strike does not count as usual noise. The
    excess over the variance of independent trials is autocorrelated noise; it is scaled up by PERSISTENCE.
    """
    if len(months) < _LEAST_MONTHS:
        return None
    power = [float(np.mean((_cosines(len(month)) @ month) ** 2)) for month in months]
    usual = float(np.median(power)) / _MEDIAN_CHI2
    return Noise(independent + PERSISTENCE * max(0.0, usual - independent), len(months))


def _cosines(days: int) -> Floats:
    frequency, day = np.arange(1, COSINES + 1)[:, None], np.arange(days) + 0.5
    cosines: Floats = np.sqrt(2 / days) * np.cos(np.pi * frequency * day / days)
    return cosines


def rates_differ(hits: float, trials: float, rest_hits: float, rest_trials: float, noise: Noise) -> float | None:
    """Two-sided p-value of equal rates: the likelihood ratio of two binomials, divided by the measured dispersion.

    A z-test is not used: its p-values are far too small where few hits are expected.
    """
    pooled = (hits + rest_hits) / (trials + rest_trials) if trials and rest_trials else 0.0
    if not 0 < pooled < 1:
        return None
    deviance = 2 * (_log_likelihood_ratio(hits, trials, pooled) + _log_likelihood_ratio(rest_hits, rest_trials, pooled))
    return t_tails(math.sqrt(max(deviance, 0.0) / noise.variance), noise.degrees_of_freedom)


def _log_likelihood_ratio(hits: float, trials: float, rate: float) -> float:
    """Of the observed rate against the given one."""

    def term(seen: float, expected: float) -> float:
        return seen * math.log(seen / expected) if seen > 0 else 0.0

    return term(hits, trials * rate) + term(trials - hits, trials * (1 - rate))


def levels_differ(per_day: float, days: float, per_day_before: float, days_before: float, noise: Noise) -> float | None:
    """Two-sided p-value of equal daily levels in two periods, from the logarithm of their ratio."""
    if per_day <= 0 or per_day_before <= 0 or not noise.variance:
        return None
    error = math.sqrt(noise.variance * (1 / days + 1 / days_before))
    return t_tails(math.log(per_day / per_day_before) / error, noise.degrees_of_freedom)


def rate_interval(hits: float, trials: float, dispersion: float = 1.0) -> tuple[float, float]:
    """Wilson's 95% interval with the effective number of independent trials."""
    return wilson_interval(hits / trials, trials / dispersion)


def by_month(days: Sequence[date], *columns: Sequence[float]) -> list[tuple[NDArray[np.int64], list[Floats]]]:
    """Each month's weekdays (0 is Monday) and columns, day by day; a day without a row is a day of zeros."""
    found: dict[tuple[int, int], dict[int, tuple[float, ...]]] = {}
    for day, *values in zip(days, *columns, strict=True):
        found.setdefault((day.year, day.month), {})[day.day] = tuple(map(float, values))
    months = []
    for (year, month), rows in sorted(found.items()):
        weekdays = _weekdays(date(year, month, 1))
        table = np.array([rows.get(day, (0.0,) * len(columns)) for day in range(1, len(weekdays) + 1)])
        months.append((weekdays, list(table.T)))
    return months


def _weekdays(month: date) -> NDArray[np.int64]:
    """Those of a month's days, from its first day; 0 is Monday."""
    length = (date(month.year + month.month // 12, month.month % 12 + 1, 1) - month).days
    return (month.weekday() + np.arange(length)) % 7


def t_tails(t: float, degrees_of_freedom: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees_of_freedom, -abs(t)))


def both_tails(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
