from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ecom_lake.shop.forecast.fade_out import faded_days
from ecom_lake.shop.forecast.methods import LINEAR, NAIVE, SEASONAL_NAIVE, SES
from ecom_lake.shop.forecast.sales_series import DAYS, Floats, Series
from ecom_lake.shop.forecast.sarimax import BY_DAY
from ecom_lake.shop.forecast.weekly_pattern import days_since_black_friday, methods_by_day, week, without_peaks, without_week
from ecom_lake_tests.builders.daily_sales import noise

FIRST = date(2020, 1, 1)
WEEK = np.array([1.4, 1.2, 1.0, 1.0, 0.9, 0.5, 1.0])
"""Starts on Wednesday, the weekday of 1 January 2020."""


def weeks(days: int, level: float = 1_000.0) -> Floats:
    return level * WEEK[np.arange(days) % 7]


def ahead(sold: Floats, steps: int) -> dict[str, Floats]:
    return {method.name: method(sold, steps) for method in methods_by_day(FIRST, BY_DAY[0])}


def test_the_weekly_pattern_continues() -> None:
    sold = weeks(203)
    for name, forecast in ahead(sold[:200], 3).items():
        assert forecast == pytest.approx([sold[199]] * 3 if name == NAIVE else sold[200:], rel=1e-3), name
    assert week(Series("total", DAYS, FIRST, sold)) == pytest.approx(np.roll(WEEK, 2), abs=1e-5)
    assert without_week(sold, FIRST) == pytest.approx(1_000.0, rel=1e-5)


def test_the_trend_continues_too() -> None:
    sold = weeks(203) + 5.0 * np.arange(203)
    assert ahead(sold[:200], 3)[LINEAR] == pytest.approx(sold[200:], rel=1e-4)


@pytest.mark.parametrize(
    ("day", "since"),
    [("2017-11-24", 0), ("2018-11-23", 0), ("2018-11-30", None), ("2018-11-26", 3), ("2018-11-27", None), ("2018-11-22", None)],
)
def test_black_friday_comes_after_the_fourth_thursday(day: str, since: int | None) -> None:
    assert days_since_black_friday(date.fromisoformat(day)) == since


def test_a_peak_is_not_repeated_but_black_friday_is() -> None:
    """Five times the usual sales on Black Friday 2020, twelve times on a day in May 2021; the next Black Friday is forecast."""
    sold = weeks(2 * 366) * noise(2 * 366, 0.02)
    black, may, next_black = ((date.fromisoformat(day) - FIRST).days for day in ("2020-11-27", "2021-05-12", "2021-11-26"))
    sold[black] *= 5
    sold[may] *= 12
    usual, peaks = without_peaks(sold, FIRST)
    assert usual[[black, may]] == pytest.approx(weeks(len(sold))[[black, may]], rel=0.05)
    assert peaks == {0: pytest.approx(5, rel=0.05)}
    known = next_black - 3
    for name, forecast in ahead(sold[:known], 6).items():
        if name not in (NAIVE, SEASONAL_NAIVE):
            expected = weeks(known + 6)[known:] * [1, 1, 1, 5, 1, 1]
            assert forecast == pytest.approx(expected, rel=0.1), name


def test_noisy_days_are_not_peaks() -> None:
    sold = weeks(400) * noise(400, 0.6)
    usual, _ = without_peaks(sold, FIRST)
    assert (usual != sold).mean() < 0.05


def test_a_weekday_without_sales_is_accepted() -> None:
    closed = weeks(200) * (np.arange(200) % 7 != 5)
    forecast = ahead(closed, 7)
    place = (5 - 200) % 7
    assert all(of[place] < 1 for name, of in forecast.items() if name != NAIVE)
    assert forecast[SES][(place + 1) % 7] == pytest.approx(1_000, rel=1e-3)
    assert all((of == 0).all() for of in ahead(np.zeros(100), 5).values())


@pytest.mark.parametrize(("low", "left_out"), [(0, 0), (6, 0), (7, 7), (27, 27), (28, 0), (100, 0)])
def test_days_that_fade_out_are_left_out(low: int, left_out: int) -> None:
    """A few low days are noise; four weeks of them are a new level."""
    sold = weeks(300)
    sold[300 - low :] *= 0.3
    assert faded_days(sold) == left_out
