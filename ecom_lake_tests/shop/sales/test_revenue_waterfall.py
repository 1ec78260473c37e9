"""From gross sales to gross profit, step by step, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment, refund


def test_every_step_has_the_hand_computed_value() -> None:
    def placed(order_id: str, status: str, day: str = "2018-01-31") -> Row:
        return order(order_id, f"{day} 10:00:00", status=status)

    shop = HandShop(
        orders=[
            placed("rounding", "delivered"),
            placed("partly returned", "delivered"),
            placed("no lines", "delivered"),
            placed("interest", "returned"),
            placed("recent", "shipped"),  # 60 days before 1 April
            placed("stale", "in_transit", "2018-01-30"),
            *(placed(status, status) for status in ("created", "approved", "processing", "invoiced", "unknown", "canceled")),
        ],
        order_items=[
            item("rounding", "10.00", discount="1.00", freight="2.00"),
            item("partly returned", "5.00", 1, is_returned=True),
            item("partly returned", "6.00", 2),
            item("interest", "20.00"),
            item("recent", "30.00"),
            item("stale", "40.00"),
            item("created", "50.00"),
            *(item(status, "1.00") for status in ("approved", "processing", "invoiced", "unknown")),
            item("canceled", "1000.00"),
        ],
        payments=[
            payment("rounding", "11.05"),  # 0.05 above
            payment("partly returned", "11.06"),  # 0.06 above, at once
            payment("no lines", "7.00"),
            payment("interest", "5.00", 1, instalments=1),
            payment("interest", "20.00", 2, instalments=3),  # 5 above, in instalments
            payment("recent", "31.00"),  # 1 above, at once
            payment("stale", "39.00", instalments=3),  # 1 below
            *(payment(status, "1.00") for status in ("approved", "processing", "invoiced", "unknown")),
            payment("canceled", "1000.00"),
        ],
        numbers=ShopSettings(as_of=date(2018, 4, 1)),
    )
    assert {step: str(amount) for step, amount in shop.rows("revenue_waterfall", "step", "amount")} == {
        "gross_sales": "165.00",  # 10 + 5 + 6 + 20 + 30 + 40 + 50 + 4
        "discounts": "-1.00",
        "net_sales": "164.00",
        "realized": "15.00",  # 9 + 6
        "returned": "25.00",  # 5 + 20
        "at_risk_recent": "30.00",
        "at_risk_stale": "40.00",
        "created": "50.00",
        "approved": "1.00",
        "processing": "1.00",
        "invoiced": "1.00",
        "unknown": "1.00",
        "freight": "2.00",
        "gmv": "166.00",
        "no_lines": "7.00",
        "no_payment": "-50.00",
        "rounding": "0.05",
        "instalment_interest": "5.00",
        "overpaid": "1.06",  # 0.06 + 1
        "underpaid": "-1.00",
        "payments": "128.11",  # 11.05 + 11.06 + 7 + 25 + 31 + 39 + 4
    }
    assert all(closes for (closes,) in shop.rows("revenue_waterfall", "closes"))


def test_refunds_are_taken_from_the_net_sales_of_the_month_in_which_they_were_given() -> None:
    shop = HandShop(
        orders=[order("1"), order("2", "2018-02-10 10:00:00"), order("x", status="canceled")],
        order_items=[item("1", "50.00"), item("2", "20.00"), item("x", "99.00")],
        refunds=[
            refund("1", "5.00", "2018-01-31 10:00:00"),
            refund("1", "30.00", "2018-02-20 10:00:00", "r2"),
            refund("x", "99.00", "2018-01-31 10:00:00"),
            refund("2", "1.00", "2018-07-01 10:00:00"),  # after the last month of the orders
        ],
    )
    steps = shop.rows("revenue_waterfall", "month", "step", "amount")
    assert [(month.month, step, str(amount)) for month, step, amount in steps if "refund" in step] == [
        (1, "refunds", "-5.00"),
        (1, "net_sales_after_refunds", "45.00"),
        (2, "refunds", "-30.00"),
        (2, "net_sales_after_refunds", "-10.00"),
    ]
    assert shop.broken() == set()


def test_a_shop_without_payments_has_no_steps_after_gmv() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a")])
    assert [step for (step,) in shop.rows("revenue_waterfall", "step")][-1] == "gmv"


def test_a_waterfall_that_does_not_add_up_fails_its_audit() -> None:
    shop = HandShop(orders=[order("a", status="a status without a step")], order_items=[item("a")])
    with pytest.raises(AssertionError, match="it_closes"):
        shop.table("revenue_waterfall")
