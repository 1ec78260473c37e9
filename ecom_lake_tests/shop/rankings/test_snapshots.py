from __future__ import annotations

from datetime import date, timedelta

import pytest

from ecom_lake.shop.rankings.time_splits import Cutoffs, cutoffs, days_needed, origins, window_days_needed, windows


def test_each_label_window_ends_before_the_next_step_begins() -> None:
    at = cutoffs(date(2017, 1, 1), date(2018, 8, 31), 90)
    assert at is not None
    assert (at.calibrate, at.test) == (date(2018, 3, 4), date(2018, 6, 2))
    assert at.train == (date(2017, 6, 7), date(2017, 9, 5), date(2017, 12, 4))
    ends = [day + timedelta(days=90) for day in (*at.train, at.calibrate, at.test)]
    assert all(
        end <= following for end, following in zip(ends, (*at.train[1:], at.calibrate, at.test, date(2018, 8, 31)), strict=True)
    )
    assert Cutoffs.from_text(at.as_text, 90) == at


@pytest.mark.parametrize(("days", "snapshots"), [(91, 0), (days_needed(90) - 1, 0), (days_needed(90), 1), (450, 2), (900, 3)])
def test_a_younger_shop_has_fewer_snapshots_or_none(days: int, snapshots: int) -> None:
    at = cutoffs(date(2018, 8, 31) - timedelta(days=days), date(2018, 8, 31), 90)
    assert (len(at.train) if at else 0) == snapshots


def test_orders_are_followed_up_before_the_next_window_begins() -> None:
    at = windows(date(2017, 1, 1), date(2018, 8, 31), 45)
    assert at is not None
    assert at.test.until + timedelta(days=45) == date(2018, 8, 31)
    assert at.calibrate.until + timedelta(days=45) == at.test.after
    assert at.train.until + timedelta(days=45) == at.calibrate.after
    assert at.train.after == date(2016, 12, 31)


def test_a_young_shop_has_no_windows() -> None:
    today = date(2018, 8, 31)
    assert windows(today - timedelta(days=window_days_needed(45)), today, 45) is not None
    assert windows(today - timedelta(days=window_days_needed(45) - 1), today, 45) is None


@pytest.mark.parametrize(("followed", "number"), [(90, 4), (45, 8), (10, 8), (400, 2)])
def test_origins_are_followed_up_and_do_not_overlap(followed: int, number: int) -> None:
    today = date(2018, 8, 31)
    days = origins(today, followed)
    assert len(days) == number
    ends = [day + timedelta(days=followed) for day in days]
    assert ends[0] == today
    assert all(end <= following for end, following in zip(ends[1:], days, strict=False))
