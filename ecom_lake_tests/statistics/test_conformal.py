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
    """A row of misses for each origin, of sales of 100."""
    origins = tuple(range(first, first + len(misses)))
    return Backtest(origins, 100 + misses, np.where(np.isnan(misses), np.nan, 100.0))


def test_the_interval_by_hand() -> None:
    """Misses of 1 to 9: of ten, the one to come among them, 8 must be held, which is the eighth; 95% needs a tenth."""
    test = missed(np.array([[3], [1], [9], [-2], [4], [-8], [7], [6], [-5.0]]))
    of_80, of_95 = (band(np.array([50.0]), steady(10), test, share) for share in (0.8, 0.95))
    assert (of_80.low[0], of_80.high[0]) == (42, 58)
    assert np.isnan([of_95.low[0], of_95.high[0]]).all()


def test_it_grows_with_sales_and_never_falls_below_nought() -> None:
    test = missed(np.array([[20.0]] * 9))
    grown = Series("total", MONTHS, date(2020, 1, 1), np.concatenate([np.full(9, 100.0), np.full(3, 400.0)]))
    around = band(np.array([50.0]), grown, test, 0.8)
    assert (around.low[0], around.high[0]) == (0, 130)


def test_it_never_narrows_with_the_step() -> None:
    """Radii 10, 30, 20: the last two are levelled out at 25."""
    test = missed(np.array([[10.0, 30.0, 20.0]] * 9))
    around = band(np.zeros(3), steady(20), test, 0.8)
    assert around.high.tolist() == [10, 25, 25]


def test_where_later_steps_are_unknown_the_nearer_ones_are_not() -> None:
    misses = np.array([[10.0, 5.0]] * 5)
    misses[3:, 1] = np.nan
    around = band(np.zeros(2), steady(20), missed(misses), 0.8)
    assert around.high[0] == 10
    assert np.isnan(around.high[1])


def test_coverage_by_hand() -> None:
    """Four misses make the first interval, at the fifth origin: 4 holds 3; then 5 is missed; with it known, 5 holds 5."""
    test = missed(np.array([[1], [2], [3], [4], [3], [5.0], [5.0]]))
    assert held(test, steady(10), 0.8).tolist() == [1, 0, 1]


def test_what_was_not_known_at_an_origin_makes_no_interval() -> None:
    """Two steps: at the fifth origin four misses of the first step are known, and only three of the second."""
    test = missed(np.array([[1.0, 1.0]] * 4 + [[1.0, 50.0]] * 2))
    assert held(test, steady(10), 0.8).tolist() == [1, 0.5]


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_intervals_hold_what_they_say(share: float) -> None:
    rng = np.random.default_rng(7)
    test = missed(rng.normal(0, 1, (1_500, 2)) * [5, 9])
    assert held(test, steady(1_600), share)[100:].mean() == pytest.approx(share, abs=0.02)


def test_months_without_sales_have_their_intervals_too() -> None:
    nothing = Backtest((1, 2, 3, 4), np.zeros((4, 1)), np.zeros((4, 1)))
    around = band(np.zeros(1), steady(5, 0), nothing, 0.8)
    assert (around.low[0], around.high[0]) == (0, 0)
