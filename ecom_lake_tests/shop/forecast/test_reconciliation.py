from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.shop.forecast.contest import Contest
from ecom_lake.shop.forecast.methods import Method
from ecom_lake.shop.forecast.reconciliation import reconciled
from ecom_lake.shop.forecast.rolling_origin import Backtest
from ecom_lake.shop.forecast.sales_series import DAYS, MONTHS, Floats, Series
from ecom_lake.shop.forecast.scale_to_total import fitted_to


def test_reconciliation_has_the_hand_computed_values() -> None:
    """100 in thirds: each part is 33.33, and the first by name gets the remaining cent."""
    fitted = fitted_to(np.array([100.0]), np.full((3, 1), 7.0), np.ones(3), ["b", "a", "c"])
    assert fitted[:, 0].tolist() == [33.33, 33.34, 33.33]
    fitted = fitted_to(np.array([10.0, 10.0]), np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([4.0, 1.0]), ["a", "b"])
    assert fitted.tolist() == [[2.5, 8.0], [7.5, 2.0]], "where every forecast is zero, the recent shares are used"
    fitted = fitted_to(np.array([0.3]), np.ones((50, 1)), np.ones(50), [f"{part:02}" for part in range(50)])
    assert fitted[:2, 0].tolist() == [0.3, 0.0], "shares of less than a cent are zero"


@given(
    whole=st.integers(0, 10**9),
    parts=st.lists(st.integers(0, 10**7), min_size=1, max_size=40),
    recent=st.integers(0, 3),
)
def test_it_adds_up_to_the_cent_and_is_never_negative(whole: int, parts: list[int], recent: int) -> None:
    names = [str(part) for part in range(len(parts))]
    usual = np.full(len(parts), float(recent))
    fitted = fitted_to(np.array([whole / 100]), np.array(parts)[:, None] / 100, usual, names)
    cents = np.round(fitted[:, 0] * 100).astype(int)
    assert cents.sum() == whole
    assert (cents >= 0).all()


def contest(series: Series, expected: Floats) -> Contest:
    """One method with this forecast, and no origins to test it at."""
    nothing = np.empty((0, len(expected)))
    methods = {"mean": Method("mean", 1, lambda sold, steps: np.full(steps, sold.mean()))}
    return Contest(series, methods, {"mean": Backtest((), nothing, nothing)}, {"mean": expected}, (), {"mean": None}, "mean")


@pytest.mark.parametrize(("running", "march", "a_day_of_march"), [(0.0, 104.0, 4.0), (52.0, 104.0, 2.0), (130.0, 130.0, 0.0)])
def test_the_days_add_up_to_the_months_with_what_the_running_month_has_sold(
    running: float, march: float, a_day_of_march: float
) -> None:
    """The as-of date is March 5, so that 26 days of March and 30 of April are forecast."""
    first = date(2018, 1, 1)
    months = contest(Series("sales", MONTHS, first, np.array([90.0, 95.0])), np.array([104.0, 60.0]))
    days = contest(Series("sales", DAYS, first, np.ones(31 + 28 + 5)), np.ones(26 + 30))
    found = reconciled(months, days, first=0, running=running, seed=1)
    assert found.months.expected["mean"].tolist() == [march, 60.0]
    assert found.days.expected["mean"].tolist() == [a_day_of_march] * 26 + [2.0] * 30
    assert found.rivals == []
