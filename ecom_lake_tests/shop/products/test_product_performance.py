"""Sales, ranks and ABC classes of products, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, product, review
from ecom_lake_tests.builders.purchases import selling


def test_a_product_has_the_hand_computed_values() -> None:
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
    assert (made["return_rate"], made["return_rate_units"]) == (None, None)  # the shop has no data on returns


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
        ("d", 4, "B"),  # 80% before it: not below 80%
        ("e", 5, "C"),  # 95%
    ]


def test_the_bounds_of_the_classes_come_from_the_settings() -> None:
    numbers = ShopSettings(abc_a_share=Decimal("0.5"), abc_b_share=Decimal("0.65"))
    shop = selling("15.00", "50.00", "15.00", "20.00", numbers=numbers)
    assert shop.rows("product_performance", "product_id", "abc_class") == [("a", "C"), ("b", "A"), ("c", "C"), ("d", "B")]


def test_a_rank_in_a_category_counts_its_products_only() -> None:
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


def test_without_sales_no_product_has_a_class() -> None:
    free = selling("0.00")
    assert free.rows("product_performance", "orders", "share", "abc_class") == [(1, None, None)]
    never = HandShop(products=[product("a")])
    assert never.rows("product_performance", "orders", "net_sales", "abc_class", "first_sold") == [(0, Decimal(0), None, None)]


def test_return_rates_have_the_hand_computed_values() -> None:
    def bought(order_id: str, status: str, quantity: int, returned: bool | None) -> tuple[Row, Row]:
        return order(order_id, status=status), item(order_id, "1.00", quantity=quantity, is_returned=returned)

    rows = [
        bought("kept", "delivered", 3, False),
        bought("sent back", "delivered", 2, True),
        bought("returned", "returned", 4, None),  # its lines are returned because the order is
        bought("kept of a return", "returned", 1, False),
        bought("on its way", "shipped", 7, False),
        bought("lost", "unknown", 5, None),
    ]
    shop = HandShop(orders=[placed for placed, _ in rows], order_items=[line for _, line in rows])
    made = shop.row("product_performance")
    assert (made["return_rate"], made["return_rate_units"]) == (2 / 4, 6 / 10)
    assert shop.row("category_performance")["return_rate"] == 2 / 4
