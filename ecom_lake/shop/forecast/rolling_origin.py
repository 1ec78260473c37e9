"""The backtest with a rolling origin: each method forecasts from what was known at an origin; the error is to actual sales.

Here: the origins, the errors, their measures, and the champion. Not here: the methods (methods.py), and prediction intervals
(prediction_intervals.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.shop.forecast.methods import METHODS, NAIVE, Method
from ecom_lake.shop.forecast.sales_series import Floats, Grain, Series
from ecom_lake.statistics.intervals import percentile_interval

LEAST_ORIGINS = 6
"""A method with fewer origins takes no part: its error would be too uncertain."""
_RESAMPLES = 1_000
_LEAST_BLOCKS = 4
"""A bootstrap of fewer blocks would state an interval that is far too narrow."""
_TIE = 0.01
"""Relative difference of two scores that counts as a tie; smoothing and the equivalent SARIMAX differ by less."""


@dataclass(frozen=True)
class Backtest:
    """One method: a row per origin (the number of known periods), a column per step; NaN where the actual value is unknown."""

    origins: tuple[int, ...]
    forecast: Floats
    actual: Floats

    @property
    def error(self) -> Floats:
        return self.forecast - self.actual

    def at(self, origins: Sequence[int]) -> Backtest:
        rows = [self.origins.index(origin) for origin in origins]
        return Backtest(tuple(origins), self.forecast[rows], self.actual[rows])


def origins_of(series: Series, least: int) -> tuple[int, ...]:
    """In ascending order; at least one actual period follows the last one."""
    grain = series.grain
    latest = range(series.observed - grain.apart, 0, -grain.apart)[: grain.most_origins]
    return tuple(origin for origin in reversed(latest) if origin >= least)


def takes_part(series: Series, method: Method) -> bool:
    return method.name == NAIVE or len(origins_of(series, method.least)) >= LEAST_ORIGINS


def roll(series: Series, method: Method, steps: int) -> Backtest:
    origins = origins_of(series, method.least)
    actual = actual_after(series, origins, steps)
    forecast = np.array([method(series.values[:origin], steps) for origin in origins]).reshape(len(origins), steps)
    return Backtest(origins, np.where(np.isnan(actual), np.nan, forecast), actual)


def actual_after(series: Series, origins: Sequence[int], steps: int) -> Floats:
    padded = np.concatenate([series.values[: series.observed], np.full(steps, np.nan)])
    return np.array([padded[origin : origin + steps] for origin in origins]).reshape(len(origins), steps)


def common_origins(tests: Mapping[str, Backtest]) -> tuple[int, ...]:
    """The origins at which every method was tested, so that the scores are comparable."""
    shared = set.intersection(*(set(test.origins) for test in tests.values()))
    return tuple(sorted(shared))


def scaled_errors(test: Backtest, series: Series) -> Floats:
    """At each origin: the mean absolute error, divided by the in-sample error of the (seasonal) naive forecast."""
    errors = np.nanmean(np.abs(test.error), axis=1) if test.origins else np.zeros(0)
    scales = np.array([_naive_error(series.values[:origin], series.grain) for origin in test.origins])
    scales = np.where(scales > 0, scales, _naive_error(series.values, series.grain))
    scaled: Floats = np.divide(errors, scales, out=np.full(len(errors), np.nan), where=scales > 0)
    return scaled


def mase(test: Backtest, series: Series) -> float | None:
    """Mean absolute scaled error; None where sales never changed, so that there is no scale."""
    each = scaled_errors(test, series)
    return round(float(each.mean()), 6) if len(each) and not np.isnan(each).any() else None


def mape(test: Backtest) -> float | None:
    sold = test.actual > 0
    return round(float(np.mean(np.abs(test.error[sold]) / test.actual[sold])), 6) if sold.any() else None


def _naive_error(known: Floats, grain: Grain) -> float:
    lag = grain.season if len(known) >= grain.seasonal_from else 1
    return float(np.abs(known[lag:] - known[:-lag]).mean()) if len(known) > lag else 0.0


def champion(scores: Mapping[str, float | None]) -> str:
    """The simplest of the methods whose MASE is the lowest or tied with it; without a MASE, the simplest of all."""
    known = {name: score for name, score in scores.items() if score is not None}
    tied = (1 + _TIE) * min(known.values()) if known else np.inf
    return next(name for name in METHODS if name in scores and known.get(name, 0.0) <= tied)


def overlapping(grain: Grain, steps: int) -> int:
    """The number of consecutive origins whose forecasts share periods, so that their errors depend on each other."""
    return -(-steps // grain.apart)


def interval(each: Floats, block: int, seed: int) -> tuple[float, float] | tuple[None, None]:
    """The 95% interval of the mean over the origins, by a bootstrap of blocks of so many consecutive origins, the first
    following the last; None where there are too few origins."""
    if len(each) < max(LEAST_ORIGINS, _LEAST_BLOCKS * block) or np.isnan(each).any():
        return None, None
    starts = np.random.default_rng(seed).integers(0, len(each), (_RESAMPLES, -(-len(each) // block)))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(_RESAMPLES, -1)[:, : len(each)] % len(each)
    low, high = percentile_interval(each[drawn].mean(axis=1))
    return round(low, 6), round(high, 6)
