"""The dimension of sellers, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, seller


def test_sellers_that_only_lines_know_are_members_too() -> None:
    shop = HandShop(
        sellers=[seller("s1", city="rio")],
        orders=[order("a")],
        order_items=[item("a", line=line, seller_id=name) for line, name in enumerate(("s1", "s2", None), 1)],
    )
    assert shop.rows("dim_seller", "seller_id", "has_record", "city") == [("s1", True, "rio"), ("s2", False, None)]
