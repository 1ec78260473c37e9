"""Customers by gender and by age group, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop, customer, order
from ecom_lake_tests.builders.purchases import END_OF_2018


def test_genders_and_ages_are_separate_dimensions(shop: HandShop) -> None:
    columns = ("dimension", "member", "customers", "orders", "net_sales", "share")
    assert shop.rows("demographics", *columns) == [
        ("age_group", "20-20", 1, 3, Decimal("110.00"), 0.2),
        ("age_group", "30-30", 1, 2, Decimal("25.00"), 0.2),
        ("age_group", "40-40", 1, 1, Decimal("90.00"), 0.2),
        ("age_group", "50-50", 1, 1, Decimal("7.00"), 0.2),
        ("age_group", "unknown", 1, 2, Decimal("50.00"), 0.2),
        ("gender", "female", 2, 4, Decimal("200.00"), 0.4),
        ("gender", "male", 1, 2, Decimal("25.00"), 0.2),
        ("gender", "unknown", 2, 3, Decimal("57.00"), 0.4),
    ]


def test_a_shop_with_one_of_them_has_no_rows_for_the_other() -> None:
    made = HandShop(END_OF_2018, orders=[order("a", customer_id="ana")], customers=[customer("ana", gender="female")])
    assert made.rows("demographics", "dimension", "member") == [("gender", "female")]
