"""The customer dimension, from hand-written silver rows."""

from __future__ import annotations

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, customer, order


def test_a_customer_has_the_address_of_the_latest_order_that_has_one() -> None:
    """As a whole: the state of one order does not go with the city of another one or of the record."""
    shop = HandShop(
        customers=[
            customer("moved", city="rio", state="RJ", country="PT", zip="20000"),
            customer("no address"),
            customer("placed nowhere", city="rio", state="RJ"),
            customer("without orders", city="rio", state="RJ", country="PT"),
        ],
        orders=[
            order("1", "2018-01-01 10:00:00", customer_id="moved", city="recife", state="PE"),
            order("6", "2018-01-03 10:00:00", customer_id="moved", city="sao paulo", state="SP"),
            order("7", "2018-01-04 10:00:00", customer_id="moved"),
            order("2", "2018-01-01 10:00:00", customer_id="no address", city="natal"),
            order("5", "2018-01-01 10:00:00", customer_id="placed nowhere"),
            order("4", "2018-01-02 10:00:00", customer_id="stranger", city="manaus", state="AM", country="PE"),
            order("3", "2018-01-02 10:00:00", customer_id="stranger", city="belem"),
            order("8", "2018-01-02 10:00:00", customer_id="stranger from nowhere"),
        ],
        numbers=ShopSettings(country="BR"),
    )
    assert shop.broken() == set()
    assert shop.rows("dim_customer", "customer_id", "has_record", "city", "state", "country", "zip") == [
        ("moved", True, "sao paulo", "SP", "BR", None),
        ("no address", True, "natal", None, "BR", None),
        ("placed nowhere", True, "rio", "RJ", "BR", None),
        ("stranger", False, "manaus", "AM", "PE", None),
        ("stranger from nowhere", False, None, None, "BR", None),
        ("without orders", True, "rio", "RJ", "PT", None),
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
