"""Hand-written shops that several tests of the KPIs use."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, customer, item, order, payment, product


@pytest.fixture(scope="module")
def quarter() -> HandShop:
    """January: ana orders twice, bob's order is canceled. February: no orders. March: ana again, and eve for the first time."""
    return HandShop(
        orders=[
            order("1", "2018-01-01 10:00:00", customer_id="ana"),
            order("2", "2018-01-28 10:00:00", customer_id="ana"),
            order("3", "2018-01-29 10:00:00", customer_id="bob", status="canceled"),
            order("4", "2018-03-01 10:00:00", customer_id="ana"),
            order("5", "2018-03-01 11:00:00", customer_id="ana"),
            order("6", "2018-03-01 12:00:00", customer_id="eve"),
        ],
        order_items=[
            item("1", "10.00", quantity=2, discount="1.50", freight="2.00"),
            item("1", "5.00", line=2),
            item("2", "7.00"),
            item("3", "100.00"),
            item("4", "30.00"),
            item("5", "10.00"),
            item("6", "2.00"),
        ],
        payments=[payment("1", "20.00"), payment("1", "5.50", 2), payment("3", "100.00"), payment("6", "2.00")],
    )


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """January: ana orders twice and bob once; February: ana again, and a canceled order."""
    return HandShop(
        customers=[customer("ana", gender="female", age=30, is_subscriber=True), customer("bob")],
        products=[product("ball", "toys", brand="acme"), product("doll", "toys"), product("book", "books", brand="acme")],
        orders=[
            order("1", "2018-01-01 09:30:00", customer_id="ana", state="SP", city="santos", region="Southeast", channel="web"),
            order("2", "2018-01-31 09:59:59", customer_id="ana", state="RJ", channel="app"),
            order("3", "2018-01-31 23:00:00", customer_id="bob", state="SP", status="shipped"),
            order("4", "2018-02-26 00:00:00", customer_id="ana", state="SP", city="santos"),
            order("x", "2018-02-27 00:00:00", customer_id="eve", state="AC", status="canceled"),
        ],
        order_items=[
            item("1", "10.00", 1, product_id="ball", quantity=2, seller_id="s1"),
            item("1", "5.00", 2, product_id="doll", seller_id="s2", discount="1.00"),
            item("1", "1.00", 3, product_id="book", seller_id="s1"),
            item("2", "7.00", product_id="ball", seller_id="s1"),
            item("3", "3.00", product_id="book"),
            item("4", "6.00", product_id="doll", seller_id="s2"),
            item("x", "99.00", product_id="book", seller_id="s1"),
        ],
        payments=[payment("1", "25.00"), payment("2", "7.00", method="voucher"), payment("x", "99.00", method="cash")],
    )
