"""Products, categories, journeys and first purchases, from silver rows written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, product, review

# product_performance


def selling(*prices: str, numbers: ShopSettings | None = None) -> HandShop:
    """One product a price, a, b, c …, each sold once."""
    names = "abcdefgh"[: len(prices)]
    return HandShop(
        numbers=numbers,
        products=[product(name) for name in names],
        orders=[order(name) for name in names],
        order_items=[item(name, price, product_id=name) for name, price in zip(names, prices, strict=True)],
    )


def test_a_product_by_hand() -> None:
    shop = HandShop(
        products=[product("ball", unit_cost="2.00")],
        orders=[order("1", "2018-01-05 10:00:00"), order("2", "2018-03-01 10:00:00"), order("3", status="canceled")],
        order_items=[
            item("1", "10.00", 1, quantity=2, discount="1.00", product_id="ball"),
            item("1", "10.00", 2, product_id="ball"),
            item("2", "9.00", 1, product_id="ball"),
            item("2", "9.00", 2, product_id="ball", is_valid=False),
            item("3", "99.00", product_id="ball"),
        ],
        reviews=[review("1", 2), review("2", 5), review("3", 1)],
    )
    made = shop.row("product_performance")
    assert {name: made[name] for name in ("units", "orders", "net_sales", "gross_profit", "avg_review")} == {
        "units": 4,  # 2 + 1 + 1
        "orders": 2,
        "net_sales": Decimal("38.00"),  # 20 - 1 + 10 + 9
        "gross_profit": Decimal("30.00"),  # less 4 * 2
        "avg_review": 3.5,  # once per order, though order 1 has two lines
    }
    assert (made["first_sold"], made["last_sold"]) == (date(2018, 1, 5), date(2018, 3, 1))
    assert (made["share"], made["cumulative_share"]) == (1.0, 1.0)
    assert (made["return_rate"], made["return_rate_units"]) == (None, None)  # the shop knows of no returns


def test_gross_profit_of_a_product_needs_95_percent_of_its_sales_costed() -> None:
    shop = HandShop(
        orders=[order("1"), order("2")],
        order_items=[
            item("1", "95.00", 1, product_id="enough", unit_cost="40.00"),
            item("1", "5.00", 2, product_id="enough"),
            item("2", "94.00", 1, product_id="too little", unit_cost="40.00"),
            item("2", "6.00", 2, product_id="too little"),
        ],
    )
    profits = dict(shop.rows("product_performance", "product_id", "gross_profit"))
    assert profits == {"enough": Decimal("60.00"), "too little": None}


def test_ranks_and_classes_break_ties_by_id() -> None:
    shop = selling("15.00", "50.00", "15.00", "15.00", "5.00")
    assert shop.rows("product_performance", "product_id", "rank_by_sales", "abc_class") == [
        ("a", 2, "A"),  # 50% before it
        ("b", 1, "A"),
        ("c", 3, "A"),  # 65%
        ("d", 4, "B"),  # 80% before it: not under
        ("e", 5, "C"),  # 95%
    ]


def test_the_bounds_of_the_classes_are_settings() -> None:
    numbers = ShopSettings(abc_a_share=Decimal("0.5"), abc_b_share=Decimal("0.65"))
    shop = selling("15.00", "50.00", "15.00", "20.00", numbers=numbers)
    assert shop.rows("product_performance", "product_id", "abc_class") == [("a", "C"), ("b", "A"), ("c", "C"), ("d", "B")]


def test_a_rank_in_its_category_counts_no_others() -> None:
    shop = HandShop(
        products=[product("a", "toys"), product("b", "books"), product("c", "toys"), product("d", "toys")],
        orders=[order("1")],
        order_items=[
            item("1", price, line, product_id=name) for line, (name, price) in enumerate({"a": "1.00", "b": "9.00"}.items(), 1)
        ],
    )
    assert shop.rows("product_performance", "product_id", "rank_in_category", "rank_by_sales", "abc_class") == [
        ("a", 1, 2, "B"),  # 90% before it
        ("b", 1, 1, "A"),
        ("c", 2, 3, "C"),  # never sold, but a product
        ("d", 3, 4, "C"),
    ]


def test_where_nothing_was_sold_nothing_has_a_class() -> None:
    free = selling("0.00")
    assert free.rows("product_performance", "orders", "share", "abc_class") == [(1, None, None)]
    never = HandShop(products=[product("a")])
    assert never.rows("product_performance", "orders", "net_sales", "abc_class", "first_sold") == [(0, Decimal(0), None, None)]


def test_return_rates_of_a_product() -> None:
    def bought(order_id: str, status: str, quantity: int, returned: bool | None) -> tuple[Row, Row]:
        return order(order_id, status=status), item(order_id, "1.00", quantity=quantity, is_returned=returned)

    rows = [
        bought("kept", "delivered", 3, False),
        bought("sent back", "delivered", 2, True),
        bought("returned", "returned", 4, None),  # its lines are returned as the order is
        bought("kept of a return", "returned", 1, False),
        bought("on its way", "shipped", 7, False),
        bought("lost", "unknown", 5, None),
    ]
    shop = HandShop(orders=[placed for placed, _ in rows], order_items=[line for _, line in rows])
    made = shop.row("product_performance")
    assert (made["return_rate"], made["return_rate_units"]) == (2 / 4, 6 / 10)
    assert shop.row("category_performance")["return_rate"] == 2 / 4


# category_performance


@pytest.fixture(scope="module")
def mixed() -> HandShop:
    """Six baskets: toys alone twice, toys and books twice, books alone, and something unknown beside toys."""
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


def test_categories_by_hand(mixed: HandShop) -> None:
    names = ("category", "products", "orders", "units", "customers", "net_sales", "aov", "avg_review")
    assert mixed.rows("category_performance", *names) == [
        ("books", 1, 3, 3, 3, Decimal("90.00"), 30.0, 3.0),
        ("garden", 1, 0, 0, 0, Decimal("0.00"), None, None),
        ("toys", 1, 5, 6, 4, Decimal("60.00"), 12.0, 2.5),  # order 2's two lines are one order and one review
        ("unknown", 1, 1, 1, 1, Decimal("30.00"), 30.0, None),
    ]
    assert mixed.row("category_performance", category="books")["share"] == 90 / 180


def test_the_cross_sell_index_is_a_lift(mixed: HandShop) -> None:
    # 2 of the 6 baskets hold several known categories; so do 2 of the 3 with books and 2 of the 5 with toys.
    assert dict(mixed.rows("category_performance", "category", "cross_sell_index")) == {
        "books": pytest.approx((2 / 3) / (2 / 6)),
        "toys": pytest.approx((2 / 5) / (2 / 6)),
        "garden": None,
        "unknown": None,
    }


def test_without_mixed_baskets_there_is_no_lift() -> None:
    assert selling("1.00", "2.00").rows("category_performance", "cross_sell_index") == [(None,)]


# product_journey


@pytest.fixture(scope="module")
def journeys() -> HandShop:
    """Ana: toys and books on one day in two orders, garden 10 days later, toys 4 days later; bob: toys, 20 days, garden."""

    def bought(order_id: str, person: str, day: str, *things: str, **more: str) -> tuple[Row, list[Row]]:
        lines = [item(order_id, "10.00", line, product_id=held) for line, held in enumerate(things, 1)]
        return order(order_id, f"{day} 10:00:00", customer_id=person, **more), lines

    rows = [
        bought("1", "ana", "2018-01-01", "t"),
        bought("2", "ana", "2018-01-01", "b", "t"),
        bought("3", "ana", "2018-01-11", "g", "g"),
        bought("4", "ana", "2018-01-12", "b", status="canceled"),
        bought("5", "ana", "2018-01-15", "t"),
        bought("6", "bob", "2018-02-01", "t"),
        bought("7", "bob", "2018-02-21", "g"),
        bought("8", "eve", "2018-02-01", "t"),
        bought("9", "fay", "2018-02-01", "t"),
        bought("10", "fay", "2018-02-03"),
        bought("11", "fay", "2018-02-04", "g"),
    ]
    return HandShop(
        products=[product("t", "toys"), product("b", "books"), product("g", "garden")],
        orders=[placed for placed, _ in rows],
        order_items=[line for _, lines in rows for line in lines],
        numbers=ShopSettings(as_of=date(2019, 6, 30)),
    )


def test_journeys_by_hand(journeys: HandShop) -> None:
    names = ("from_category", "to_category", "customers", "steps", "from_customers", "share", "median_days")
    assert journeys.rows("product_journey", *names) == [
        ("books", "garden", 1, 1, 1, 1.0, 10.0),
        ("garden", "toys", 1, 1, 1, 1.0, 4.0),  # over the canceled order
        ("toys", "garden", 2, 2, 2, 1.0, 15.0),  # 10 and 20; fay's purchase between the two is of no category
    ]


def test_a_purchase_of_several_categories_goes_to_each() -> None:
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


def test_people_who_never_came_back_make_no_journey() -> None:
    assert selling("1.00", "2.00").table("product_journey").is_empty()


# first_product_value


def test_first_categories_by_hand(journeys: HandShop) -> None:
    # All are over a year old; first orders: ana's 1, bob's 6, eve's 8 and fay's 9, of toys; 3 of the 4 came back in time.
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


def test_people_count_once_they_are_old_enough_and_only_what_came_in_time() -> None:
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


def test_a_split_first_purchase_is_no_return() -> None:
    shop = HandShop(
        products=[product("t", "toys"), product("b", "books")],
        orders=[order("1", "2017-01-01 10:00:00", customer_id="ana"), order("2", "2017-01-01 11:00:00", customer_id="ana")],
        order_items=[item("1", product_id="t"), item("2", product_id="b")],
        numbers=ShopSettings(as_of=date(2018, 12, 31)),
    )
    names = ("category", "customers", "repeat_rate_365d", "net_sales_per_customer_365d")
    assert shop.rows("first_product_value", *names) == [("toys", 1, 0.0, 20.0)]
