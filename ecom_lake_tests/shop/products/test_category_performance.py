"""Sales and cross-selling of categories, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product, review
from ecom_lake_tests.builders.purchases import selling


@pytest.fixture(scope="module")
def mixed() -> HandShop:
    """Six baskets: toys alone twice, toys and books twice, books alone, and an unknown category together with toys."""
    baskets = {"1": "t", "2": "tt", "3": "tb", "4": "tb", "5": "b", "6": "tu"}
    people = {"1": "ana", "2": "ana"}
    return HandShop(
        products=[product("t", "toys"), product("b", "books"), product("u", "unknown"), product("g", "garden")],
        orders=[order(name, customer_id=people.get(name, name)) for name in baskets] + [order("nothing in it")],
        order_items=[
            item(name, "10.00" if held == "t" else "30.00", line, product_id=held)
            for name, things in baskets.items()
            for line, held in enumerate(things, 1)
        ],
        reviews=[review("1", 1), review("2", 4), review("5", 3)],
    )


def test_categories_have_the_hand_computed_values(mixed: HandShop) -> None:
    names = ("category", "products", "orders", "units", "customers", "net_sales", "aov", "avg_review")
    assert mixed.rows("category_performance", *names) == [
        ("books", 1, 3, 3, 3, Decimal("90.00"), 30.0, 3.0),
        ("garden", 1, 0, 0, 0, Decimal("0.00"), None, None),
        ("toys", 1, 5, 6, 4, Decimal("60.00"), 12.0, 2.5),  # order 2's two lines are one order and one review
        ("unknown", 1, 1, 1, 1, Decimal("30.00"), 30.0, None),
    ]
    assert mixed.row("category_performance", category="books")["share"] == 90 / 180


def test_the_cross_sell_index_is_a_lift(mixed: HandShop) -> None:
    # Baskets with several known categories: 2 of all 6, 2 of the 3 with books, and 2 of the 5 with toys.
    assert dict(mixed.rows("category_performance", "category", "cross_sell_index")) == {
        "books": pytest.approx((2 / 3) / (2 / 6)),
        "toys": pytest.approx((2 / 5) / (2 / 6)),
        "garden": None,
        "unknown": None,
    }


def test_without_mixed_baskets_there_is_no_lift() -> None:
    assert selling("1.00", "2.00").rows("category_performance", "cross_sell_index") == [(None,)]
