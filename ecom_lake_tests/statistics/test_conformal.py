from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ecom_lake.shop.forecast.prediction_intervals import band, held
from ecom_lake.shop.forecast.rolling_origin import Backtest
from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, Series


def steady(periods: int, sold: float = 100.0) -> Series:
    return Series("total", MONTHS, date(2020, 1, 1), np.full(periods, sold))


def missed(misses: Floats, first: int = 1) -> Backtest:
    """A row of errors for each origin, with sales of 100."""
    origins = tuple(range(first, first + len(misses)))
    return Backtest(origins, 100 + misses, np.where(np.isnan(misses), np.nan, 100.0))


def test_the_interval_has_the_hand_computed_bounds() -> None:
    """Errors of 1 to 9: the 80% interval uses the eighth of ten, counting the next one; 95% needs a tenth error."""
    test = missed(np.array([[3], [1], [9], [-2], [4], [-8], [7], [6], [-5.0]]))
    of_80, of_95 = (band(np.array([50.0]), steady(10), test, share) for share in (0.8, 0.95))
    assert (of_80.low[0], of_80.high[0]) == (42, 58)
    assert np.isnan([of_95.low[0], of_95.high[0]]).all()


def test_it_grows_with_sales_and_is_never_negative() -> None:
    test = missed(np.array([[20.0]] * 9))
    grown = Series("total", MONTHS, date(2020, 1, 1), np.concatenate([np.full(9, 100.0), np.full(3, 400.0)]))
    around = band(np.array([50.0]), grown, test, 0.8)
    assert (around.low[0], around.high[0]) == (0, 130)


def test_it_never_narrows_with_the_step() -> None:
    """Radii 10, 30, 20: the last two are averaged to 25."""
    test = missed(np.array([[10.0, 30.0, 20.0]] * 9))
    around = band(np.zeros(3), steady(20), test, 0.8)
    assert around.high.tolist() == [10, 25, 25]


def test_each_step_of_a_pool_has_the_same_weight() -> None:
    """Radii 30, 20, 10: the first two are averaged to 25, and all three to 20."""
    around = band(np.zeros(3), steady(20), missed(np.array([[30.0, 20.0, 10.0]] * 9)), 0.8)
    assert around.high.tolist() == [20, 20, 20]


def test_earlier_steps_have_intervals_where_later_ones_have_none() -> None:
    misses = np.array([[10.0, 5.0]] * 5)
    misses[3:, 1] = np.nan
    around = band(np.zeros(2), steady(20), missed(misses), 0.8)
    assert around.high[0] == 10
    assert np.isnan(around.high[1])


def test_coverage_has_the_hand_computed_value() -> None:
    """Four errors give the first interval, at the fifth origin: 4 covers 3; it does not cover 5; with 5 known, 5 covers 5."""
    test = missed(np.array([[1], [2], [3], [4], [3], [5.0], [5.0]]))
    assert held(test, steady(10), 0.8).tolist() == [1, 0, 1]


def test_an_interval_uses_only_errors_known_at_its_origin() -> None:
    """Two steps: at the fifth origin four errors of the first step are known, and only three of the second."""
    test = missed(np.array([[1.0, 1.0]] * 4 + [[1.0, 50.0]] * 2))
    assert held(test, steady(10), 0.8).tolist() == [1, 0.5]


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_intervals_have_their_nominal_coverage(share: float) -> None:
    rng = np.random.default_rng(7)
    test = missed(rng.normal(0, 1, (1_500, 2)) * [5, 9])
    assert held(test, steady(1_600), share)[100:].mean() == pytest.approx(share, abs=0.02)


def test_months_without_sales_have_intervals_too() -> None:
    nothing = Backtest((1, 2, 3, 4), np.zeros((4, 1)), np.zeros((4, 1)))
    around = band(np.zeros(1), steady(5, 0), nothing, 0.8)
    assert (around.low[0], around.high[0]) == (0, 0)
