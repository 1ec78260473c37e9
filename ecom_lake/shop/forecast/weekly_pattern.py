"""Daily sales: the weekday factors, peaks such as Black Friday, and the daily methods, which remove both and add them back.

Not here: the methods that are applied to the adjusted days (methods.py, sarimax.py).
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from ecom_lake.shop.forecast.methods import LINEAR, NAIVE, SARIMAX, SEASONAL_NAIVE, SES, Ahead, Method, exponential_smoothing
from ecom_lake.shop.forecast.methods import naive as last_day
from ecom_lake.shop.forecast.methods import seasonal_naive as last_week
from ecom_lake.shop.forecast.sales_series import DAYS, Floats, Series
from ecom_lake.shop.forecast.sarimax import Order, sarimax

WEEK = DAYS.season
LEAST_DAYS = 8 * WEEK
RECENT_DAYS = 52 * WEEK
"""SARIMAX is fitted on at most so many days: more cost time and do not improve the forecast."""
_RECENT = 26 * WEEK
"""The weekday factors are those of the last half year: habits change."""
_NEIGHBOURS = [-28, -21, -14, -7, 7, 14, 21, 28]
_PEAK_TIMES, _PEAK_DEVIATIONS = 2.0, 6.0
"""A peak is above so many times the median of the same weekday around it, and above it by so many deviations."""
_MAD_TO_STANDARD_DEVIATION = 1.4826
_AFTER_BLACK_FRIDAY = 4
"""Black Friday is a long weekend, up to its Monday."""


def methods_by_day(first: date, order: Order | None) -> tuple[Method, ...]:
    """The methods of a daily series that starts on the given day; SARIMAX where its order has been chosen."""
    methods = [
        Method(NAIVE, 1, last_day),
        Method(SEASONAL_NAIVE, DAYS.seasonal_from, lambda sold, steps: last_week(sold, steps, WEEK)),
        Method(SES, LEAST_DAYS, by_day(first, exponential_smoothing)),
        Method(LINEAR, LEAST_DAYS, _linear_by_day(first)),
    ]
    if order is not None:
        methods.append(Method(SARIMAX, LEAST_DAYS, by_day(first, lambda sold, steps: sarimax(sold[-RECENT_DAYS:], steps, order))))
    return tuple(methods)


def without_week(sold: Floats, first: date) -> Floats:
    """Daily sales without weekday factors and peaks; weekdays without any sales are left out."""
    usual, _ = without_peaks(sold, first)
    factor = weekday_factors(usual)[np.arange(len(usual)) % WEEK]
    open_days = factor > 0
    return usual[open_days] / factor[open_days] if open_days.any() else usual


def weekday_factors(usual: Floats) -> Floats:
    """The factor of each weekday relative to the mean; the first belongs to the weekday of the series' first day."""
    recent = np.arange(max(len(usual) - _RECENT, 0), len(usual))
    means = np.array([usual[recent[recent % WEEK == place]].mean() for place in range(WEEK)])
    level = float(means.mean())
    factors: Floats = np.round(np.maximum(means, 0) / level, 6) if level > 0 else np.ones(WEEK)
    return factors


def week(days: Series) -> Floats:
    """The factor of each weekday relative to the mean, from Monday on."""
    return np.roll(weekday_factors(without_peaks(days.values, days.first)[0]), days.first.weekday())


def without_peaks(sold: Floats, first: date) -> tuple[Floats, dict[int, float]]:
    """Daily sales with peaks replaced by the median around them; and the factor of each Black Friday day over that median."""
    around = np.full((len(_NEIGHBOURS), len(sold)), np.nan)
    for row, shift in enumerate(_NEIGHBOURS):
        into, out_of = slice(max(-shift, 0), len(sold) - max(shift, 0)), slice(max(shift, 0), len(sold) - max(-shift, 0))
        around[row, into] = sold[out_of]
    middle = np.nanmedian(around, axis=0)
    deviation = _MAD_TO_STANDARD_DEVIATION * np.nanmedian(np.abs(around - middle), axis=0)
    is_peak = (middle > 0) & (sold > _PEAK_TIMES * middle) & (sold > middle + _PEAK_DEVIATIONS * deviation)
    times: dict[int, list[float]] = {}
    for place in np.flatnonzero(is_peak):
        if (since := days_since_black_friday(first + timedelta(days=int(place)))) is not None:
            times.setdefault(since, []).append(float(sold[place] / middle[place]))
    return np.where(is_peak, middle, sold), {since: float(np.median(of)) for since, of in times.items()}


def days_since_black_friday(day: date) -> int | None:
    """0 on the Friday after the fourth Thursday of November, up to 3 on the Monday; None on any other day."""
    begins = date(day.year, 11, 1)
    fourth_thursday = begins + timedelta(days=(3 - begins.weekday()) % WEEK + 21)
    since = (day - fourth_thursday).days - 1
    return since if 0 <= since < _AFTER_BLACK_FRIDAY else None


def by_day(first: date, level: Ahead) -> Ahead:
    def ahead(sold: Floats, steps: int) -> Floats:
        usual, peaks = without_peaks(sold, first)
        factors = weekday_factors(usual)[_places(sold, steps) % WEEK]
        return level(without_week(sold, first), steps) * factors * _peaks(first, sold, steps, peaks)

    return ahead


def _linear_by_day(first: date) -> Ahead:
    """A linear trend with a level for each weekday."""

    def ahead(sold: Floats, steps: int) -> Floats:
        usual, peaks = without_peaks(sold, first)
        place = np.arange(len(sold) + steps)
        columns = np.column_stack([place / len(sold), np.eye(WEEK)[place % WEEK]])
        weights = np.linalg.lstsq(columns[: len(sold)], usual, rcond=None)[0]
        extrapolated: Floats = columns[len(sold) :] @ weights * _peaks(first, sold, steps, peaks)
        return extrapolated

    return ahead


def _places(sold: Floats, steps: int) -> npt.NDArray[np.int64]:
    return np.arange(len(sold), len(sold) + steps)


def _peaks(first: date, sold: Floats, steps: int, peaks: dict[int, float]) -> Floats:
    days = [first + timedelta(days=int(place)) for place in _places(sold, steps)]
    since = [days_since_black_friday(day) for day in days]
    return np.array([1.0 if of is None else peaks.get(of, 1.0) for of in since])
