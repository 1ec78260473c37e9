"""Customer value by first category, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product


def test_first_categories_have_the_hand_computed_values(journeys: HandShop) -> None:
    # All are over a year old; first orders: ana's 1, bob's 6, eve's 8 and fay's 9, of toys; 3 of the 4 ordered again in time.
    assert journeys.table("first_product_value").to_dicts() == [
        {
            "category": "toys",
            "customers": 4,
            "customers_90d": 4,
            "repeat_rate_90d": 3 / 4,
            "customers_365d": 4,
            "repeat_rate_365d": 3 / 4,
            "net_sales_per_customer_365d": (60 + 20 + 10 + 20) / 4,
        }
    ]


def test_customers_and_orders_count_within_the_complete_follow_up_only() -> None:
    as_of = date(2018, 12, 31)  # 90 days before: 2 October; 365 days before: 31 December 2017
    days = {
        "old": ("2017-12-31", "2018-12-31"),  # the second 365 days after: just in time
        "slow": ("2017-12-30", "2018-12-31"),  # 366 days after
        "quick": ("2018-10-02", "2018-12-31"),  # 90 days after
        "slower": ("2018-10-01", "2018-12-31"),  # 91 days after
        "young": ("2018-10-03", "2018-10-04"),
        "too late": ("2019-01-01", "2019-01-02"),
    }
    shop = HandShop(
        orders=[
            order(f"{who}{n}", f"{day} 10:00:00", customer_id=who) for who, both in days.items() for n, day in enumerate(both)
        ],
        order_items=[item(f"{who}{n}", "10.00") for who in days for n in (0, 1)],
        numbers=ShopSettings(as_of=as_of),
    )
    assert shop.row("first_product_value", category="unknown") == {
        "category": "unknown",
        "customers": 5,
        "customers_90d": 4,
        "repeat_rate_90d": 1 / 4,  # quick
        "customers_365d": 2,
        "repeat_rate_365d": 1 / 2,  # old
        "net_sales_per_customer_365d": 15.0,  # 20 and 10
    }


def test_a_split_first_purchase_is_not_a_repeat_purchase() -> None:
    shop = HandShop(
        products=[product("t", "toys"), product("b", "books")],
        orders=[order("1", "2017-01-01 10:00:00", customer_id="ana"), order("2", "2017-01-01 11:00:00", customer_id="ana")],
        order_items=[item("1", product_id="t"), item("2", product_id="b")],
        numbers=ShopSettings(as_of=date(2018, 12, 31)),
    )
    names = ("category", "customers", "repeat_rate_365d", "net_sales_per_customer_365d")
    assert shop.rows("first_product_value", *names) == [("toys", 1, 0.0, 20.0)]
