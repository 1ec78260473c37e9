"""The spending and the status of each customer, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, product, review
from ecom_lake_tests.builders.purchases import END_OF_2018, shop_of_spenders, spent


def test_one_customer_has_the_hand_computed_metrics() -> None:
    shop = HandShop(
        numbers=END_OF_2018,
        customers=[customer("ana", registered_at="2018-09-01 23:59:00")],
        products=[product("p", "toys", unit_cost="4.00"), product("q", "garden", unit_cost="1.00")],
        orders=[
            order("1", "2018-10-02 10:00:00", customer_id="ana", promised_at="2018-10-05", delivered_at="2018-10-06"),
            order("2", "2018-10-02 20:00:00", customer_id="ana"),
            order("x", "2018-10-03 10:00:00", customer_id="ana", status="canceled"),
            order("3", "2018-10-12 10:00:00", customer_id="ana"),
            order("4", "2018-12-01 10:00:00", customer_id="ana"),
        ],
        order_items=[
            item("1", "10.00", 1, quantity=2, discount="3.00"),
            item("1", "5.00", 2, product_id="q"),
            item("2", "8.00", product_id="q"),
            item("3", "6.00"),
            item("x", "500.00"),
        ],
        reviews=[review("1", 5), review("2", 2), review("x", 1)],
    )
    assert shop.row("customer_metrics") == {
        "customer_id": "ana",
        "first_order_date": date(2018, 10, 2),
        "last_order_date": date(2018, 12, 1),
        "orders": 4,
        "purchases": 3,  # two of the orders are on the same day
        "items": 4,
        "units": 5,
        "net_sales": Decimal("36.00"),  # 2 * 10 - 3 + 5 + 8 + 6
        "cogs": Decimal("14.00"),  # 2 * 4 + 1 + 1 + 4
        "gross_profit": Decimal("22.00"),
        "aov": 9.0,
        "recency_days": 30,
        "lifespan_days": 60,  # 29 of October, 30 of November, 1 of December
        "avg_gap_days": 30.0,  # 60 / (3 - 1)
        "registration_delay_days": 31,
        "registration_anomaly": False,
        "categories": 2,
        "promised_orders": 1,
        "late_orders": 1,
        "avg_review": 3.5,
        "m": 1,
        "loyalty_tier": "Loyal",
        "persona": "Low-Premium",
        "activity_status": "active",  # the gaps are 10 and 50 days: half are at most 30
    }


def test_late_orders_are_unknown_where_nothing_was_promised() -> None:
    def delivered(order_id: str, who: str, promised: str | None) -> Row:
        return order(order_id, customer_id=who, status="delivered", delivered_at="2018-02-05 10:00:00", promised_at=promised)

    shop = HandShop(
        orders=[
            *(delivered(order_id, "ana", "2018-02-04 00:00:00") for order_id in "12"),
            delivered("3", "ana", None),
            delivered("4", "bob", "2018-02-05 00:00:00"),
            delivered("5", "eve", None),
            order("6", customer_id="eve", promised_at="2018-02-05 00:00:00", status="shipped"),
        ]
    )
    assert shop.rows("customer_metrics", "customer_id", "orders", "promised_orders", "late_orders") == [
        ("ana", 3, 2, 2),
        ("bob", 1, 1, 0),
        ("eve", 2, 0, None),
    ]


def test_categories_are_counted_once_per_customer() -> None:
    two_of_one = [item("b", "1.00", 1), item("b", "1.00", 2)]
    two_of_two = [item("c", "1.00", 1), item("c", "1.00", 2, product_id="q")]
    shop = HandShop(
        products=[product("p", "toys"), product("q", "books")],
        orders=[order(order_id, customer_id=order_id) for order_id in "abcd"],
        order_items=[item("a"), *two_of_one, *two_of_two],
    )
    assert shop.rows("customer_metrics", "customer_id", "categories") == [("a", 1), ("b", 1), ("c", 2), ("d", 0)]


def test_an_unknown_category_is_not_counted() -> None:
    known_and_unknown = [item("b", "1.00", 1), item("b", "1.00", 2, product_id="without")]
    shop = HandShop(
        products=[product("p", "toys"), product("without", "unknown")],
        orders=[order(order_id, customer_id=order_id) for order_id in "abc"],
        order_items=[item("a", product_id="without"), *known_and_unknown, item("c", product_id="not in the list")],
    )
    assert shop.rows("customer_metrics", "customer_id", "categories") == [("a", 0), ("b", 1), ("c", 0)]


def test_only_orders_up_to_the_as_of_date_count() -> None:
    people = [spent("ana", "01-01", "06-30", "07-01", net_sales="99.00"), spent("bob", "07-02")]
    shop = shop_of_spenders(*people, numbers=ShopSettings(as_of=date(2018, 6, 30)))
    columns = ("customer_id", "orders", "purchases", "net_sales", "last_order_date", "recency_days")
    assert shop.rows("customer_metrics", *columns) == [("ana", 2, 2, Decimal("0.00"), date(2018, 6, 30), 0)]
    assert shop.rows("rfm", "customer_id", "as_of", "frequency") == [("ana", date(2018, 6, 30), 2)]
    assert shop.broken() == set()


def test_a_customer_who_ordered_before_registering_is_flagged() -> None:
    registered = {"before": "2018-01-05 23:59:00", "same day": "2018-01-10 23:59:00", "after": "2018-01-12 00:00:00"}
    shop = shop_of_spenders(
        *(spent(person, "01-10") for person in (*registered, "never")),
        customers=[customer(person, registered_at=at) for person, at in registered.items()],
    )
    columns = ("customer_id", "registration_delay_days", "registration_anomaly")
    assert {row[0]: row[1:] for row in shop.rows("customer_metrics", *columns)} == {
        "before": (5, False),
        "same day": (0, False),
        "after": (-2, True),
        "never": (None, None),
    }


def test_loyalty_counts_purchases_including_those_before_the_export() -> None:
    people = [
        spent("a one", "01-01"),
        spent("b one, split", "01-01", "01-01"),
        spent("c two", "01-01", "01-02"),
        spent("d three", "01-01", "01-02", "01-03"),
        spent("e one and one before", "01-01"),
        spent("f one and two before", "01-01"),
    ]
    before = [customer("e one and one before", prior_purchases=1), customer("f one and two before", prior_purchases=2)]

    def tiers(numbers: ShopSettings) -> list[str]:
        return [
            tier
            for (tier,) in shop_of_spenders(*people, numbers=numbers, customers=before).rows("customer_metrics", "loyalty_tier")
        ]

    assert tiers(END_OF_2018) == ["New", "New", "Returning", "Loyal", "Returning", "Loyal"]
    assert tiers(ShopSettings(returning_purchases=3, loyal_purchases=4)) == ["New", "New", "New", "Returning", "New", "Returning"]


def test_activity_and_persona_follow_the_first_matching_rule() -> None:
    # Gaps of 10, 20 and 30 days: half are at most 20 long, four fifths at most 20 + 0.6 * (30 - 20) = 26.
    # Ten customers with ten sums: two for each monetary score.
    shop = shop_of_spenders(
        spent("100", "12-01", "12-11", net_sales="100.00"),  # gap 10, 20 days ago
        spent("090", "01-01", net_sales="90.00"),
        spent("080", "06-01", "06-21", net_sales="80.00"),  # gap 20
        spent("070", "12-04", net_sales="70.00"),  # 27 days ago
        spent("060", "12-05", net_sales="60.00"),  # 26 days ago
        spent("050", "01-01", net_sales="50.00"),
        spent("040", "01-01", net_sales="40.00"),
        spent("030", "11-20", "12-20", net_sales="30.00"),  # gap 30
        spent("020", "12-10", net_sales="20.00"),  # 21 days ago
        spent("010", "12-31", net_sales="10.00"),
    )
    assert {row[0]: row[1:] for row in shop.rows("customer_metrics", "customer_id", "m", "activity_status", "persona")} == {
        "100": (5, "active", "Loyal High-Value"),
        "090": (5, "lapsed", "Premium"),
        "080": (4, "lapsed", "Loyal High-Value"),
        "070": (4, "lapsed", "High Churn Risk"),
        "060": (3, "at risk", "Standard"),
        "050": (3, "lapsed", "High Churn Risk"),
        "040": (2, "lapsed", "High Churn Risk"),
        "030": (2, "active", "Low-Premium"),
        "020": (1, "at risk", "Low-Premium"),
        "010": (1, "active", "Low-Premium"),
    }


def test_without_gaps_the_activity_is_unknown() -> None:
    shop = shop_of_spenders(spent("ana", "01-01", "01-01"), spent("bob", "12-31"))
    assert shop.rows("customer_metrics", "activity_status", "avg_gap_days") == [(None, None)] * 2
