"""Prediction intervals of a sales forecast, and how often they contained the actual sales in the backtest.

Errors are relative to the recent level of sales, so that intervals grow with the shop. Not here: the forecasts and their
errors (rolling_origin.py), and the method (statistics/conformal.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecom_lake.shop.forecast.rolling_origin import Backtest
from ecom_lake.shop.forecast.sales_series import Floats, Series, in_cents
from ecom_lake.statistics.conformal import observed_coverage, radii

SHARES = (0.8, 0.95)


@dataclass(frozen=True)
class Band:
    """NaN where there were too few errors."""

    low: Floats
    high: Floats


def band(forecast: Floats, series: Series, test: Backtest, share: float) -> Band:
    """The interval around the current forecast, from all errors that are known."""
    radius: Floats = radii(relative_errors(test, series), share) * level(series, len(series))
    return Band(in_cents(np.maximum(forecast - radius, 0.0)), in_cents(forecast + radius))


def held(test: Backtest, series: Series, share: float) -> Floats:
    """At each origin that had an interval: the share of the periods whose sales lay inside it."""
    return observed_coverage(relative_errors(test, series), test.origins, share)


def relative_errors(test: Backtest, series: Series) -> Floats:
    levels = np.array([level(series, origin) for origin in test.origins])
    errors: Floats = np.abs(test.error) / levels[:, None]
    return errors


def level(series: Series, known: int) -> float:
    """Mean sales of the most recent periods; 1 where there were none."""
    recent = float(series.values[max(known - series.grain.level, 0) : known].mean())
    return recent if recent > 0 else 1.0
