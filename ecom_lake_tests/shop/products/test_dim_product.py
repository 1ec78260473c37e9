"""The product dimension, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product


def test_products_that_are_only_in_order_lines_are_members() -> None:
    shop = HandShop(
        products=[product("p1", "toys", unit_cost="3.5")],
        orders=[order("a")],
        order_items=[item("a", line=line, product_id=name) for line, name in enumerate(("p1", "p2", "p2"), 1)],
    )
    assert shop.rows("dim_product", "product_id", "has_record", "category") == [("p1", True, "toys"), ("p2", False, "unknown")]
    assert shop.rows("fct_sales", "line", "category") == [(1, "toys"), (2, "unknown"), (3, "unknown")]
