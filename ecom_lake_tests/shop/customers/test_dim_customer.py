"""The customer dimension, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, customer, order


def test_a_customer_who_is_only_in_orders_has_the_address_of_the_latest_order() -> None:
    shop = HandShop(
        customers=[customer("known", city="rio", country="PT"), customer("no address")],
        orders=[
            order("1", "2018-01-01 10:00:00", customer_id="known", city="recife"),
            order("2", "2018-01-01 10:00:00", customer_id="no address", city="natal"),
            order("4", "2018-01-02 10:00:00", customer_id="stranger", city="manaus", country="PE"),
            order("3", "2018-01-02 10:00:00", customer_id="stranger", city="belem"),
        ],
        numbers=ShopSettings(country="BR"),
    )
    assert shop.rows("dim_customer", "customer_id", "has_record", "city", "country") == [
        ("known", True, "rio", "PT"),
        ("no address", True, "natal", "BR"),
        ("stranger", False, "manaus", "PE"),
    ]


def test_customers_of_the_same_age_are_in_one_group() -> None:
    # Four groups of eight customers; a group's number is 4 * (number of younger customers) // 8.
    ages = [20, 20, 20, 20, 30, 40, 50, 60, None]  # younger: 0 0 0 0 4 5 6 7, so groups 0 0 0 0 2 2 3 3
    shop = HandShop(customers=[customer(str(i), age=age) for i, age in enumerate(ages)])
    assert [group for (group,) in shop.rows("dim_customer", "age_group")] == [
        *["20-20"] * 4,
        *["30-40"] * 2,
        *["50-60"] * 2,
        None,
    ]
