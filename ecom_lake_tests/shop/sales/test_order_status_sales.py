"""Sales by order status, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, item, order


def test_statuses_have_the_hand_computed_sales() -> None:
    shop = HandShop(
        orders=[
            order("1", "2018-01-01 10:00:00"),
            order("2", "2018-01-11 10:00:00"),
            order("3", "2018-01-21 10:00:00", status="canceled"),
            order("refused", "2018-01-21 10:00:00"),
            order("later", "2018-02-01 10:00:00", status="shipped"),
        ],
        order_items=[
            item("1", "10.00", discount="2.00"),
            item("2", "20.00"),
            item("3", "30.00"),
            item("refused", "5.00", is_valid=False),
            item("later", "40.00"),
        ],
        numbers=ShopSettings(as_of=date(2018, 1, 31)),
    )
    names = ("status", "orders", "valid_orders", "net_sales", "valid_net_sales", "share", "median_age_days")
    assert shop.rows("order_status_sales", *names) == [
        ("canceled", 1, 0, Decimal("30.00"), Decimal("0.00"), 30 / 103, 10.0),
        ("delivered", 3, 2, Decimal("33.00"), Decimal("28.00"), 33 / 103, 20.0),  # of 30 20 10
        ("shipped", 1, 1, Decimal("40.00"), Decimal("40.00"), 40 / 103, None),  # placed after the as-of date
    ]
