"""The end of an export with incomplete trading: the last day of full trading, and the estimated sales of incomplete months.

Days and months share one definition: the last day of full trading is the day before the run of low days at the end. Methods are
not fitted on days after it. A month that holds such days is completed with their forecast by exponential smoothing; methods are
fitted on the completed month, but no forecast is tested against it. docs/decisions/0020-proven-horizons.md has the measurements.
Not here: forecasts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from ecom_lake.shop.forecast.methods import Method, exponential_smoothing
from ecom_lake.shop.forecast.sales_series import DAYS, MONTHS, Floats, Sales, Series, in_cents
from ecom_lake.shop.forecast.scale_to_total import fitted_to
from ecom_lake.shop.forecast.weekly_pattern import LEAST_DAYS, by_day

_FADED_DAYS, _WATCHED_DAYS, _USUAL_DAYS = range(7, 28), 28, 56


def faded_days(sold: Floats) -> int:
    """The number of days at the end that each sold less than half of the usual sales of their weekday in the two months before.

    Most likely their orders have not been exported yet. Fewer than a week of low days may be chance, and four weeks or more a
    shop that has shrunk: then the number is 0.
    """
    if len(sold) < _WATCHED_DAYS + _USUAL_DAYS:
        return 0
    usual = np.median(sold[-_WATCHED_DAYS - _USUAL_DAYS : -_WATCHED_DAYS].reshape(-1, DAYS.season), axis=0)
    low = sold[-_WATCHED_DAYS:] < usual[np.arange(_WATCHED_DAYS) % DAYS.season] / 2
    faded = _WATCHED_DAYS if low.all() else int(np.argmin(low[::-1]))
    return faded if faded in _FADED_DAYS else 0


def without_fade_out(sales: Sales) -> Sales:
    """Only the days of full trading, with months and categories completed as if trading had continued."""
    if sales.months is None or sales.days is None or not (faded := faded_days(sales.days.values)):
        return sales
    full = sales.days.until(len(sales.days) - faded)
    smoothing = Method("", LEAST_DAYS, by_day(full.first, exponential_smoothing))
    days = np.concatenate([full.values, smoothing(full.values, faded)])
    places = [place for place in range(len(sales.months)) if sales.months.period(place + 1) > full.period(len(full))]
    starts = [[(sales.months.period(place + i) - full.first).days for i in (0, 1)] for place in places]
    whole = in_cents(np.array([days[start:end].sum() for start, end in starts]))
    return replace(
        sales,
        days=full,
        faded=faded,
        months=_completed(sales.months, places, whole),
        categories=_categories(sales.categories, places, whole),
    )


def _completed(series: Series, places: list[int], values: Floats) -> Series:
    completed = series.values.copy()
    completed[places] = values
    return replace(series, values=completed, completed=len(places))


def _categories(categories: tuple[Series, ...], places: list[int], whole: Floats) -> tuple[Series, ...]:
    """Each category is completed in proportion; to the cent, the categories add up to the completed months."""
    if not categories or not places:
        return categories
    sold = np.array([series.values for series in categories])
    parts = fitted_to(whole, sold[:, places], sold[:, -MONTHS.level :].sum(axis=1), [series.name for series in categories])
    return tuple(_completed(series, places, of) for series, of in zip(categories, parts, strict=True))


def last_full_day(days: Series) -> str:
    return (days.first + timedelta(days=len(days) - 1)).isoformat()
