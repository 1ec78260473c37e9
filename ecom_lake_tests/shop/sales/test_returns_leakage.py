"""Returns by product, category and state, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake.shop.sales.returns_leakage import ReturnsLeakage
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product


@pytest.fixture(scope="module")
def leaking() -> HandShop:
    return HandShop(
        products=[product("ball", "toys"), product("doll", "toys"), product("book", "books")],
        orders=[
            order("kept", state="SP"),
            order("partly", state="SP"),
            order("returned", state="RJ", status="returned"),
            order("unknown", state="RJ", status="unknown"),
            order("on its way", status="shipped"),
            order("canceled", state="SP", status="canceled"),
        ],
        order_items=[
            item("kept", "10.00", product_id="ball", is_returned=False),
            item("partly", "20.00", 1, product_id="ball", discount="1.00", is_returned=True),
            item("partly", "30.00", 2, product_id="doll", is_returned=False),
            item("partly", "5.00", 3, product_id="book", is_returned=False),
            item("returned", "40.00", product_id="book"),
            item("unknown", "50.00", product_id="book"),
            item("on its way", "60.00", product_id="doll", is_returned=False),
            item("canceled", "99.00", product_id="ball", is_returned=True),
        ],
    )


def test_returns_have_the_hand_computed_values(leaking: HandShop) -> None:
    names = ("member", "orders", "delivered_orders", "returned_orders", "return_rate", "returned_sales", "unknown_status_orders")
    rows = leaking.table("returns_leakage")
    made = {dimension: rows.filter(dimension=dimension).select(names).rows() for dimension in ("product", "category", "state")}
    assert made["product"] == [
        ("ball", 2, 1, 1, 1 / 2, Decimal("19.00"), 0),
        ("book", 3, 1, 1, 1 / 2, Decimal("40.00"), 1),
        ("doll", 2, 1, 0, 0.0, Decimal("0.00"), 0),
    ]
    assert made["category"] == [
        ("books", 3, 1, 1, 1 / 2, Decimal("40.00"), 1),
        (
            "toys",
            3,
            1,
            1,
            1 / 2,
            Decimal("19.00"),
            0,
        ),  # one toy of the order `partly` was returned, so the order counts as returned
    ]
    assert made["state"] == [
        ("RJ", 2, 0, 1, 1.0, Decimal("40.00"), 1),
        ("SP", 2, 1, 1, 1 / 2, Decimal("19.00"), 0),
        ("unknown", 1, 0, 0, None, Decimal("0.00"), 0),  # a missing state, and no delivered order
    ]
    assert leaking.row("returns_leakage", dimension="state", member="RJ")["share"] == 40 / 59


def test_a_shop_that_states_returns_by_the_status_of_orders_has_them() -> None:
    shop = HandShop(
        products=[product("ball", "toys")],
        orders=[order("kept"), order("returned", status="returned")],
        order_items=[item("kept", "10.00", product_id="ball"), item("returned", "40.00", product_id="ball")],
    )
    assert shop.row("returns_leakage", dimension="category", member="toys")["returned_sales"] == 40
    assert shop.broken() == set()
    assert ReturnsLeakage.table.needs == ("order_items.is_returned or orders.status",)


def test_a_shop_that_does_not_know_returns_has_no_rows() -> None:
    shop = HandShop(products=[product("ball", "toys")], orders=[order("a")], order_items=[item("a", product_id="ball")])
    assert shop.table("returns_leakage").is_empty()
    assert shop.broken() == set()
