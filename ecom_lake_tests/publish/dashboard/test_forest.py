"""Estimates with intervals: positions on one scale, in the order of the values, with the compared value on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.forest import Estimated, forest
from ecom_lake.words import three_digits

NUMBERS = st.integers(-(10**9), 10**9).map(lambda millionths: millionths / 1e6)


def estimated(value: float, low: float | None = None, high: float | None = None) -> Estimated:
    return Estimated("a", value, low, high, "text")


def test_distances_are_proportional_and_the_reference_lies_on_the_same_scale() -> None:
    chart = forest([estimated(2, 1, 4), estimated(3)], "{:g}".format, reference=0.0)
    assert chart is not None
    first, second = chart.rows
    assert chart.reference is not None
    unit = second.at - first.at
    assert abs(first.at - chart.reference - 2 * unit) < 0.05
    assert abs(first.high - first.at - 2 * unit) < 0.05
    assert (second.low, second.high) == (second.at, second.at), "without an interval it is a dot"
    assert {tick.text for tick in chart.ticks} >= {"0", "1", "2", "3", "4"}


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS).map(sorted), min_size=1, max_size=6), st.none() | NUMBERS)
def test_everything_lies_within_the_chart(bounds: list[list[float]], reference: float | None) -> None:
    chart = forest([estimated(value, low, high) for low, value, high in bounds], "{:g}".format, reference)
    assert chart is not None
    for row in chart.rows:
        assert 0 <= row.low <= row.at <= row.high <= 100
    assert all(-0.01 <= tick.at <= 100.01 for tick in chart.ticks)
    assert chart.reference is None or 0 <= chart.reference <= 100


def test_without_estimates_there_is_no_chart() -> None:
    assert forest([], str) is None


@given(NUMBERS.filter(bool), st.integers(0, 60))
def test_the_ticks_of_nearly_equal_values_are_different_numbers(value: float, ten_thousandths: int) -> None:
    chart = forest([estimated(value), estimated(value * (1 + ten_thousandths / 1e4))], three_digits)
    assert chart is not None
    texts = [tick.text for tick in chart.ticks]
    assert len(texts) > 1
    assert len(set(texts)) == len(texts)
