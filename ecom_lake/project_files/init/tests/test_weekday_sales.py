from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from ecom_lake.testing import HandShop, item, order

PROJECT = Path(__file__).parents[1]


def test_orders_and_sales_of_a_weekday() -> None:
    canceled = order("d", "2018-01-12", status="canceled")
    shop = HandShop(
        PROJECT,
        orders=[order("a", "2018-01-10"), order("b", "2018-01-17"), order("c", "2018-01-12"), canceled],
        order_items=[item("a", "10.00"), item("b", "5.00"), item("c", "1.00"), item("d", "99.00")],
    )
    assert shop.rows("weekday_sales", "weekday_name", "orders", "net_sales") == [
        ("Wednesday", 2, Decimal("15.00")),
        ("Friday", 1, Decimal("1.00")),
    ]
    assert shop.broken("weekday_sales") == set()
    assert shop.answer("busiest-weekday")[0][:2] == ("Wednesday", 2)
