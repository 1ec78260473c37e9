from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ecom_lake.shop.forecast.methods import LINEAR, NAIVE, SES, Method, naive
from ecom_lake.shop.forecast.rolling_origin import (
    champion,
    common_origins,
    interval,
    mape,
    mase,
    origins_of,
    overlapping,
    roll,
    takes_part,
)
from ecom_lake.shop.forecast.sales_series import DAYS, MONTHS, Floats, Series

NAIVELY = Method(NAIVE, 1, naive)


def months(*sold: float) -> Series:
    return Series("total", MONTHS, date(2020, 11, 1), np.array(sold, dtype=float))


def test_errors_have_the_hand_computed_values() -> None:
    """Sales 10, 20, 40, 30. The forecast is 10 after one month, 20 after two, 40 after three."""
    series = months(10, 20, 40, 30)
    test = roll(series, NAIVELY, 2)
    assert test.origins == (1, 2, 3)
    assert test.forecast.tolist()[:2] == [[10, 10], [20, 20]]
    np.testing.assert_array_equal(test.error, [[-10, -30], [-20, -10], [10, np.nan]])
    # After one month no past error is known, so the scale is the mean of all: (10 + 20 + 10) / 3. Then 10, then 15.
    assert mase(test, series) == pytest.approx(np.mean([20 / (40 / 3), 15 / 10, 10 / 15]), abs=1e-6)
    assert mape(test) == pytest.approx(np.mean([10 / 20, 30 / 40, 20 / 40, 10 / 30, 10 / 30]), abs=1e-6)


def test_no_method_gets_data_after_the_origin() -> None:
    """Every method gets the sales up to the origin only."""
    series, given = months(*range(1, 21)), []

    def spy(sold: Floats, steps: int) -> Floats:
        given.append(sold.copy())
        return naive(sold, steps)

    test = roll(series, Method("spy", 5, spy), 3)
    assert [len(sold) for sold in given] == list(test.origins) == list(range(5, 20))
    assert all(sold[-1] == origin for sold, origin in zip(given, test.origins, strict=True))


def test_errors_are_scaled_by_the_seasonal_forecast_after_two_years() -> None:
    """Months that repeat each year: the seasonal forecast has no error, so the mean error of all months is the scale."""
    yearly = list(range(10, 130, 10))
    assert mase(roll(months(*yearly, *yearly, 17), Method(NAIVE, 24, naive), 1), months(*yearly, *yearly, 17)) == pytest.approx(
        (120 - 17) / (7 / 13), abs=1e-5
    )


def test_daily_origins_are_a_week_apart() -> None:
    days = Series("total", DAYS, date(2020, 1, 1), np.ones(100))
    assert origins_of(days, 56) == (58, 65, 72, 79, 86, 93)
    assert len(origins_of(Series("total", DAYS, date(2020, 1, 1), np.ones(2_000)), 56)) == DAYS.most_origins
    assert [days.period(31), months(1).period(2)] == [date(2020, 2, 1), date(2021, 1, 1)]


def test_a_method_with_too_few_tests_is_not_compared() -> None:
    series = months(*range(1, 10))
    assert [takes_part(series, Method("some", least, naive)) for least in (3, 4)] == [True, False]
    assert takes_part(months(1, 2), NAIVELY)


def test_methods_are_compared_at_the_origins_that_all_of_them_have() -> None:
    series = months(*range(1, 10))
    tests = {name: roll(series, Method(name, least, naive), 1) for name, least in ((NAIVE, 1), (SES, 3), (LINEAR, 4))}
    assert [test.origins[0] for test in tests.values()] == [1, 3, 4]
    assert common_origins(tests) == (4, 5, 6, 7, 8)


def test_the_champion_has_the_smallest_error_and_ties_go_to_the_simplest() -> None:
    assert champion({LINEAR: 0.5, SES: 0.7, NAIVE: 0.7}) == LINEAR
    assert champion({LINEAR: 0.7, SES: 0.7, NAIVE: 0.8}) == SES
    assert champion({LINEAR: 0.7, SES: 0.706, NAIVE: 0.708}) == SES, "a difference of 1% is a tie"
    assert champion({SES: None, NAIVE: None}) == NAIVE


def test_constant_sales_have_no_scaled_error() -> None:
    series = months(*[5] * 8)
    assert mase(roll(series, NAIVELY, 2), series) is None
    assert mape(roll(months(*[0] * 8), NAIVELY, 2)) is None


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    """With many observations, it is 1.96 standard errors wide on each side."""
    each = np.random.default_rng(1).normal(3, 1, 400)
    low, high = interval(each, 1, seed=0)
    assert (low, high) == pytest.approx((each.mean() - 0.098, each.mean() + 0.098), abs=0.02)
    assert interval(each, 1, 0) == (low, high)
    assert interval(each[:5], 1, 0) == (None, None)


def test_forecasts_that_share_periods_are_in_one_block() -> None:
    """Three months ahead from each month: three origins in a row. 92 days ahead from each week: 14."""
    assert [overlapping(MONTHS, steps) for steps in (1, 3)] == [1, 3]
    assert [overlapping(DAYS, steps) for steps in (7, 8, 28, 92)] == [1, 2, 4, 14]


def test_blocks_widen_the_interval_of_errors_that_depend_on_each_other() -> None:
    """100 values, each four times in a row, are 100 observations: an interval of 400 has half the width. Where blocks of four
    begin within a run, their mean varies by .69 of its variance, so that the interval is 1.66 times as wide."""
    each = np.repeat(np.random.default_rng(2).normal(3, 1, 100), 4)
    (low, high), (low_alone, high_alone) = interval(each, 4, seed=0), interval(each, 1, seed=0)
    assert low is not None and high is not None and low_alone is not None and high_alone is not None
    assert (high - low) / (high_alone - low_alone) == pytest.approx(1.66, abs=0.3)


def test_fewer_than_four_blocks_have_no_interval() -> None:
    each = np.random.default_rng(3).normal(3, 1, 40)
    assert interval(each, 10, 0) != (None, None)
    assert interval(each, 11, 0) == (None, None)
    assert interval(each, overlapping(DAYS, 92), 0) == (None, None)


@pytest.mark.parametrize(("origins", "steps", "most"), [(24, 3, 0.10), (40, 28, 0.10), (24, 1, 0.06)])
def test_equal_methods_are_seldom_called_different(origins: int, steps: int, most: float) -> None:
    """The difference of two equal methods: each origin's is the mean over its steps, which it shares with the next origins."""
    grain = MONTHS if steps < 4 else DAYS
    rng, certain = np.random.default_rng(4), 0
    for seed in range(500):
        noise = rng.normal(size=origins * grain.apart + steps)
        each = np.array([noise[origin * grain.apart :][:steps].mean() for origin in range(origins)])
        _, high = interval(each, overlapping(grain, steps), seed)
        assert high is not None
        certain += high < 0
    assert certain / 500 <= most
