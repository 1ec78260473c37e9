from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ecom_lake.shop.forecast.methods import Method, linear_season, linear_trend, seasonal_naive
from ecom_lake.shop.forecast.rolling_origin import mase, roll
from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, Series
from ecom_lake.shop.forecast.sarimax import BY_DAY, BY_MONTH, BY_MONTH_OF_YEAR, Order, choose, estimate, sarimax


@pytest.fixture(scope="module")
def passengers() -> Floats:
    """The airline passengers of Box and Jenkins, 1949 to 1960: a file of 144 numbers, one per line or separated by commas."""
    file = os.environ.get("ECOM_LAKE_AIRPASSENGERS")
    if not file:
        pytest.skip("set ECOM_LAKE_AIRPASSENGERS to a file of the 144 monthly numbers of airline passengers")
    numbers = np.array(Path(file).read_text(encoding="utf-8").replace(",", " ").split(), dtype=float)
    assert (len(numbers), numbers[0], numbers[-1], numbers.sum()) == (144, 112, 432, 40363)
    return numbers


def test_airline_passengers_have_the_estimates_of_r(passengers: Floats) -> None:
    found = estimate(passengers, 0, Order(2, 1, 1, 0, 1, 0, 12, logs=False))
    ar_1, ar_2, ma_1 = found.coefficients.values()
    assert (ar_1, ar_2, ma_1) == pytest.approx((0.5960, 0.2143, -0.9819), abs=1e-4)
    assert found.log_likelihood == pytest.approx(-504.92, abs=0.005)
    assert found.aic == pytest.approx(1017.85, abs=0.005)


def test_the_airline_model_is_best_for_proportional_seasonality(passengers: Floats) -> None:
    """The ranking of the methods over the last six years, with forecasts one year ahead."""
    airline = Order(0, 1, 1, 0, 1, 1, 12)
    assert choose(passengers, BY_MONTH_OF_YEAR) == airline
    series = Series("passengers", MONTHS, date(1949, 1, 1), passengers)
    methods = (
        Method("airline", 60, lambda sold, steps: sarimax(sold, steps, airline)),
        Method("trend and season", 60, lambda sold, steps: linear_season(sold, steps, 12)),
        Method("seasonal naive", 60, lambda sold, steps: seasonal_naive(sold, steps, 12)),
        Method("trend", 60, linear_trend),
    )
    yearly = [72, 84, 96, 108, 120, 132]
    tests = [roll(series, method, 12) for method in methods]
    scores = [mase(test.at([origin for origin in yearly if origin in test.origins]), series) for test in tests]
    assert scores == sorted(scores, key=lambda score: score or 0.0)


@pytest.mark.parametrize("order", [*BY_MONTH, *BY_DAY, *BY_MONTH_OF_YEAR], ids=str)
def test_an_order_is_parsed_as_it_is_written(order: Order) -> None:
    assert Order.read(str(order)) == order
    assert Order.read(f"{order}!") is None


@pytest.mark.parametrize("order", [BY_MONTH[0], BY_MONTH_OF_YEAR[0], BY_MONTH[4], BY_MONTH_OF_YEAR[4]], ids=str)
def test_constant_growth_continues(order: Order) -> None:
    """A straight line in sales, or in their logarithms, with the same increase every year."""
    line = 100.0 + 5.0 * np.arange(40.0)
    sold = np.asarray(np.expm1(line / 100) if order.logs else line, dtype=np.float64)
    wanted = 100.0 + 5.0 * np.arange(40, 43)
    assert sarimax(sold, 3, order) == pytest.approx(np.expm1(wanted / 100) if order.logs else wanted)


def test_a_planted_moving_average_is_estimated() -> None:
    shocks = np.random.default_rng(4).normal(0, 10, 1_200)
    sold = 5_000 + np.cumsum(shocks[1:] - 0.6 * shocks[:-1])
    found = estimate(sold, 2, Order(0, 1, 1, logs=False))
    assert found.coefficients["ma.L1"] == pytest.approx(-0.6, abs=0.05)
    assert found.forecast[0] == found.forecast[1], "a random walk without drift has a constant forecast"
    assert choose(sold, BY_MONTH) == Order(0, 1, 1, logs=False)


def test_multiplicative_and_additive_seasonality_are_distinguished() -> None:
    rng = np.random.default_rng(2)
    proportions = 100 * np.exp(np.cumsum(rng.normal(0.02, 0.1, 120)))
    amounts = 2_000 + np.cumsum(rng.normal(300, 300, 120))
    assert [order and order.logs for order in (choose(proportions, BY_MONTH), choose(amounts, BY_MONTH))] == [True, False]


@pytest.mark.parametrize("sold", [np.full(30, 7.0), np.zeros(30), np.ones(4)], ids=["constant", "nothing", "short"])
def test_where_there_is_nothing_to_estimate_no_order_is_chosen(sold: Floats) -> None:
    assert choose(sold, BY_MONTH) is None
