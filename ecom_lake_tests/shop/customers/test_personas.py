"""Personas, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop


def test_the_table_passes_every_rule_of_its_contract(shop: HandShop) -> None:
    assert shop.broken() == set()


def test_every_persona_has_its_rule_and_sums(shop: HandShop) -> None:
    # Sums 7 25 50 90 110 score 1 to 5; the gaps are 10, 20 and 80 days, so that P80 is 56.
    columns = ("persona", "customers", "orders", "net_sales", "aov", "repeat_rate")
    assert shop.rows("personas", *columns) == [
        ("High Churn Risk", 1, 1, Decimal("90.00"), 90, 0),  # eve
        ("Low-Premium", 2, 3, Decimal("32.00"), pytest.approx(32 / 3), 0.5),  # bob and fay
        ("Loyal High-Value", 1, 3, Decimal("110.00"), pytest.approx(110 / 3), 1),  # ana
        ("Standard", 1, 2, Decimal("50.00"), 25, 0),  # gus
    ]
    rules = dict(shop.rows("personas", "persona", "rule"))
    assert rules["Loyal High-Value"] == "At least 2 purchases and a monetary score of at least 4."
    assert rules["Low-Premium"] == "Else a monetary score of at most 2."
