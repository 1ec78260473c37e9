"""How good a method would have been: again and again it learns from what was known at an origin, and is held against what came.

Here: the origins, the errors, their measures, and the champion. Not here: methods (forecasters.py), intervals (conformal.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.shop.forecast.methods import METHODS, NAIVE, Method
from ecom_lake.shop.forecast.sales_series import Floats, Grain, Series
from ecom_lake.statistics.intervals import percentile_interval

LEAST_ORIGINS = 6
"""Fewer tests than these tell nothing: a method that leaves fewer takes no part."""
_RESAMPLES = 1_000
_ALIKE = 0.01
"""Smoothing and the SARIMAX that is the same thing differ by less than this in how they begin."""


@dataclass(frozen=True)
class Backtest:
    """One method: a row for each origin (how many periods were known), a column for each step; NaN where nothing came yet."""

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
    """From the earliest to the latest, after which at least one period is known."""
    grain = series.grain
    latest = range(series.observed - grain.apart, 0, -grain.apart)[: grain.most_origins]
    return tuple(origin for origin in reversed(latest) if origin >= least)


def takes_part(series: Series, method: Method) -> bool:
    return method.name == NAIVE or len(origins_of(series, method.least)) >= LEAST_ORIGINS


def roll(series: Series, method: Method, steps: int) -> Backtest:
    origins = origins_of(series, method.least)
    came = came_after(series, origins, steps)
    forecast = np.array([method(series.values[:origin], steps) for origin in origins]).reshape(len(origins), steps)
    return Backtest(origins, np.where(np.isnan(came), np.nan, forecast), came)


def came_after(series: Series, origins: Sequence[int], steps: int) -> Floats:
    padded = np.concatenate([series.values[: series.observed], np.full(steps, np.nan)])
    return np.array([padded[origin : origin + steps] for origin in origins]).reshape(len(origins), steps)


def common_origins(tests: Mapping[str, Backtest]) -> tuple[int, ...]:
    """At which every method was tested: only there they compare."""
    shared = set.intersection(*(set(test.origins) for test in tests.values()))
    return tuple(sorted(shared))


def scaled_errors(test: Backtest, series: Series) -> Floats:
    """At each origin: the mean miss, in units of what the (seasonal) naive guess missed by in what was known then."""
    misses = np.nanmean(np.abs(test.error), axis=1) if test.origins else np.zeros(0)
    scales = np.array([_naive_miss(series.values[:origin], series.grain) for origin in test.origins])
    scales = np.where(scales > 0, scales, _naive_miss(series.values, series.grain))
    errors: Floats = np.divide(misses, scales, out=np.full(len(misses), np.nan), where=scales > 0)
    return errors


def mase(test: Backtest, series: Series) -> float | None:
    """None where sales never changed: there is nothing to measure by."""
    each = scaled_errors(test, series)
    return round(float(each.mean()), 6) if len(each) and not np.isnan(each).any() else None


def mape(test: Backtest) -> float | None:
    sold = test.actual > 0
    return round(float(np.mean(np.abs(test.error[sold]) / test.actual[sold])), 6) if sold.any() else None


def _naive_miss(known: Floats, grain: Grain) -> float:
    lag = grain.season if len(known) >= grain.seasonal_from else 1
    return float(np.abs(known[lag:] - known[:-lag]).mean()) if len(known) > lag else 0.0


def champion(scores: Mapping[str, float | None]) -> str:
    """The simplest of those whose MASE is the least, or next to it; where there is none, the simplest of all."""
    known = {name: score for name, score in scores.items() if score is not None}
    alike = (1 + _ALIKE) * min(known.values()) if known else np.inf
    return next(name for name in METHODS if name in scores and known.get(name, 0.0) <= alike)


def interval(each: Floats, seed: int) -> tuple[float, float] | tuple[None, None]:
    """95% of what the mean over the origins might have been, had others of their kind been drawn; None of too few."""
    if len(each) < LEAST_ORIGINS or np.isnan(each).any():
        return None, None
    drawn = np.random.default_rng(seed).integers(0, len(each), (_RESAMPLES, len(each)))
    low, high = percentile_interval(each[drawn].mean(axis=1))
    return round(low, 6), round(high, 6)
