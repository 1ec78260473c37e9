"""Sums of lines against totals of orders."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.totals import Addend, compare_totals

ORDERS = pl.Series([f"o{number // 2}" for number in range(20)])
AMOUNT = Addend("price * quantity", 1, pl.Series([float(number + 1) for number in range(20)]), False)
FREIGHT = Addend("freight", 1, pl.Series([3.5, None] * 10), True)
DISCOUNT = Addend("discount", -1, pl.Series([0.5] * 20), False)


def _stated(extra: float, wrong: int = 0) -> dict[str, pl.DataFrame]:
    totals = [4 * order + 3 + extra + (order < wrong) for order in range(10)]
    return {"payments.amount": pl.DataFrame({"order": [f"o{order}" for order in range(10)], "total": totals})}


def test_the_charges_that_make_the_total_are_found() -> None:
    found = compare_totals(ORDERS, AMOUNT, [DISCOUNT, FREIGHT], _stated(3.5 - 1.0))
    assert found is not None
    assert found.sentence == "the lines' price * quantity - discount + freight adds up to payments.amount for all 10 orders"


def test_a_charge_that_is_not_in_the_total_is_not_named() -> None:
    found = compare_totals(ORDERS, AMOUNT, [DISCOUNT, FREIGHT], _stated(0))
    assert found is not None and found.text == "price * quantity" and found.exceptions == 0


def test_the_orders_that_differ_are_counted() -> None:
    found = compare_totals(ORDERS, AMOUNT, [FREIGHT], _stated(3.5, wrong=2))
    assert found is not None and (found.orders, found.exceptions, found.share) == (10, 2, 0.8)


def test_several_payments_of_an_order_are_added() -> None:
    stated = {
        "payments.amount": pl.DataFrame(
            {"order": ["o0", "o0", *(f"o{n}" for n in range(1, 10))], "total": [1.0, 2.0, *(4.0 * n + 3 for n in range(1, 10))]}
        )
    }
    found = compare_totals(ORDERS, AMOUNT, [], stated)
    assert found is not None and found.exceptions == 0


def test_no_comparison_without_common_orders() -> None:
    stated = {"payments.amount": pl.DataFrame({"order": ["x"], "total": [1.0]})}
    assert compare_totals(ORDERS, AMOUNT, [], stated) is None
