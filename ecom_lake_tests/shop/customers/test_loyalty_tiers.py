"""Loyalty tiers, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, customer, item, order


def test_every_tier_has_its_rule_and_sums(shop: HandShop) -> None:
    assert shop.rows("loyalty_tiers", "loyalty_tier", "customers", "net_sales", "share", "repeat_rate", "rule") == [
        ("Loyal", 1, Decimal("110.00"), 0.2, 1, "From 3 purchases on."),
        ("New", 3, Decimal("147.00"), 0.6, 0, "Fewer than 2 purchases."),
        ("Returning", 1, Decimal("25.00"), 0.2, 1, "2 purchases."),
    ]


@pytest.mark.parametrize(
    ("returning", "loyal", "rule"), [(1, 2, "1 purchase."), (2, 3, "2 purchases."), (2, 4, "From 2 to 3 purchases.")]
)
def test_the_rule_of_a_tier_ends_where_the_next_tier_begins(returning: int, loyal: int, rule: str) -> None:
    numbers = ShopSettings(returning_purchases=returning, loyal_purchases=loyal)
    before = [customer("buyer of o", prior_purchases=returning - 1)]
    shop = HandShop(numbers, orders=[order("o")], order_items=[item("o")], customers=before)
    assert shop.rows("loyalty_tiers", "loyalty_tier", "rule") == [("Returning", rule)]
