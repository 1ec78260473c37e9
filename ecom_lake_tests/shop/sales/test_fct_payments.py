"""The split of an order's sales between its payment methods, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

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


def paid_by(gross_sales: str, discount: str, *amounts: str) -> HandShop:
    """An order that is paid by these amounts, each by a method of its own: m1, m2 …"""
    payments = [payment("a", amount, number, method=f"m{number}") for number, amount in enumerate(amounts, start=1)]
    return HandShop(orders=[order("a")], order_items=[item("a", gross_sales, discount=discount)], payments=payments)


def test_no_method_has_more_net_than_gross_sales_where_both_are_rounded() -> None:
    shop = paid_by("10.01", "0.01", "3.33", "3.33", "3.33")
    assert [row[1:2] + row[-2:] for row in rows(shop)] == [
        ("m1", "3.34", "3.34"),
        ("m2", "3.33", "3.33"),
        ("m3", "3.34", "3.33"),
    ]


def test_no_method_has_negative_sales_where_the_others_are_rounded_up() -> None:
    shop = paid_by("0.03", "0.00", *["1.00"] * 5)
    assert [row[1:2] + row[-2:] for row in rows(shop)] == [
        ("m1", "0.00", "0.00"),
        ("m2", "0.00", "0.00"),
        *((method, "0.01", "0.01") for method in ("m3", "m4", "m5")),
    ]


@given(
    st.integers(0, 500), st.integers(0, 500), st.lists(st.integers(0, 500), min_size=1, max_size=6).filter(lambda paid: sum(paid))
)
@settings(max_examples=8, deadline=None)
def test_the_parts_of_any_order_are_consistent(net: int, discount: int, paid: list[int]) -> None:
    shop = paid_by(str(cents(net + discount)), str(cents(discount)), *(str(cents(amount)) for amount in paid))
    parts = shop.rows("fct_payments", "gross_sales", "net_sales")
    assert [sum(amounts) for amounts in zip(*parts, strict=True)] == [cents(net + discount), cents(net)]
    assert all(0 <= net_part <= gross_part for gross_part, net_part in parts)
    assert shop.table("kpi_breakdown").height > 0, "its rules pass"


def cents(number: int) -> Decimal:
    return Decimal(number) / 100


def test_amounts_of_billions_are_split() -> None:
    shop = HandShop(
        orders=[order("a")],
        order_items=[item("a", "2000000000.00")],
        payments=[payment("a", "1500000000.00"), payment("a", "500000000.00", 2, method="voucher")],
    )
    assert [row[-1] for row in rows(shop)] == ["1500000000.00", "500000000.00"]
