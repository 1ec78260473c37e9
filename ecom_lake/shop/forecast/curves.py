"""The charts of the sales forecast: actual and forecast sales, the backtest, and the weekly and yearly pattern.

Not here: the numbers (sales_forecast_model.py and the modules it uses), and the drawing (publish/pages).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecom_lake.engine.contracts.fitted import Curve, Point
from ecom_lake.shop.forecast.contest import Contest
from ecom_lake.shop.forecast.methods import season_factors
from ecom_lake.shop.forecast.sales_series import DAYS, MONTHS, Floats, Series
from ecom_lake.shop.forecast.weekly_pattern import week

_SHOWN = {MONTHS: 36, DAYS: 56}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YEAR = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def curves(months: Contest, days: Contest, faded: int) -> list[Curve]:
    drawn = [*_forecast("forecast", months, 0), *_forecast("forecast by day", days, faded)]
    drawn += [*_backtest("backtest", months), *_backtest("backtest by day", days)]
    drawn.append(_season("week", week(days.series), _WEEKDAYS))
    if len(months.series) >= MONTHS.seasonal_from:
        drawn.append(_season("year", year(months.series), _YEAR))
    return drawn


def year(months: Series) -> Floats:
    """The seasonal factor of each month of the year, from January on."""
    return np.roll(season_factors(months.values, MONTHS.season), months.first.month - 1)


def _forecast(name: str, found: Contest, skipped: int) -> Iterator[Curve]:
    series, places = found.series, range(max(len(found.series) - _SHOWN[found.series.grain], 0), found.series.observed)
    yield Curve(name, "net sales", [_point(series, place, series.values[place]) for place in places])
    forecast, band = found.expected[found.champion], found.bands(found.champion)[0]
    ahead = [
        _point(series, len(series) + step, forecast[step], band.low[step], band.high[step])
        for step in range(skipped, len(forecast))
    ]
    yield Curve(name, found.champion, ahead)


def _backtest(name: str, found: Contest) -> Iterator[Curve]:
    """One-step forecasts, which every origin has."""
    series = found.series
    yield Curve(name, "net sales", [_point(series, origin, series.values[origin]) for origin in found.origins])
    for method, test in found.tests.items():
        one_step = test.at(found.origins).forecast[:, 0]
        yield Curve(name, method, [_point(series, origin, of) for origin, of in zip(found.origins, one_step, strict=True)])


def _point(series: Series, place: int, value: float, low: float = np.nan, high: float = np.nan) -> Point:
    period = series.period(place)
    label = f"{period:%Y-%m}" if series.grain is MONTHS else f"{period:%m-%d}"
    return Point(float(place), float(value), _known(low), _known(high), label)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _season(name: str, factors: Floats, labels: tuple[str, ...]) -> Curve:
    points = [Point(float(i), float(of), label=label) for i, (of, label) in enumerate(zip(factors, labels, strict=True), 1)]
    return Curve(name, "relative to the mean", points)
