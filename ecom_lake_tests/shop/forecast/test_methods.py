from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ecom_lake.shop.forecast.methods import (
    LINEAR,
    LINEAR_SEASON,
    NAIVE,
    SEASONAL_NAIVE,
    SES,
    exponential_smoothing,
    season_factors,
    simple_methods,
    smoothing,
)
from ecom_lake.shop.forecast.prophet_method import prophet_by_month
from ecom_lake_tests.builders.daily_sales import noise

METHODS = {method.name: method for method in simple_methods()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (NAIVE, [240, 240, 240]),
        (SEASONAL_NAIVE, [130, 140, 150]),
        (SES, [240, 240, 240]),
        (LINEAR, [250, 260, 270]),
    ],
)
def test_each_method_forecasts_a_straight_line(name: str, expected: list[float]) -> None:
    """24 months that rise by 10 each: smoothing repeats the last month, the trend continues."""
    assert METHODS[name](np.arange(10.0, 250.0, 10.0), 3).tolist() == expected


def test_seasonality_and_proportional_growth_continue() -> None:
    season = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 0.5])
    sold = 1e6 * 1.02 ** np.arange(39) * np.tile(season, 4)[:39]
    assert METHODS[LINEAR_SEASON](sold[:36], 3) == pytest.approx(sold[36:], rel=1e-4)
    assert season_factors(sold[:36], 12) == pytest.approx(season / season.mean(), rel=0.03)
    assert season_factors(np.tile(season, 2), 12) == pytest.approx(season / season.mean())


def test_smoothing_has_the_hand_computed_value() -> None:
    """Half of each error: 10, then (10+20)/2 = 15, then (15+10)/2 = 12.5. The weight is optimized to three digits."""
    assert exponential_smoothing(np.array([10.0, 10.0, 10.0]), 2).tolist() == [10, 10]
    sold = 100 * noise(60, 0.3)
    weights = np.arange(1, 1001) / 1000
    squares = []
    for weight in weights:
        level, total = sold[0], 0.0
        for value in sold[1:]:
            total += (value - level) ** 2
            level += weight * (value - level)
        squares.append(total)
    assert smoothing(sold) == weights[int(np.argmin(squares))]


def test_smoothing_agrees_with_statsmodels() -> None:
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    sold = 1_000 + np.cumsum(np.random.default_rng(3).normal(0, 20, 80)) + np.random.default_rng(5).normal(0, 30, 80)
    model = SimpleExpSmoothing(sold, initialization_method="known", initial_level=sold[0])
    weight = float(model.fit().params["smoothing_level"])
    assert smoothing(sold) == pytest.approx(weight, abs=0.002)
    assert exponential_smoothing(sold, 1)[0] == pytest.approx(model.fit(weight, optimized=False).forecast(1)[0], rel=1e-3)


def test_no_forecast_is_negative_or_implausibly_high() -> None:
    assert METHODS[LINEAR](np.array([900.0, 600.0, 300.0, 30.0]), 3).tolist() == [0, 0, 0]
    soaring = METHODS[LINEAR_SEASON](10.0 ** (np.arange(24) / 2), 30)
    assert soaring.max() == pytest.approx(10 * 10**11.5)


def test_negative_months_are_accepted() -> None:
    sold = np.tile([50.0, -20.0, 30.0], 9)
    assert all((method(sold, 3) >= 0).all() for method in METHODS.values())
    assert METHODS[NAIVE](np.array([-5.0]), 2).tolist() == [0, 0]


def test_prophet_finds_a_season_where_it_is_installed() -> None:
    pytest.importorskip("prophet", reason="Prophet is an extra")
    sold = 1_000 * np.tile([1.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1.5], 4)
    assert prophet_by_month(date(2020, 1, 1))(sold[:46], 2) == pytest.approx(sold[46:], rel=0.05)
