"""Payments by method, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop, order, payment

JAN, FEB = date(2018, 1, 1), date(2018, 2, 1)


def test_payment_methods_have_the_hand_computed_values() -> None:
    shop = HandShop(
        orders=[order("1"), order("2"), order("3", "2018-02-10 10:00:00"), order("4", status="canceled"), order("5")],
        payments=[
            payment("1", "60.00", 1, method="card", instalments=4),
            payment("1", "10.00", 2, method="voucher"),
            payment("1", "5.00", 3, method="voucher"),
            payment("2", "25.00", 1, method="card", instalments=1),
            payment("3", "0.00", 1, method="voucher"),
            payment("4", "99.00", 1, method="card"),
            payment("5", "99.00", 1, method="card", status="failed"),
            payment("5", "99.00", 2, method="transfer", status="pending"),
        ],
    )
    names = ("month", "method", "orders", "payment_count", "payments", "share", "avg_installments")
    assert shop.rows("payment_mix", *names) == [
        (JAN, "card", 2, 2, Decimal("85.00"), 0.85, 2.5),
        (JAN, "voucher", 1, 2, Decimal("15.00"), 0.15, 1.0),
        (FEB, "voucher", 1, 1, Decimal("0.00"), None, 1.0),
    ]


def test_instalments_are_those_of_the_payments_that_state_them() -> None:
    """A payment that states none was not paid at once: nobody knows."""
    shop = HandShop(
        orders=[order("1"), order("2", "2018-02-10 10:00:00"), order("3", "2018-02-10 10:00:00")],
        payments=[
            payment("1", "10.00", instalments=None),
            payment("2", "10.00", instalments=3),
            payment("2", "10.00", 2, instalments=None),
            payment("3", "10.00", instalments=6),
        ],
    )
    assert shop.rows("payment_mix", "month", "payment_count", "known_instalments", "avg_installments") == [
        (JAN, 1, 0, None),
        (FEB, 3, 2, 4.5),
    ]
    assert shop.rows("fct_orders", "order_id", "payments", "instalments") == [("1", 10, None), ("2", 20, 3), ("3", 10, 6)]
    [answer] = shop.answer("payment-methods", year=None, by="value", top=5)
    assert answer[-1] == 4.5
    assert shop.broken() == set()
