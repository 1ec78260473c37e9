"""The calendar of daily sales: places of the days, and levels that one extraordinary day does not flatten."""

from __future__ import annotations

from calendar import Calendar
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.sales_calendar import LEVELS, _day, days_of, level_bounds, level_of

AMOUNTS = st.lists(st.decimals("0.01", "1000000", places=2), min_size=1)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 1)).map(lambda day: day.replace(day=1)))
def test_days_stand_where_a_calendar_has_them(month: date) -> None:
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    for day in days_of(month):
        placed = _day(day, Decimal(0), [], str)
        assert weeks[placed.row][placed.column] == day
    assert days_of(month) == [day for week in weeks for day in week if day.month == month.month]


@given(AMOUNTS)
def test_more_sales_are_never_a_lower_level(amounts: list[Decimal]) -> None:
    bounds = level_bounds(amounts)
    levels = [level_of(amount, bounds) for amount in sorted(amounts)]
    assert levels == sorted(levels)
    assert levels[0] >= 1
    assert levels[-1] == LEVELS
    assert level_of(Decimal(0), bounds) == 0


def test_each_level_has_a_fifth_of_the_days() -> None:
    amounts = [*map(Decimal, range(1, 10)), Decimal(1_000_000)]
    bounds = level_bounds(amounts)
    assert [level_of(amount, bounds) for amount in amounts] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
