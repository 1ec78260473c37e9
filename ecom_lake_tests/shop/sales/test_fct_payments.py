"""The split of an order's sales between its payment methods, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, payment

JAN = date(2018, 1, 1)
COLUMNS = ("order_id", "method", "payment_count", "payments", "units", "gross_sales", "net_sales")


def rows(shop: HandShop) -> list[tuple[object, ...]]:
    assert shop.broken() == set()
    return [tuple(str(value) for value in row) for row in shop.rows("fct_payments", *COLUMNS)]


def test_a_valid_order_is_split_by_payment_value_and_the_largest_method_gets_the_remainder() -> None:
    shop = HandShop(
        orders=[order("a"), order("b"), order("x", status="canceled")],
        order_items=[item("a", "10.00", quantity=2, discount="0.50"), item("b", "3.00"), item("x", "9.00")],
        payments=[
            payment("a", "5.00", 1, method="voucher"),
            payment("a", "5.00", 2, method="voucher"),
            payment("a", "5.00", 3, method="card"),
            payment("a", "90.00", 4, method="transfer", status="pending"),
            payment("b", "3.10", status="unknown"),
            payment("x", "9.00"),
        ],
    )
    assert rows(shop) == [
        ("a", "card", "1", "5.00", "0", "6.67", "6.50"),
        ("a", "voucher", "2", "10.00", "2", "13.33", "13.00"),
        ("b", "card", "1", "3.10", "1", "3.00", "3.00"),
    ]
    assert {month for (month,) in shop.rows("fct_payments", "month")} == {JAN}


def test_an_order_without_payment_has_the_method_none_and_a_shop_without_payments_no_rows() -> None:
    orders, items = [order("a"), order("b")], [item("a"), item("b")]
    assert rows(HandShop(orders=orders, order_items=items, payments=[payment("a", "10.00")])) == [
        ("a", "card", "1", "10.00", "1", "10.00", "10.00"),
        ("b", "none", "0", "0.00", "1", "10.00", "10.00"),
    ]
    assert rows(HandShop(orders=orders, order_items=items)) == []


def test_amounts_of_billions_are_split() -> None:
    shop = HandShop(
        orders=[order("a")],
        order_items=[item("a", "2000000000.00")],
        payments=[payment("a", "1500000000.00"), payment("a", "500000000.00", 2, method="voucher")],
    )
    assert [row[-1] for row in rows(shop)] == ["1500000000.00", "500000000.00"]
