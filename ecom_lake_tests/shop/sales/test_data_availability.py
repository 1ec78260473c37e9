"""What a shop records at all: payments and returns, from hand-written silver rows."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment


@pytest.mark.parametrize(
    ("silver", "has_payments", "has_returns"),
    [
        ({}, False, False),
        ({"orders": [order("a")], "order_items": [item("a")]}, False, False),
        ({"orders": [order("a")], "payments": [payment("a", "1.00")]}, True, False),
        ({"orders": [order("a", status="returned")]}, False, True),
        ({"orders": [order("a")], "order_items": [item("a", is_returned=True)]}, False, True),
        ({"orders": [order("a")], "order_items": [item("a", is_returned=False)]}, False, True),
    ],
)
def test_a_fact_is_available_if_any_row_of_the_shop_has_it(
    silver: dict[str, list[Row]], has_payments: bool, has_returns: bool
) -> None:
    assert HandShop(None, **silver).rows("data_availability") == [(has_payments, has_returns)]
