"""Is a difference more than the noise of the shop's days? Rates against rates, daily levels against daily levels.

Days of a shop are neither Poisson nor independent: orders scatter more than chance alone would have it, and a good day follows
a good day. So the noise is measured, within each of the shop's own complete months (docs/decisions/0019).
Here: the noise, the two tests, and the interval of a rate. Not here: the correction for having asked often (significance.py),
and what is asked (insight_rules/).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ecom_lake.statistics.intervals import wilson_interval

Floats = NDArray[np.float64]

WAVES = 2
"""Slowest waves of a month whose strength is its noise: half a period and a whole one."""
PERSISTENCE = 2.6
"""How much stronger than those waves the noise of a month's mean is, where days resemble each other as in Olist (AR 0.9)."""
_MEDIAN_CHI2 = 2 * math.log(2) / 2
"""Median of a chi-square variable with two degrees of freedom, over its mean."""
_LEAST_MONTHS = 3


@dataclass(frozen=True)
class Noise:
    """What a single period varies by: relative to independent trials for rates, relative to the mean for levels."""

    variance: float
    degrees_of_freedom: int


@dataclass(frozen=True)
class Trials:
    """Hits and trials, one number a day (or a month), and how many hits the others' rate lets expect, where that is known."""

    hits: Floats
    trials: Floats
    expected: Floats | None = None

    def residuals(self) -> Floats | None:
        """Hits beyond those of the common rate, in standard deviations of independent trials; None where nothing varies.

        What happened to everybody on the same day is taken out with the expected hits: it makes no difference to others.
        """
        if not self.trials.sum():
            return None
        rate = float(self.hits.sum() / self.trials.sum())
        spread = math.sqrt(rate * (1 - rate) * float(self.trials.mean()))
        beyond = self.hits if self.expected is None else self.hits - self.expected
        return (beyond - beyond.sum() / self.trials.sum() * self.trials) / spread if spread else None


def rate_noise(months: Sequence[Trials]) -> Noise | None:
    """The dispersion of a rate: 1 where hits are independent. Each month is a row of days, with its own rate."""
    return _long_run([found for month in months if (found := month.residuals()) is not None], independent=1.0)


def rate_noise_between_months(months: Trials) -> Noise | None:
    """The same where whole months are the clusters: each has its own rate, and these scatter around the common one."""
    residuals = months.residuals()
    if residuals is None or len(residuals) < _LEAST_MONTHS:
        return None
    return Noise(max(1.0, float(residuals @ residuals) / (len(residuals) - 1)), len(residuals) - 1)


def level_noise(months: Sequence[tuple[Floats, NDArray[np.int64]]]) -> Noise | None:
    """The relative variance of a daily amount. Each month is (amounts, weekdays), day by day, with its own mean.

    The pattern of the week is removed, as its median over the months: it is neither noise nor change.
    """
    months = [(amounts, weekdays) for amounts, weekdays in months if amounts.sum() > 0]
    if not months:
        return None
    relative, days = np.concatenate([amounts / amounts.mean() for amounts, _ in months]), np.concatenate([w for _, w in months])
    week = np.array([np.median(relative[days == day]) for day in range(7)])
    week = np.where(week > 0, week, 1.0)
    residuals = [amounts * week[w].sum() / (amounts.sum() * week[w]) - 1 for amounts, w in months]
    return _long_run(residuals, independent=float(np.median([month.var(ddof=1) for month in residuals])))


def _long_run(months: Sequence[Floats], independent: float) -> Noise | None:
    """The long-run variance of residuals, from the slowest waves of each month (equal-weighted cosines, Lazarus et al. 2018).

    The median month counts, so that one month with a Black Friday or a strike is not taken for the usual noise. What exceeds
    the variance of independent trials is what persists from day to day, and is scaled up by how much slower noise weighs.
    """
    if len(months) < _LEAST_MONTHS:
        return None
    strength = [float(np.mean((_waves(len(month)) @ month) ** 2)) for month in months]
    usual = float(np.median(strength)) / _MEDIAN_CHI2
    return Noise(independent + PERSISTENCE * max(0.0, usual - independent), len(months))


def _waves(days: int) -> Floats:
    wave, day = np.arange(1, WAVES + 1)[:, None], np.arange(days) + 0.5
    waves: Floats = np.sqrt(2 / days) * np.cos(np.pi * wave * day / days)
    return waves


def rates_differ(hits: float, trials: float, rest_hits: float, rest_trials: float, noise: Noise) -> float | None:
    """Two-sided p-value that both rates are one: the likelihood ratio of two binomials, over the measured dispersion.

    The likelihood ratio and not a z-test, whose p-values are far too small where few hits are expected.
    """
    pooled = (hits + rest_hits) / (trials + rest_trials) if trials and rest_trials else 0.0
    if not 0 < pooled < 1:
        return None
    deviance = 2 * (_surprise(hits, trials, pooled) + _surprise(rest_hits, rest_trials, pooled))
    return t_tails(math.sqrt(max(deviance, 0.0) / noise.variance), noise.degrees_of_freedom)


def _surprise(hits: float, trials: float, rate: float) -> float:
    def term(seen: float, expected: float) -> float:
        return seen * math.log(seen / expected) if seen > 0 else 0.0

    return term(hits, trials * rate) + term(trials - hits, trials * (1 - rate))


def levels_differ(per_day: float, days: float, per_day_before: float, days_before: float, noise: Noise) -> float | None:
    """Two-sided p-value that two periods have one daily level, from the logarithm of their ratio."""
    if per_day <= 0 or per_day_before <= 0 or not noise.variance:
        return None
    error = math.sqrt(noise.variance * (1 / days + 1 / days_before))
    return t_tails(math.log(per_day / per_day_before) / error, noise.degrees_of_freedom)


def rate_interval(hits: float, trials: float, dispersion: float = 1.0) -> tuple[float, float]:
    """Wilson's 95% interval, of as many independent trials as these are worth."""
    return wilson_interval(hits / trials, trials / dispersion)


def by_month(days: Sequence[date], *columns: Sequence[float]) -> list[tuple[NDArray[np.int64], list[Floats]]]:
    """Each month's weekdays (0 is Monday) and columns, day by day; a day without a row is a day of zeros."""
    found: dict[tuple[int, int], dict[int, tuple[float, ...]]] = {}
    for day, *values in zip(days, *columns, strict=True):
        found.setdefault((day.year, day.month), {})[day.day] = tuple(map(float, values))
    months = []
    for (year, month), rows in sorted(found.items()):
        first = date(year, month, 1)
        length = (date(year + month // 12, month % 12 + 1, 1) - first).days
        table = np.array([rows.get(day, (0.0,) * len(columns)) for day in range(1, length + 1)])
        months.append(((first.weekday() + np.arange(length)) % 7, list(table.T)))
    return months


def t_tails(t: float, degrees_of_freedom: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees_of_freedom, -abs(t)))


def both_tails(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
