"""The category of each customer's next purchase, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product
from ecom_lake_tests.builders.purchases import selling


def test_journeys_have_the_hand_computed_values(journeys: HandShop) -> None:
    names = ("from_category", "to_category", "customers", "steps", "from_customers", "share", "median_days")
    assert journeys.rows("product_journey", *names) == [
        ("books", "garden", 1, 1, 1, 1.0, 10.0),
        ("garden", "toys", 1, 1, 1, 1.0, 4.0),  # the canceled order is skipped
        ("toys", "garden", 2, 2, 2, 1.0, 15.0),  # 10 and 20; fay's purchase between the two has no category
    ]


def test_a_purchase_with_several_categories_counts_for_each() -> None:
    shop = HandShop(
        products=[product("t", "toys"), product("b", "books")],
        orders=[order(str(day), f"2018-01-{day:02} 10:00:00", customer_id="ana") for day in (1, 8, 18)],
        order_items=[
            item("1", product_id="t"),
            item("8", product_id="t"),
            item("18", product_id="t"),
            item("18", line=2, product_id="b"),
        ],
    )
    names = ("to_category", "customers", "steps", "from_customers", "share", "median_days")
    assert shop.rows("product_journey", *names) == [("books", 1, 1, 1, 1.0, 10.0), ("toys", 1, 2, 1, 1.0, 8.5)]


def test_one_time_buyers_have_no_journey() -> None:
    assert selling("1.00", "2.00").table("product_journey").is_empty()
