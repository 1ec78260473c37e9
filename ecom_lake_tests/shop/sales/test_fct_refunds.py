"""Refunds by the day on which the money was given back, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake.shop.sales.fct_refunds import FctRefunds
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, payment, refund

JAN, FEB = date(2018, 1, 1), date(2018, 2, 1)


def rows(shop: HandShop, *columns: str) -> list[tuple[Any, ...]]:
    assert shop.broken("fct_refunds") == set()
    texts = {"amount", "refunded_so_far", "payments"}
    return [
        tuple(str(value) if name in texts else value for name, value in zip(columns, row, strict=True))
        for row in shop.rows("fct_refunds", *columns)
    ]


def test_a_refund_has_its_own_month_and_the_refunds_so_far() -> None:
    shop = HandShop(
        orders=[order("a", "2018-01-30 10:00:00"), order("x", status="canceled")],
        order_items=[item("a", "30.00"), item("x")],
        payments=[payment("a", "30.00"), payment("a", "30.00", 2, status="failed"), payment("x", "10.00")],
        refunds=[
            refund("a", "5.00", "2018-02-03 09:00:00", "later"),
            refund("a", "2.50", "2018-01-31 23:59:59", "z, first", line=1, reason="scratched"),
            refund("a", "1.00", "2018-02-03 09:00:00", "and another"),
            refund("x", "10.00", "2018-01-11 00:00:00"),
        ],
    )
    columns = ("refund_id", "month", "refund_date", "order_date", "is_valid", "amount", "refunded_so_far", "payments")
    assert rows(shop, *columns) == [
        ("and another", FEB, date(2018, 2, 3), date(2018, 1, 30), True, "1.00", "3.50", "30.00"),
        ("later", FEB, date(2018, 2, 3), date(2018, 1, 30), True, "5.00", "8.50", "30.00"),
        ("r", JAN, date(2018, 1, 11), date(2018, 1, 10), False, "10.00", "10.00", "10.00"),
        ("z, first", JAN, date(2018, 1, 31), date(2018, 1, 30), True, "2.50", "2.50", "30.00"),
    ]
    assert rows(shop, "refund_id", "line", "reason")[-1] == ("z, first", 1, "scratched")


def test_refunds_above_the_payments_and_before_the_order_are_warnings() -> None:
    shop = HandShop(
        orders=[order("a", "2018-01-30 10:00:00"), order("b", "2018-01-30 10:00:00")],
        payments=[payment("a", "10.00"), payment("b", "10.00")],
        refunds=[
            refund("a", "6.00", "2018-01-31", "1"),
            refund("a", "4.00", "2018-02-01", "2"),
            refund("a", "0.01", "2018-02-02", "3"),
            refund("b", "1.00", "2018-01-30 00:00:00"),
            refund("b", "1.00", "2018-01-29 23:59:59", "early"),
        ],
    )
    with pytest.raises(AssertionError, match=r"\{'refunds_within_payments': 1, 'refund_after_the_order': 1\}"):
        shop.table("fct_refunds")
    severities = {rule.name: rule.severity for rule in FctRefunds.table.rules}
    assert (severities["refunds_within_payments"], severities["refund_after_the_order"]) == ("warn", "warn")


def test_a_shop_without_payments_has_refunds_that_nothing_exceeds() -> None:
    shop = HandShop(orders=[order("a")], refunds=[refund("a", "6.00")])
    assert rows(shop, "amount", "payments") == [("6.00", "None")]


def test_a_refund_without_a_date_is_kept() -> None:
    shop = HandShop(orders=[order("a", None)], refunds=[refund("a", "6.00", None)])
    assert rows(shop, "month", "refund_date", "order_date", "amount") == [(None, None, None, "6.00")]


def test_a_shop_without_refunds_has_no_rows() -> None:
    assert rows(HandShop(orders=[order("a")]), "refund_id") == []
