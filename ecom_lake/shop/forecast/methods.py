"""How sales are forecast: each method takes what was sold and says what comes, from the simplest to the most elaborate.

Here: the methods that need nothing but arithmetic, and who takes part in the contest. Not here: SARIMAX (sarimax.py) and Prophet
(prophet_forecast.py), the week of days (weekly_pattern.py), which method is best (rolling_origin.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, in_cents

NAIVE, SEASONAL_NAIVE, SES = "naive", "seasonal naive", "SES"
LINEAR, LINEAR_SEASON = "linear trend", "linear trend and season"
SARIMAX, SEASONAL_SARIMAX, PROPHET = "SARIMAX", "seasonal SARIMAX", "Prophet"
SHARE = "share of the total"
METHODS = (NAIVE, SEASONAL_NAIVE, SHARE, SES, LINEAR, LINEAR_SEASON, SARIMAX, SEASONAL_SARIMAX, PROPHET)
"""From simple to elaborate: of equals the simpler is champion."""
BASELINES = (NAIVE, SEASONAL_NAIVE)

_AT_MOST = 10.0
"""No forecast is more than so many times the best period yet: a trend of logarithms knows no bounds."""

Ahead = Callable[[Floats, int], Floats]
"""What was sold, and for how many periods to come; gives a number for each."""


@dataclass(frozen=True)
class Method:
    """A way to forecast, by its name."""

    name: str
    least: int
    """Fewest periods that it learns from."""
    ahead: Ahead

    def __call__(self, sold: Floats, steps: int) -> Floats:
        """Never negative, never beyond reason, in whole cents."""
        return in_cents(np.clip(self.ahead(sold, steps), 0.0, _AT_MOST * max(float(sold.max()), 0.0)))


def simple_methods() -> tuple[Method, ...]:
    """Of months: those that need nothing but arithmetic."""
    season = MONTHS.season
    return (
        Method(NAIVE, 1, naive),
        Method(SEASONAL_NAIVE, MONTHS.seasonal_from, lambda sold, steps: seasonal_naive(sold, steps, season)),
        Method(SES, 3, exponential_smoothing),
        Method(LINEAR, 4, linear_trend),
        Method(LINEAR_SEASON, MONTHS.seasonal_from, lambda sold, steps: linear_season(sold, steps, season)),
    )


def naive(sold: Floats, steps: int) -> Floats:
    return np.full(steps, sold[-1])


def seasonal_naive(sold: Floats, steps: int, season: int) -> Floats:
    return np.array([sold[len(sold) - season + step % season] for step in range(steps)])


def exponential_smoothing(sold: Floats, steps: int) -> Floats:
    return np.full(steps, _levels(sold, np.array([smoothing(sold)]))[0][0])


def smoothing(sold: Floats) -> float:
    """The weight of the newest period with which each was best told from those before it: to three digits."""
    coarse = np.arange(50, 1001, 50) / 1000
    best = 1000 * float(coarse[_least(_levels(sold, coarse)[1])])
    fine = np.arange(max(round(best) - 49, 1), min(round(best) + 50, 1001)) / 1000
    return float(fine[_least(_levels(sold, fine)[1])])


def _least(errors: Floats) -> int:
    """The first of the least, with what differs in the last digits alike."""
    return int(np.argmin(np.round(errors / max(float(errors.max()), 1e-300), 12)))


def _levels(sold: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """For each weight: the level after the last period, and the squared errors on the way, which begins at the first period."""
    level, squares = np.full(len(weights), sold[0]), np.zeros(len(weights))
    for value in sold[1:]:
        error = value - level
        squares += error * error
        level = level + weights * error
    return level, squares


def linear_trend(sold: Floats, steps: int) -> Floats:
    return _line(sold, np.arange(len(sold) + steps, dtype=float)[:, None])[len(sold) :]


def linear_season(sold: Floats, steps: int, season: int) -> Floats:
    """Of logarithms: a season is a proportion."""
    return np.expm1(_line(np.log1p(np.maximum(sold, 0)), _with_season(len(sold) + steps, season))[len(sold) :])


def season_factors(sold: Floats, season: int) -> Floats:
    """What each part of the season is to a mean one, by what it was to the whole season around it; the first is that of the
    first period. Takes two seasons, of an even number of parts."""
    around = np.convolve(sold, np.array([0.5, *[1.0] * (season - 1), 0.5]) / season, mode="valid")
    half = season // 2
    times = np.divide(sold[half : half + len(around)], around, out=np.ones(len(around)), where=around > 0)
    place = np.arange(half, half + len(around)) % season
    factors = np.array([times[place == part].mean() for part in range(season)])
    mean = float(factors.mean())
    return factors / mean if mean > 0 else np.ones(season)


def _with_season(periods: int, season: int) -> Floats:
    """Columns: time, and one for each part of the season, which together are the intercept."""
    place = np.arange(periods)
    return np.column_stack([place / season, np.eye(season)[place % season]])


def _line(sold: Floats, columns: Floats) -> Floats:
    """Least squares, carried on: `columns` has rows for the periods to come too."""
    if columns.shape[1] == 1:
        columns = np.column_stack([np.ones(len(columns)), columns])
    weights = np.linalg.lstsq(columns[: len(sold)], sold, rcond=None)[0]
    carried: Floats = columns @ weights
    return carried
