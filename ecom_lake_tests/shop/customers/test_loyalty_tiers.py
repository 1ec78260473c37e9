"""Loyalty tiers, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop


def test_every_tier_has_its_rule_and_sums(shop: HandShop) -> None:
    assert shop.rows("loyalty_tiers", "loyalty_tier", "customers", "net_sales", "share", "repeat_rate", "rule") == [
        ("Loyal", 1, Decimal("110.00"), 0.2, 1, "From 3 purchases on."),
        ("New", 3, Decimal("147.00"), 0.6, 0, "Fewer than 2 purchases."),
        ("Returning", 1, Decimal("25.00"), 0.2, 1, "From 2 purchases on."),
    ]
