"""Groups of people and how much of the shop they bring, from silver rows written by hand: tenths, personas, tiers, ages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, product

NUMBERS = ShopSettings(as_of=date(2018, 12, 31))


def shop_of_sales(*prices: str) -> HandShop:
    orders = [order(f"o{n}") for n in range(len(prices))]
    return HandShop(orders=orders, order_items=[item(row["order_id"], price) for row, price in zip(orders, prices, strict=True)])


def gini(shop: HandShop) -> float:
    value: float = shop.row("kpi_summary", metric="gini")["value"]
    return value


# customer_concentration


def test_tenths_of_twelve_people() -> None:
    # Place i is in tenth 1 + 10 * i // 12: places 0 1 are in the first, 6 7 in the sixth, all others alone.
    shop = shop_of_sales(*(f"{price}.00" for price in range(1, 13)))
    columns = ("decile", "customers", "net_sales", "cumulative_share")
    assert shop.rows("customer_concentration", *columns)[:7] == [
        (1, 2, Decimal("23.00"), pytest.approx(23 / 78)),
        (2, 1, Decimal("10.00"), pytest.approx(33 / 78)),
        (3, 1, Decimal("9.00"), pytest.approx(42 / 78)),
        (4, 1, Decimal("8.00"), pytest.approx(50 / 78)),
        (5, 1, Decimal("7.00"), pytest.approx(57 / 78)),
        (6, 2, Decimal("11.00"), pytest.approx(68 / 78)),
        (7, 1, Decimal("4.00"), pytest.approx(72 / 78)),
    ]
    assert sum(part for (part,) in shop.rows("customer_concentration", "gini_part")) == pytest.approx(gini(shop))


def test_people_who_spent_as_much_may_stand_in_two_tenths_and_the_sums_do_not_mind() -> None:
    shop = shop_of_sales(*["5.00"] * 15)
    assert [(count, total) for _, count, total in shop.rows("customer_concentration", "decile", "customers", "net_sales")] == [
        (2, Decimal("10.00")),
        (1, Decimal("5.00")),
    ] * 5
    assert gini(shop) == pytest.approx(0)
    assert shop.broken() == set()


def test_gini_with_ties_by_hand() -> None:
    # Places 1 2 3 4 of 0 10 10 20: 2 * (10 * 2 + 10 * 3 + 20 * 4) / (4 * 40) - 5 / 4
    assert gini(shop_of_sales("10.00", "0.00", "20.00", "10.00")) == pytest.approx(260 / 160 - 1.25)


# personas, loyalty_tiers, persona_products


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """Five people; ana bought thrice, bob twice, and the others once."""
    bought = {
        "ana": [("10-01", "30.00", "toys"), ("10-11", "30.00", "books"), ("12-30", "40.00", "toys")],
        "bob": [("11-01", "20.00", "toys"), ("11-21", "5.00", "toys")],
        "eve": [("01-01", "90.00", "books")],
        "fay": [("12-30", "7.00", "toys")],
        "gus": [("12-30", "30.00", "toys"), ("12-30", "20.00", "toys")],  # one purchase
    }
    orders: list[Row] = []
    lines: list[Row] = []
    for person, purchases in bought.items():
        for n, (day, price, category) in enumerate(purchases):
            orders.append(order(f"{person}{n}", f"2018-{day} 10:00:00", customer_id=person))
            lines.append(item(f"{person}{n}", price, product_id=category, quantity=1))
    lines.append(item("ana0", "10.00", 2, product_id="toys"))
    orders.append(order("x", "2018-12-31 10:00:00", customer_id="gus", status="canceled"))
    lines.append(item("x", "99.00", product_id="toys"))
    people = [
        customer("ana", gender="female", age=20, is_subscriber=True),
        customer("bob", gender="male", age=30, is_subscriber=False),
        customer("eve", gender="female", age=40, is_subscriber=True),
        customer("fay", age=50),
    ]
    products = [product("toys", "toys"), product("books", "books")]
    return HandShop(NUMBERS, orders=orders, order_items=lines, customers=people, products=products)


def test_every_promise_holds_of_it(shop: HandShop) -> None:
    assert shop.broken() == set()


def test_personas_with_their_rules(shop: HandShop) -> None:
    # Sums 7 25 50 90 110 score 1 to 5; the gaps are 10, 20 and 80 days, so that P80 is 56.
    columns = ("persona", "customers", "orders", "net_sales", "aov", "repeat_rate")
    assert shop.rows("personas", *columns) == [
        ("High Churn Risk", 1, 1, Decimal("90.00"), 90, 0),  # eve
        ("Low-Premium", 2, 3, Decimal("32.00"), pytest.approx(32 / 3), 0.5),  # bob and fay
        ("Loyal High-Value", 1, 3, Decimal("110.00"), pytest.approx(110 / 3), 1),  # ana
        ("Standard", 1, 2, Decimal("50.00"), 25, 0),  # gus
    ]
    rules = dict(shop.rows("personas", "persona", "rule"))
    assert rules["Loyal High-Value"] == "At least 2 purchases and a monetary score of at least 4."
    assert rules["Low-Premium"] == "Else a monetary score of at most 2."


def test_tiers_with_their_rules(shop: HandShop) -> None:
    assert shop.rows("loyalty_tiers", "loyalty_tier", "customers", "net_sales", "share", "repeat_rate", "rule") == [
        ("Loyal", 1, Decimal("110.00"), 0.2, 1, "From 3 purchases on."),
        ("New", 3, Decimal("147.00"), 0.6, 0, "Fewer than 2 purchases."),
        ("Returning", 1, Decimal("25.00"), 0.2, 1, "From 2 purchases on."),
    ]


def test_what_each_persona_buys_with_each_person_once(shop: HandShop) -> None:
    assert shop.rows("persona_products", "persona", "category", "customers", "units", "net_sales", "share") == [
        ("High Churn Risk", "books", 1, 1, Decimal("90.00"), 1),
        ("Low-Premium", "toys", 2, 3, Decimal("32.00"), 1),
        ("Loyal High-Value", "books", 1, 1, Decimal("30.00"), pytest.approx(3 / 11)),
        ("Loyal High-Value", "toys", 1, 3, Decimal("80.00"), pytest.approx(8 / 11)),
        ("Standard", "toys", 1, 2, Decimal("50.00"), 1),
    ]


# demographics, subscription_value


def test_genders_and_ages_stand_apart(shop: HandShop) -> None:
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


def test_a_shop_that_knows_one_of_them_says_nothing_of_the_other() -> None:
    made = HandShop(NUMBERS, orders=[order("a", customer_id="ana")], customers=[customer("ana", gender="female")])
    assert made.rows("demographics", "dimension", "member") == [("gender", "female")]


def test_subscribers_and_others(shop: HandShop) -> None:
    columns = ("subscriber", "customers", "orders", "net_sales", "aov", "net_sales_per_customer", "repeat_rate")
    assert shop.rows("subscription_value", *columns) == [
        ("no", 1, 2, Decimal("25.00"), 12.5, 25, 1),
        ("unknown", 2, 3, Decimal("57.00"), 19, 28.5, 0),
        ("yes", 2, 4, Decimal("200.00"), 50, 100, 0.5),
    ]
