"""Forecasting methods, from the simplest to the most elaborate: each maps past sales to a forecast.

Here: the methods that need only arithmetic, and the names of all methods. Not here: SARIMAX (sarimax.py), Prophet
(prophet_method.py), the weekly pattern of daily methods (weekly_pattern.py), and the choice of a method (rolling_origin.py).
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
"""From simple to elaborate: in a tie the simpler method is the champion."""
BASELINES = (NAIVE, SEASONAL_NAIVE)

_MOST_TIMES_THE_MAXIMUM = 10.0
"""Forecasts are capped at this multiple of the highest period so far: a trend of logarithms is unbounded."""

Ahead = Callable[[Floats, int], Floats]
"""From past sales and a number of steps to a forecast for each step."""


@dataclass(frozen=True)
class Method:
    """A way to forecast, by its name."""

    name: str
    least: int
    """The fewest periods that it can be fitted on."""
    ahead: Ahead

    def __call__(self, sold: Floats, steps: int) -> Floats:
        """The forecast, capped between 0 and a multiple of the maximum, in whole cents."""
        return in_cents(np.clip(self.ahead(sold, steps), 0.0, _MOST_TIMES_THE_MAXIMUM * max(float(sold.max()), 0.0)))


def simple_methods() -> tuple[Method, ...]:
    """The monthly methods that need only arithmetic."""
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
    """The smoothing weight with the lowest squared one-step errors, to three digits."""
    coarse = np.arange(50, 1001, 50) / 1000
    best = 1000 * float(coarse[_least(_levels(sold, coarse)[1])])
    fine = np.arange(max(round(best) - 49, 1), min(round(best) + 50, 1001)) / 1000
    return float(fine[_least(_levels(sold, fine)[1])])


def _least(errors: Floats) -> int:
    """The first of the smallest errors; differences in the last digits count as ties."""
    return int(np.argmin(np.round(errors / max(float(errors.max()), 1e-300), 12)))


def _levels(sold: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """For each weight: the level after the last period, and the sum of squared one-step errors."""
    level, squares = np.full(len(weights), sold[0]), np.zeros(len(weights))
    for value in sold[1:]:
        error = value - level
        squares += error * error
        level = level + weights * error
    return level, squares


def linear_trend(sold: Floats, steps: int) -> Floats:
    return _line(sold, np.arange(len(sold) + steps, dtype=float)[:, None])[len(sold) :]


def linear_season(sold: Floats, steps: int, season: int) -> Floats:
    """On logarithms, so that the seasonal effect is multiplicative."""
    return np.expm1(_line(np.log1p(np.maximum(sold, 0)), _with_season(len(sold) + steps, season))[len(sold) :])


def season_factors(sold: Floats, season: int) -> Floats:
    """Multiplicative seasonal factors by the ratio to the centred moving average; the first belongs to the first period.

    Needs two seasons of an even number of periods.
    """
    around = np.convolve(sold, np.array([0.5, *[1.0] * (season - 1), 0.5]) / season, mode="valid")
    half = season // 2
    ratios = np.divide(sold[half : half + len(around)], around, out=np.ones(len(around)), where=around > 0)
    place = np.arange(half, half + len(around)) % season
    factors = np.array([ratios[place == part].mean() for part in range(season)])
    mean = float(factors.mean())
    return factors / mean if mean > 0 else np.ones(season)


def _with_season(periods: int, season: int) -> Floats:
    """Columns: time, and one indicator per period of the season, which together are the intercept."""
    place = np.arange(periods)
    return np.column_stack([place / season, np.eye(season)[place % season]])


def _line(sold: Floats, columns: Floats) -> Floats:
    """Fitted and extrapolated values of a least-squares line; `columns` has rows for the future periods too."""
    if columns.shape[1] == 1:
        columns = np.column_stack([np.ones(len(columns)), columns])
    weights = np.linalg.lstsq(columns[: len(sold)], sold, rcond=None)[0]
    extrapolated: Floats = columns @ weights
    return extrapolated
