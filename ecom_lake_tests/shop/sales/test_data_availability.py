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
    assert HandShop(None, **silver).rows("data_availability", "has_payments", "has_returns") == [(has_payments, has_returns)]


@pytest.mark.parametrize(
    ("lines", "is_known"),
    [
        ([], True),
        ([item("a")], True),  # nothing is stated: the price is what was paid
        ([item("a", is_discounted=False)], True),  # no discount was given
        ([item("a", is_discounted=True)], False),
        ([item("a", is_discounted=True), item("a", line=2, is_discounted=False)], False),
        ([item("a", is_discounted=True), item("a", line=2, is_discounted=True, discount="1.00")], True),
    ],
)
def test_amounts_of_discounts_are_unknown_where_only_yes_or_no_is_stated(lines: list[Row], is_known: bool) -> None:
    shop = HandShop(orders=[order("a")], order_items=lines)
    assert shop.rows("data_availability", "has_discount_amounts") == [(is_known,)]
