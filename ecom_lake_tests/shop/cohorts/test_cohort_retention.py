"""Repeat purchases by cohort, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, order
from ecom_lake_tests.builders.purchases import bought, shop_of

JAN, FEB, MAR = (date(2018, month, 1) for month in (1, 2, 3))


def test_retention_of_months_after_the_data_is_null(three_months: HandShop) -> None:
    columns = ("cohort", "month_number", "month", "cohort_size", "active_customers", "retention", "cumulative_retention")
    third = pytest.approx(1 / 3)
    assert three_months.rows("cohort_retention", *columns) == [
        (JAN, 0, JAN, 3, 3, 1, None),
        (JAN, 1, FEB, 3, 1, third, third),  # bob
        (
            JAN,
            2,
            MAR,
            3,
            1,
            third,
            pytest.approx(2 / 3),
        ),  # ana; her second purchase in January does not count as a repeat purchase
        (FEB, 0, FEB, 1, 1, 1, None),
        (FEB, 1, MAR, 1, 1, 1, 1),
        (FEB, 2, None, 1, None, None, None),
        (MAR, 0, MAR, 1, 1, 1, None),
        (MAR, 1, None, 1, None, None, None),
        (MAR, 2, None, 1, None, None, None),
    ]


def test_a_month_after_the_end_of_the_data_is_neither_complete_nor_incomplete() -> None:
    """The data ends on 1 March, so March is incomplete; April is unknown for every cohort."""
    shop = shop_of(bought("ana", "01-01"), bought("bob", "02-28"), bought("eve", "03-01"), as_of=date(2018, 3, 15))
    assert shop.rows("cohort_retention", "cohort", "month_number", "is_complete") == [
        *((JAN, 0, True), (JAN, 1, True), (JAN, 2, False)),
        *((FEB, 0, True), (FEB, 1, False), (FEB, 2, None)),
        *((MAR, 0, False), (MAR, 1, None), (MAR, 2, None)),
    ]
    assert shop.rows("cohort_value", "is_complete") == shop.rows("cohort_retention", "is_complete")


def test_a_month_after_the_latest_order_is_unknown_where_the_as_of_date_is_later() -> None:
    orders = (bought("ana", "01-01", "02-10"), bought("bob", "02-28"))
    later, at_the_end = (shop_of(*orders, as_of=date(2018, month, day)) for month, day in ((6, 30), (2, 28)))
    for table in ("cohort_retention", "cohort_value"):
        assert later.table(table).rows() == at_the_end.table(table).rows()
    assert later.rows("cohort_retention", "cohort", "month_number", "active_customers") == [
        *((JAN, 0, 1), (JAN, 1, 1), (FEB, 0, 1), (FEB, 1, None))
    ]
    assert later.broken() == set()


def test_a_month_that_the_as_of_date_cuts_is_incomplete() -> None:
    """All of February was delivered, and a setting ends the orders that are counted at the 15th."""
    orders = (bought("ana", "01-01", "02-10"), bought("bob", "01-31"), bought("eve", "02-14", "02-28"))
    cells = ((JAN, 0, True), (JAN, 1, False), (FEB, 0, False), (FEB, 1, None))
    shop = shop_of(*orders, as_of=date(2018, 2, 15))
    assert shop.rows("kpi_monthly", "is_complete") == [(True,), (True,)]
    assert shop.rows("cohort_retention", "cohort", "month_number", "is_complete") == [*cells]
    assert shop.rows("cohort_value", "is_complete") == shop.rows("cohort_retention", "is_complete")
    to_the_end = shop_of(*orders, as_of=date(2018, 2, 28))
    assert to_the_end.rows("cohort_retention", "is_complete") == [(True,), (True,), (True,), (None,)]


def test_cumulative_retention_counts_each_customer_once() -> None:
    shop = shop_of(bought("ana", "01-01", "02-01", "04-28"), bought("bob", "01-28"), bought("eve", "03-01"))
    january = shop.table("cohort_retention").filter(cohort=JAN)
    assert january["active_customers"].to_list() == [2, 1, 0, 1]
    assert january["cumulative_retention"].to_list() == [None, 0.5, 0.5, 0.5]


def test_orders_after_the_as_of_date_are_not_counted() -> None:
    shop = shop_of(bought("ana", "01-01", "02-10"), bought("bob", "02-20"), as_of=date(2018, 2, 15))
    assert shop.rows("cohort_retention", "cohort", "month_number", "active_customers") == [(JAN, 0, 1), (JAN, 1, 1)]
    assert shop.broken() == set()


def test_a_repeat_purchase_after_the_as_of_date_is_not_counted() -> None:
    shop = HandShop(
        ShopSettings(as_of=date(2018, 2, 15)),
        orders=[order("1", "2018-01-05 10:00:00", customer_id="ana"), order("2", "2018-02-20 10:00:00", customer_id="ana")],
    )
    assert shop.rows("cohort_retention", "month_number", "active_customers", "cumulative_retention") == [
        (0, 1, None),
        (1, 0, 0.0),
    ]
