"""The seller dimension, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, seller


def test_sellers_that_are_only_in_order_lines_are_members() -> None:
    shop = HandShop(
        sellers=[seller("s1", city="rio")],
        orders=[order("a")],
        order_items=[item("a", line=line, seller_id=name) for line, name in enumerate(("s1", "s2", None), 1)],
    )
    assert shop.rows("dim_seller", "seller_id", "has_record", "city") == [("s1", True, "rio"), ("s2", False, None)]
