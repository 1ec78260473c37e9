"""Subscribers and others, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop


def test_subscribers_are_compared_with_other_customers(shop: HandShop) -> None:
    columns = ("subscriber", "customers", "orders", "net_sales", "aov", "net_sales_per_customer", "repeat_rate")
    assert shop.rows("subscription_value", *columns) == [
        ("no", 1, 2, Decimal("25.00"), 12.5, 25, 1),
        ("unknown", 2, 3, Decimal("57.00"), 19, 28.5, 0),
        ("yes", 2, 4, Decimal("200.00"), 50, 100, 0.5),
    ]
