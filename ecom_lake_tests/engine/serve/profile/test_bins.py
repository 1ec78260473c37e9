from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.serve.profile.bins import MOST_WHOLE, Bins, bins_of, time_bins


@pytest.mark.parametrize(
    ("low", "high", "are_integers", "expected"),
    [
        (1, 5, True, Bins(1, 1.0, 5)),
        (0, 0, True, Bins(0, 1.0, 1)),
        (1.0, 5.7, True, Bins(1, 1.0, 5)),
        (6.7, 1039.9, False, Bins(0.0, 100.0, 11)),
        (-0.4, 0.35, False, Bins(-0.4, 0.05, 16)),
        (0, 100, True, Bins(0.0, 10.0, 11)),
        (7.5, 7.5, False, Bins(7.5, 1.0, 1)),
    ],
)
def test_bounds_are_round(low: float, high: float, are_integers: bool, expected: Bins) -> None:
    assert bins_of(low, high, are_integers) == expected


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.booleans())
def test_bins_cover_all_that_is_between_and_are_not_many(low: float, span: float, are_integers: bool) -> None:
    if are_integers:
        low, span = round(low), round(span)
    bins = bins_of(low, low + span, are_integers)
    first, last = bins.bounds(0)[0], bins.bounds(bins.count - 1)[1]
    slack = 1e-6 * max(abs(low), abs(low + span), 1)
    assert first - slack <= low
    assert low + span <= last + slack
    assert 1 <= bins.count <= max(MOST_WHOLE, 22)


def test_times_are_in_calendar_months_where_there_are_enough() -> None:
    bins = time_bins(datetime(2016, 9, 4, 21), datetime(2018, 10, 17))
    assert bins == Bins(12 * 2016 + 8, 1.0, 26, "month")
    assert time_bins(datetime(2000, 1, 1), datetime(2009, 12, 31)) == Bins(12 * 2000, 4.0, 30, "month")


def test_the_last_of_the_bins_of_several_months_is_full() -> None:
    """37 months in bins of two: the first bin has one month."""
    assert time_bins(datetime(2016, 1, 5), datetime(2019, 1, 20)) == Bins(12 * 2015 + 11, 2.0, 19, "month")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2020, 1, 1)), st.integers(3, 120))
def test_one_row_a_day_gives_full_bins_but_for_the_first(start: datetime, days: int) -> None:
    times = [start + timedelta(days=number) for number in range(days)]
    bins = time_bins(times[0], times[-1])
    seconds = [(one - datetime(1970, 1, 1)).total_seconds() for one in times]
    rows = [sum(low <= one < high for one in seconds) for low, high in map(bins.bounds, range(bins.count))]
    assert sum(rows) == days
    assert set(rows[1:]) <= {bins.width / (24 * 60 * 60)}
    assert 1 <= rows[0] <= bins.width / (24 * 60 * 60)
    assert ":" not in bins.label(0)


def test_a_time_within_two_days_is_in_equal_parts() -> None:
    bins = time_bins(datetime(2018, 1, 1), datetime(2018, 1, 2, 12))
    assert (bins.unit, bins.count, bins.width) == ("second", 12, 3 * 60 * 60)
    assert time_bins(datetime(2018, 1, 1), datetime(2018, 1, 1)).count == 1
