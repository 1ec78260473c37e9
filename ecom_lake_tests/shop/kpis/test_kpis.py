"""The shop's numbers by day and month, in one page, and as a waterfall, from silver rows written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, monthly, order, payment, product, review

JAN, FEB, MAR = date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)


def of(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in names}


@pytest.fixture(scope="module")
def quarter() -> HandShop:
    """January: ana buys twice, bob's order is canceled. February: nothing. March: ana again, and eve for the first time."""
    return HandShop(
        orders=[
            order("1", "2018-01-01 10:00:00", customer_id="ana"),
            order("2", "2018-01-28 10:00:00", customer_id="ana"),
            order("3", "2018-01-29 10:00:00", customer_id="bob", status="canceled"),
            order("4", "2018-03-01 10:00:00", customer_id="ana"),
            order("5", "2018-03-01 11:00:00", customer_id="ana"),
            order("6", "2018-03-01 12:00:00", customer_id="eve"),
        ],
        order_items=[
            item("1", "10.00", quantity=2, discount="1.50", freight="2.00"),
            item("1", "5.00", line=2),
            item("2", "7.00"),
            item("3", "100.00"),
            item("4", "30.00"),
            item("5", "10.00"),
            item("6", "2.00"),
        ],
        payments=[payment("1", "20.00"), payment("1", "5.50", 2), payment("3", "100.00"), payment("6", "2.00")],
    )


# kpi_monthly


def test_a_month_by_hand(quarter: HandShop) -> None:
    january = quarter.row("kpi_monthly", month=JAN)
    assert of(january, "orders", "customers", "new_customers", "returning_customers", "items", "units") == {
        "orders": 2,
        "customers": 1,
        "new_customers": 1,
        "returning_customers": 0,
        "items": 3,
        "units": 4,  # 2 + 1 + 1
    }
    assert of(january, "gross_sales", "discounts", "net_sales", "freight", "gmv", "payments") == {
        "gross_sales": "32.00",  # 2 * 10 + 5 + 7
        "discounts": "1.50",
        "net_sales": "30.50",
        "freight": "2.00",
        "gmv": "32.50",
        "payments": "25.50",  # the canceled order's 100 are none of it
    }
    assert of(january, "placed_orders", "canceled_orders", "cancel_rate", "aov", "items_per_order") == {
        "placed_orders": 3,
        "canceled_orders": 1,
        "cancel_rate": 1 / 3,
        "aov": 15.25,  # 30.50 / 2
        "items_per_order": 1.5,
    }


def test_a_month_without_orders_is_there_with_sums_of_zero_and_rates_of_null(quarter: HandShop) -> None:
    february = quarter.row("kpi_monthly", month=FEB)
    sums = (
        "orders",
        "customers",
        "new_customers",
        "returning_customers",
        "units",
        "net_sales",
        "gmv",
        "payments",
        "placed_orders",
    )
    assert {february[name] for name in sums} == {0}
    rates = ("cancel_rate", "aov", "items_per_order", "return_rate", "late_rate", "avg_review", "nps_proxy", "cogs_coverage")
    assert {february[name] for name in rates} == {None}
    assert february["is_complete"] is False


def test_a_person_is_new_once_and_counted_once_a_month(quarter: HandShop) -> None:
    march = quarter.row("kpi_monthly", month=MAR)
    assert of(march, "orders", "customers", "new_customers", "returning_customers") == {
        "orders": 3,
        "customers": 2,
        "new_customers": 1,
        "returning_customers": 1,
    }


def test_growth_is_null_from_and_against_incomplete_months_and_from_nothing() -> None:
    # Every order brings 10.00, but March 2017's have no lines; the data begins late in December and ends on 1 March.
    orders = [order("2016-12", "2016-12-20 10:00:00"), *monthly("2017-01", 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 3, 1)]
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders if row["order_id"][:7] != "2017-03"])
    months = {f"{month:%Y-%m}": growth for month, *growth in shop.rows("kpi_monthly", "month", "net_sales_mom", "net_sales_yoy")}
    assert {month: months[month] for month in ("2017-01", "2017-02", "2017-03", "2017-04", "2017-05")} == {
        "2017-01": [None, None],  # from an incomplete month
        "2017-02": [0.5, None],  # 30 from 20
        "2017-03": [-1.0, None],  # 0 from 30
        "2017-04": [None, None],  # from nothing
        "2017-05": [0.0, None],
    }
    assert months["2017-12"] == [0.0, None]  # 20 from 20; and from an incomplete month
    assert months["2018-01"] == [1.0, 1.0]  # 40 from 20, and from 20
    assert months["2018-02"] == [-0.25, 0.0]  # 30 from 40, and from 30
    assert months["2018-03"] == [None, None]


@pytest.mark.parametrize(
    ("costed", "profit", "margin"), [("95.00", Decimal("60.00"), 0.6), ("94.99", None, None)], ids=["enough", "too little"]
)
def test_gross_profit_needs_95_percent_of_net_sales_costed(costed: str, profit: Decimal | None, margin: float | None) -> None:
    rest = str(100 - Decimal(costed))
    shop = HandShop(
        products=[product("p", unit_cost="40.00"), product("q")],
        orders=[order("a")],
        order_items=[item("a", str(50 + Decimal(costed)), 1, discount="50.00"), item("a", rest, 2, product_id="q")],
    )
    made = shop.row("kpi_monthly")
    assert (made["cogs"], made["cogs_coverage"]) == (Decimal("40.00"), float(Decimal(costed) / 100))
    assert (made["gross_profit"], made["margin"]) == (profit, margin)


def test_the_share_of_sales_with_a_known_cost_is_null_where_the_shop_knows_no_cost(quarter: HandShop) -> None:
    assert quarter.table("kpi_monthly")["cogs_coverage"].to_list() == [None, None, None]
    knows_one = HandShop(
        products=[product("p", unit_cost="4.00"), product("q")],
        orders=[order("1", "2018-01-01 10:00:00"), order("2", "2018-02-28 10:00:00")],
        order_items=[item("1"), item("2", product_id="q")],
    )
    assert knows_one.rows("kpi_monthly", "cogs_coverage") == [(1.0,), (0.0,)]  # February's cost could be known, and is not


def test_returns_are_among_delivered_and_returned_and_the_unknown_stand_apart() -> None:
    shop = HandShop(
        orders=[order("d"), order("r", status="returned"), order("s", status="shipped"), order("u", status="unknown")],
        order_items=[item("d", quantity=3), item("r", quantity=2), item("s", quantity=4), item("u")],
    )
    names = ("returned_orders", "returned_sales", "return_rate", "return_rate_units", "return_share", "unknown_status_orders")
    assert of(shop.row("kpi_monthly"), *names) == {
        "returned_orders": 1,
        "returned_sales": "20.00",
        "return_rate": 0.5,  # 1 / (1 + 1)
        "return_rate_units": 0.4,  # 2 / (3 + 2)
        "return_share": 0.25,  # 1 / 4
        "unknown_status_orders": 1,
    }


def test_what_the_shop_cannot_know_is_null_and_never_zero() -> None:
    made = HandShop(orders=[order("a")], order_items=[item("a")]).row("kpi_monthly")
    unknown = ("returned_orders", "returned_sales", "return_rate", "return_rate_units", "return_share", "payments", "cogs")
    assert {name: made[name] for name in unknown} == dict.fromkeys(unknown)


def test_late_rate_lead_days_and_reviews_are_of_valid_orders() -> None:
    promised = "2018-01-20 00:00:00"
    shop = HandShop(
        orders=[
            order("a", "2018-01-10 10:00:00", promised_at=promised, delivered_at="2018-01-21 00:00:00"),  # late, 11 days
            order("b", "2018-01-10 10:00:00", promised_at=promised, delivered_at="2018-01-12 00:00:00"),  # 2 days
            order("c", "2018-01-10 10:00:00", delivered_at="2018-01-12 00:00:00"),  # nothing promised, 2 days
            order("d", "2018-01-10 10:00:00", promised_at=promised, status="shipped"),
            order("x", "2018-01-10 10:00:00", status="canceled"),
        ],
        reviews=[review("a", 3), review("b", 5), review("c", 5), review("d", 4), review("x", 1)],
    )
    made = shop.row("kpi_monthly")
    assert of(made, "late_rate", "avg_lead_days", "avg_review", "nps_proxy") == {
        "late_rate": 0.5,  # a, of a and b
        "avg_lead_days": 5.0,  # (11 + 2 + 2) / 3
        "avg_review": 4.25,  # (3 + 5 + 5 + 4) / 4
        "nps_proxy": 25.0,  # (2 - 1) / 4 * 100: a 4 is passive
    }


# kpi_daily


def test_days_by_hand(quarter: HandShop) -> None:
    rows = {day: rest for day, *rest in quarter.rows("kpi_daily", "date", "orders", "customers", "units", "net_sales", "aov")}
    assert len(rows) == 31 + 28 + 1
    assert rows[date(2018, 1, 1)] == [1, 1, 3, Decimal("23.50"), 23.5]  # 2 * 10 - 1.50 + 5
    assert rows[date(2018, 1, 2)] == [0, 0, 0, Decimal("0.00"), None]
    assert rows[date(2018, 1, 29)] == [0, 0, 0, Decimal("0.00"), None]  # canceled
    assert rows[date(2018, 3, 1)] == [3, 2, 3, Decimal("42.00"), 14.0]  # ana's two orders are of one person


# kpi_summary


def summary(shop: HandShop) -> dict[str, float | None]:
    return dict(shop.rows("kpi_summary", "metric", "value"))


def test_the_summary_is_the_whole_history(quarter: HandShop) -> None:
    values = summary(quarter)
    expected = {
        "net_sales": 72.5,  # 23.50 + 7 + 30 + 10 + 2
        "gross_sales": 74.0,
        "discounts": 1.5,
        "freight": 2.0,
        "gmv": 74.5,
        "orders": 5,
        "customers": 2,
        "units": 7,
        "aov": 14.5,  # 72.50 / 5
        "payments": 27.5,
        "cancel_rate": 1 / 6,
        "return_rate": None,
        "late_rate": None,
        "gross_profit": None,
    }
    assert {name: values[name] for name in expected} == expected


def test_repeat_rates_and_gaps_count_purchases() -> None:
    def placed(person: str, *days: str) -> list[Row]:
        return [order(f"{person}{i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]

    shop = HandShop(
        orders=[
            *placed("ana", "01-01", "01-01"),  # one purchase, split
            *placed("bob", "01-05", "01-25"),  # 20 days
            *placed("eve", "01-10", "03-11"),  # 60 days: 21 of January, 28 of February, 11 of March
            *placed("fay", "06-01", "06-06"),  # 5 days; 29 days of history are too few to tell
            *placed("gus", "05-31", "06-30"),  # 30 days, and just enough of history
        ],
        numbers=ShopSettings(as_of=date(2018, 6, 30), repeat_days=30),
    )
    values = summary(shop)
    expected = {
        "repeat_purchase_rate": 4 / 5,
        "repeat_order_rate": 5 / 5,
        "repeat_purchase_rate_soon": 2 / 4,  # bob and gus, of all but fay
        "gap_p50_days": 25.0,  # of 5 20 30 60
        "gap_p80_days": 42.0,  # 0.8 * 3 = 2.4: 30 + 0.4 * (60 - 30)
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def test_gini_by_hand() -> None:
    orders = [order(name) for name in "abcd"]
    prices = ["40.00", "10.00", "30.00", "20.00"]
    shop = HandShop(orders=orders, order_items=[item(name, price) for name, price in zip("abcd", prices, strict=True)])
    # 2 * (1 * 10 + 2 * 20 + 3 * 30 + 4 * 40) / (4 * 100) - 5 / 4 = 600 / 400 - 1.25
    assert summary(shop)["gini"] == pytest.approx(0.25)
    assert summary(HandShop(orders=[order("a"), order("b")], order_items=[item("a"), item("b")]))["gini"] == pytest.approx(0)


# revenue_waterfall


def test_every_step_of_the_waterfall_by_hand() -> None:
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


def test_a_shop_without_payments_has_no_steps_after_gmv() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a")])
    assert [step for (step,) in shop.rows("revenue_waterfall", "step")][-1] == "gmv"


def test_a_waterfall_that_does_not_close_is_refused() -> None:
    shop = HandShop(orders=[order("a", status="a status without a step")], order_items=[item("a")])
    with pytest.raises(AssertionError, match="it_closes"):
        shop.table("revenue_waterfall")
