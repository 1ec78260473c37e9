"""The calendar, its complete months and the as-of date, from hand-written silver rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, monthly, order


def complete_months(shop: HandShop) -> list[str]:
    months = shop.table("dim_date").filter("is_complete_month")["month_start"].unique().sort()
    return [f"{month:%Y-%m}" for month in months]


def as_of(shop: HandShop) -> date:
    day: date = shop.row("dim_date", is_as_of=True)["date"]
    return day


def test_complete_months_are_the_longest_run_of_at_least_a_tenth_of_the_median() -> None:
    # Sorted: 1 1 2 20 20 20 20. The median is 20, a tenth of it 2: February is in, November and March are not.
    shop = HandShop(orders=monthly("2017-11", 1, 20, 20, 2, 1, 20, 20))
    assert complete_months(shop) == ["2017-12", "2018-01", "2018-02"]
    assert as_of(shop) == date(2018, 2, 28)


def test_the_median_covers_months_with_orders_of_any_status() -> None:
    # Of 1, 12 and 12 the median is 12: January is out, and April is the later of two runs of one.
    # If the empty March counted as 0, the median would be 6.5, and January and February would be a run of two.
    orders = [{**row, "status": "canceled", "is_valid": False} for row in monthly("2018-01", 1, 12, 0, 12)]
    assert complete_months(HandShop(orders=orders)) == ["2018-04"]


def test_the_latest_of_equally_long_runs_is_used() -> None:
    shop = HandShop(orders=monthly("2018-01", 20, 20, 1, 20, 20))
    assert complete_months(shop) == ["2018-04", "2018-05"]


@pytest.mark.parametrize(
    ("first", "last", "complete"),
    [
        ("2018-01-04", "2018-03-28", ["2018-01", "2018-02", "2018-03"]),
        ("2018-01-05", "2018-03-28", ["2018-02", "2018-03"]),
        ("2018-01-04", "2018-03-27", ["2018-01", "2018-02"]),
    ],
)
def test_the_first_and_last_month_of_the_data_must_have_orders_at_their_edges(first: str, last: str, complete: list[str]) -> None:
    shop = HandShop(orders=[order("a", f"{first} 23:59:59"), order("b", "2018-02-14 12:00:00"), order("c", f"{last} 00:00:00")])
    assert complete_months(shop) == complete


def test_the_as_of_date_is_set_or_the_end_of_the_last_complete_month_or_the_last_order() -> None:
    orders = monthly("2018-01", 2, 2)
    assert as_of(HandShop(orders=orders)) == date(2018, 2, 28)
    assert as_of(HandShop(orders=orders, numbers=ShopSettings(as_of=date(2018, 1, 15)))) == date(2018, 1, 15)
    assert as_of(HandShop(orders=[order("a", "2018-01-10 10:00:00")])) == date(2018, 1, 10)


def test_snapshots_are_the_ends_of_complete_months_up_to_the_as_of_date() -> None:
    def snapshots(numbers: ShopSettings) -> list[date]:
        shop = HandShop(orders=monthly("2018-01", 2, 2, 2), numbers=numbers)
        return shop.table("dim_date").filter("is_snapshot_date")["date"].to_list()

    assert snapshots(ShopSettings()) == [date(2018, 1, 31), date(2018, 2, 28), date(2018, 3, 31)]
    assert snapshots(ShopSettings(as_of=date(2018, 2, 27))) == [date(2018, 1, 31)]
    assert snapshots(ShopSettings(as_of=date(2018, 2, 28))) == [date(2018, 1, 31), date(2018, 2, 28)]


def test_the_calendar_covers_complete_years_of_orders_and_of_the_as_of_date() -> None:
    shop = HandShop(orders=[order("a", "2016-05-05 10:00:00")], numbers=ShopSettings(as_of=date(2018, 3, 1)))
    days = shop.table("dim_date")["date"].to_list()
    assert days == [date(2016, 1, 1) + timedelta(i) for i in range(366 + 365 + 365)]


def test_days_have_the_names_and_weeks_of_the_iso_calendar() -> None:
    # Python's calendar is the reference, for 53-week years and for first days in the last week of the prior year.
    shop = HandShop(orders=[order("a", "2015-05-05 10:00:00"), order("b", "2021-05-05 10:00:00")])
    columns = ("date", "iso_year", "iso_week", "weekday", "weekday_name", "month_name", "quarter", "is_weekend")
    for day, *stored in shop.rows("dim_date", *columns):
        weekend, quarter = day.weekday() >= 5, (day.month + 2) // 3
        assert stored == [*day.isocalendar(), f"{day:%A}", f"{day:%B}", quarter, weekend], day


def test_a_shop_of_dates_without_times_has_no_hours() -> None:
    dated = [order("1", "2018-01-10 00:00:00"), order("2", "2018-01-11 00:00:00")]
    assert HandShop(orders=dated).answer("weekday-and-hour") == []
    timed = HandShop(orders=[*dated, order("3", "2018-01-11 13:00:00")]).answer("weekday-and-hour")
    assert len(timed) == 7 * 24
    assert {row[:3] for row in timed if row[2]} == {("Wednesday", 0, 1), ("Thursday", 0, 1), ("Thursday", 13, 1)}
