"""Order lines, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product


def test_a_cost_comes_from_the_line_or_its_product_and_is_rounded_half_away_from_zero() -> None:
    shop = HandShop(
        products=[product("p1", unit_cost="4.00"), product("p2")],
        orders=[order("a")],
        order_items=[
            item("a", "10.00", 1, quantity=3, product_id="p1", unit_cost="0.335", discount="2.50"),  # 3 * 0.335 = 1.005
            item("a", "10.00", 2, quantity=2, product_id="p1"),
            item("a", "10.00", 3, product_id="p2"),
        ],
    )
    assert shop.rows("fct_sales", "gross_sales", "net_sales", "cogs", "gross_profit") == [
        (Decimal("30.00"), Decimal("27.50"), Decimal("1.01"), Decimal("26.49")),
        (Decimal("20.00"), Decimal("20.00"), Decimal("8.00"), Decimal("12.00")),
        (Decimal("10.00"), Decimal("10.00"), None, None),
    ]
    order_row = shop.row("fct_orders")
    assert (order_row["cogs"], order_row["costed_sales"]) == (Decimal("9.01"), Decimal("47.50"))


def test_a_line_is_returned_if_it_or_its_order_is() -> None:
    orders = [order("a", status="returned"), order("b")]
    lines = [item("a", line=1), item("a", line=2, is_returned=False), item("b", line=1), item("b", line=2, is_returned=True)]
    shop = HandShop(orders=orders, order_items=lines)
    assert [returned for (returned,) in shop.rows("fct_sales", "is_returned")] == [True, False, False, True]
    assert shop.rows("fct_orders", "is_returned", "returned_units") == [(True, 1), (True, 1)]


def test_a_shop_without_any_return_has_no_data_on_returns() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a")])
    assert shop.rows("fct_sales", "is_returned") == [(None,)]
    assert shop.rows("fct_orders", "is_returned", "returned_units", "returned_sales") == [(None, None, None)]


def test_a_line_has_the_size_and_colour_as_it_was_sold_and_its_tax() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a", size="XL", colour="blue", tax="1.90")])
    assert shop.rows("fct_sales", "size", "colour", "tax") == [("XL", "blue", Decimal("1.90"))]
