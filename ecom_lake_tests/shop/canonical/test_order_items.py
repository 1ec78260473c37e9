"""A hand-written order line: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake_tests.builders.hand_shop import item
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert OrderItems.table.key == ("order_id", "line")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"line": 0}, "line_out_of_range"),
        ({"quantity": 0}, "quantity_out_of_range"),
        ({"quantity": 2}, "gross_is_price_times_quantity"),
        ({"gross_sales": "10.01"}, "gross_is_price_times_quantity"),
        ({"discount": "10.00"}, None),
        ({"discount": "10.01"}, "discount_within_gross"),
        ({"discount": "1.00", "is_discounted": False}, "discounted_where_discount"),
        ({"discount": "1.00", "is_discounted": True}, None),
        ({"is_discounted": True}, None),
        ({"tax": "0.00"}, None),
        ({"tax": "-0.01"}, "tax_out_of_range"),
        ({"freight": "-0.01"}, "freight_out_of_range"),
        ({"unit_price": MOST_AT_ONCE + 1}, "unit_price_out_of_range"),
        ({"unit_cost": "-0.01"}, "unit_cost_out_of_range"),
        ({"product_id": None}, "product_id_missing"),
        ({"seller_id": None}, None),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(OrderItems.table, item("a", "10.00"), **changes) == rule
