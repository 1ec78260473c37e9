"""The orders after a customer's first, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake_tests.builders.hand_shop import HandShop, item, order


def test_repeat_orders_are_numbered_by_time_and_those_of_one_day_are_one_purchase() -> None:
    shop = HandShop(
        orders=[
            order("a", "2018-01-10 10:00:00", customer_id="ana"),
            order("b", "2018-02-10 09:00:00", customer_id="ana"),
            order("c", "2018-02-10 10:00:00", customer_id="ana"),
            order("once", "2018-02-10 10:00:00", customer_id="bob"),
        ],
    )
    assert shop.rows("repeat_orders") == [
        ("b", date(2018, 2, 1), 2, 2, date(2018, 1, 10)),
        ("c", date(2018, 2, 1), 3, 2, date(2018, 2, 10)),
    ]


def test_an_order_that_is_no_sale_is_not_counted() -> None:
    """It is canceled, or it has lines and all of them are not valid; one valid line is enough, and so is no line at all."""
    january, numbers = "2018-01-0{} 10:00:00", {"canceled": 1, "refused": 2, "partly": 3, "empty": 4, "last": 5}
    shop = HandShop(
        orders=[
            order(name, january.format(day), customer_id="ana", status="canceled" if name == "canceled" else "delivered")
            for name, day in numbers.items()
        ],
        order_items=[
            item("canceled"),
            item("refused", is_valid=False),
            item("partly", is_valid=False),
            item("partly", line=2),
            item("last"),
        ],
    )
    assert shop.rows("repeat_orders", "order_id", "order_number") == [("empty", 2), ("last", 3)]


def test_orders_without_a_date_are_purchases_of_their_own() -> None:
    shop = HandShop(orders=[order("a", None, customer_id="ana"), order("b", None, customer_id="ana")])
    assert shop.rows("repeat_orders") == [("b", None, 2, 2, None)]
