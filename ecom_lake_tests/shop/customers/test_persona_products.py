"""The products of each persona, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop


def test_each_customer_counts_once_per_persona_and_category(shop: HandShop) -> None:
    assert shop.rows("persona_products", "persona", "category", "customers", "units", "net_sales", "share") == [
        ("High Churn Risk", "books", 1, 1, Decimal("90.00"), 1),
        ("Low-Premium", "toys", 2, 3, Decimal("32.00"), 1),
        ("Loyal High-Value", "books", 1, 1, Decimal("30.00"), pytest.approx(3 / 11)),
        ("Loyal High-Value", "toys", 1, 3, Decimal("80.00"), pytest.approx(8 / 11)),
        ("Standard", "toys", 1, 2, Decimal("50.00"), 1),
    ]
