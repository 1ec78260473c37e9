"""From gross sales to gross profit, step by step, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

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
            placed("taxed", "delivered"),
            placed("interest", "returned"),
            placed("recent", "shipped"),  # 60 days before 1 April
            placed("stale", "in_transit", "2018-01-30"),
            *(placed(status, status) for status in ("created", "approved", "processing", "invoiced", "unknown", "canceled")),
        ],
        order_items=[
            item("rounding", "10.00", discount="1.00", freight="2.00"),
            item("partly returned", "5.00", 1, is_returned=True),
            item("partly returned", "6.00", 2),
            item("taxed", "100.00", tax="19.00"),
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
            payment("taxed", "119.01", instalments=3),  # 19.01 above, of which 0.01 are rounding
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
        "gross_sales": "265.00",  # 10 + 5 + 6 + 100 + 20 + 30 + 40 + 50 + 4
        "discounts": "-1.00",
        "net_sales": "264.00",
        "realized": "115.00",  # 9 + 6 + 100
        "returned": "25.00",  # 5 + 20
        "at_risk_recent": "30.00",
        "at_risk_stale": "40.00",
        "created": "50.00",
        "approved": "1.00",
        "processing": "1.00",
        "invoiced": "1.00",
        "unknown": "1.00",
        "freight": "2.00",
        "gmv": "266.00",
        "no_lines": "7.00",
        "no_payment": "-50.00",
        "rounding": "0.06",  # 0.05 + 0.01
        "tax": "19.00",
        "instalment_interest": "5.00",
        "overpaid": "1.06",  # 0.06 + 1
        "underpaid": "-1.00",
        "payments": "247.12",  # 11.05 + 11.06 + 7 + 119.01 + 25 + 31 + 39 + 4
    }
    assert all(closes for (closes,) in shop.rows("revenue_waterfall", "closes"))


CAUSES = ("no_lines", "no_payment", "rounding", "tax", "instalment_interest", "overpaid", "underpaid")


def _causes(shop: HandShop) -> dict[str, str]:
    """The steps from GMV to payments that are not 0."""
    found = {step: amount for step, amount in shop.rows("revenue_waterfall", "step", "amount") if step in CAUSES and amount}
    assert all(closes for (closes,) in shop.rows("revenue_waterfall", "closes"))
    return {step: str(amount) for step, amount in found.items()}


def test_tax_on_top_of_the_prices_is_due_before_a_difference_is_named() -> None:
    taxed = ("paid", "paid too", "above", "below", "in parts", "not paid")
    shop = HandShop(
        orders=[order(name) for name in (*taxed, "no lines", "without tax")],
        order_items=[*(item(name, "100.00", tax="19.00") for name in taxed), item("without tax", "50.00")],
        payments=[
            payment("paid", "119.00"),
            payment("paid too", "119.02"),
            payment("above", "124.00"),
            payment("below", "114.00"),  # above GMV, below what is due
            payment("in parts", "121.50", instalments=3),
            payment("no lines", "7.00"),
            payment("without tax", "50.00"),
        ],
    )
    assert _causes(shop) == {
        "no_lines": "7.00",
        "no_payment": "-100.00",
        "rounding": "0.02",
        "tax": "95.00",  # of the five orders with lines, tax and a payment
        "instalment_interest": "2.50",
        "overpaid": "5.00",
        "underpaid": "-5.00",
    }


def test_tax_within_the_prices_has_no_step() -> None:
    shop = HandShop(
        orders=[order(name) for name in ("paid", "above")],
        order_items=[item(name, "119.00", tax="19.00") for name in ("paid", "above")],
        payments=[payment("paid", "119.00"), payment("above", "138.00")],  # the second pays 19 too much, by chance
    )
    assert _causes(shop) == {"overpaid": "19.00"}


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


def test_what_was_realized_is_unknown_where_no_status_is_known() -> None:
    orders, lines = [order("1", status="unknown")], [item("1")]
    steps = [row[:2] for row in HandShop(orders=orders, order_items=lines).answer("where-revenue-leaks", year=None)]
    assert steps == [("gross_sales", Decimal(10)), ("net_sales", Decimal(10)), ("unknown", Decimal(-10))]
    some_known = HandShop(orders=[*orders, order("2")], order_items=[*lines, item("2", "7.00")])
    assert [row[:2] for row in some_known.answer("where-revenue-leaks", year=None)][-2:] == [
        ("unknown", Decimal(-10)),
        ("realized", Decimal(7)),
    ]


def test_outcomes_have_no_step_in_a_month_without_a_known_status() -> None:
    orders = [
        order("1", status="unknown"),
        order("2", "2018-02-10 10:00:00", status="unknown"),
        order("3", "2018-02-10 10:00:00"),
    ]
    shop = HandShop(orders=orders, order_items=[item("1", "10.00"), item("2", "20.00"), item("3", "5.00", is_returned=True)])
    steps = shop.rows("revenue_waterfall", "month", "step_order", "step", "amount")
    january = [(step, amount) for month, place, step, amount in steps if month.month == 1 and 4 <= place <= 12]
    assert january == [("returned", 0), ("unknown", 10)]
    february = {step: amount for month, place, step, amount in steps if month.month == 2 and 4 <= place <= 12}
    assert len(february) == 9
    assert (february["realized"], february["returned"], february["unknown"]) == (0, 5, 20)
    assert shop.broken() == set()


def test_returns_have_no_step_where_the_shop_does_not_know_them() -> None:
    shop = HandShop(orders=[order("1"), order("2", status="shipped")], order_items=[item("1", "10.00"), item("2", "7.00")])
    assert shop.rows("kpi_monthly", "returned_sales") == [(None,)]
    steps = dict(shop.rows("revenue_waterfall", "step", "amount"))
    assert "returned" not in steps
    assert (steps["net_sales"], steps["realized"]) == (17, 10)
    assert [row[0] for row in shop.answer("where-revenue-leaks", year=None)][-1] == "realized"
    assert shop.broken() == set()


def test_payments_add_no_step_that_the_shop_does_not_know() -> None:
    shop = HandShop(
        orders=[order("1"), order("2", "2018-02-10 10:00:00", status="unknown")],
        order_items=[item("1", is_discounted=True), item("2")],
        payments=[payment("1", "10.00"), payment("2", "10.00")],
    )
    steps = shop.rows("revenue_waterfall", "month", "step_order", "step")
    assert not [step for _, _, step in steps if step in ("discounts", "returned")]
    february = [step for month, place, step in steps if month.month == 2 and 4 <= place <= 12]
    assert february == ["unknown"]
    assert shop.broken() == set()
