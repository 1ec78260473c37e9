"""A hand-written shop that several tests of groups of customers use."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, product
from ecom_lake_tests.builders.purchases import END_OF_2018


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """Five customers: ana has three purchases, bob two, and the others one."""
    bought = {
        "ana": [("10-01", "30.00", "toys"), ("10-11", "30.00", "books"), ("12-30", "40.00", "toys")],
        "bob": [("11-01", "20.00", "toys"), ("11-21", "5.00", "toys")],
        "eve": [("01-01", "90.00", "books")],
        "fay": [("12-30", "7.00", "toys")],
        "gus": [("12-30", "30.00", "toys"), ("12-30", "20.00", "toys")],  # one purchase
    }
    orders: list[Row] = []
    lines: list[Row] = []
    for person, purchases in bought.items():
        for n, (day, price, category) in enumerate(purchases):
            orders.append(order(f"{person}{n}", f"2018-{day} 10:00:00", customer_id=person))
            lines.append(item(f"{person}{n}", price, product_id=category, quantity=1))
    lines.append(item("ana0", "10.00", 2, product_id="toys"))
    orders.append(order("x", "2018-12-31 10:00:00", customer_id="gus", status="canceled"))
    lines.append(item("x", "99.00", product_id="toys"))
    people = [
        customer("ana", gender="female", age=20, is_subscriber=True),
        customer("bob", gender="male", age=30, is_subscriber=False),
        customer("eve", gender="female", age=40, is_subscriber=True),
        customer("fay", age=50),
    ]
    products = [product("toys", "toys"), product("books", "books")]
    return HandShop(END_OF_2018, orders=orders, order_items=lines, customers=people, products=products)
