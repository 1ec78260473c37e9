"""The KPIs of each month, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, item, monthly, order, payment, product, refund, review

JAN, FEB, MAR = date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)


def of(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in names}


def test_a_month_has_the_hand_computed_kpis(quarter: HandShop) -> None:
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
        "payments": "25.50",  # without the canceled order's 100
    }
    assert of(january, "placed_orders", "canceled_orders", "cancel_rate", "aov", "items_per_order") == {
        "placed_orders": 3,
        "canceled_orders": 1,
        "cancel_rate": 1 / 3,
        "aov": 15.25,  # 30.50 / 2
        "items_per_order": 1.5,
    }


def test_a_month_without_orders_has_sums_of_zero_and_rates_of_null(quarter: HandShop) -> None:
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


def test_a_customer_is_new_once_and_counted_once_a_month(quarter: HandShop) -> None:
    march = quarter.row("kpi_monthly", month=MAR)
    assert of(march, "orders", "customers", "new_customers", "returning_customers") == {
        "orders": 3,
        "customers": 2,
        "new_customers": 1,
        "returning_customers": 1,
    }


def test_growth_is_null_for_incomplete_months_and_from_zero() -> None:
    # Every order is 10.00, but those of March 2017 have no lines; the data begins late in December and ends on 1 March.
    orders = [order("2016-12", "2016-12-20 10:00:00"), *monthly("2017-01", 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 3, 1)]
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders if row["order_id"][:7] != "2017-03"])
    months = {f"{month:%Y-%m}": growth for month, *growth in shop.rows("kpi_monthly", "month", "net_sales_mom", "net_sales_yoy")}
    assert {month: months[month] for month in ("2017-01", "2017-02", "2017-03", "2017-04", "2017-05")} == {
        "2017-01": [None, None],  # from an incomplete month
        "2017-02": [0.5, None],  # 30 from 20
        "2017-03": [-1.0, None],  # 0 from 30
        "2017-04": [None, None],  # from zero
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


def test_cost_coverage_is_null_in_a_shop_without_costs(quarter: HandShop) -> None:
    assert quarter.table("kpi_monthly")["cogs_coverage"].to_list() == [None, None, None]
    knows_one = HandShop(
        products=[product("p", unit_cost="4.00"), product("q")],
        orders=[order("1", "2018-01-01 10:00:00"), order("2", "2018-02-28 10:00:00")],
        order_items=[item("1"), item("2", product_id="q")],
    )
    assert knows_one.rows("kpi_monthly", "cogs_coverage") == [(1.0,), (0.0,)]  # the cost of February is missing


def test_return_rates_count_delivered_and_returned_orders_only() -> None:
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


def test_a_kpi_without_its_data_is_null_and_not_zero() -> None:
    made = HandShop(orders=[order("a")], order_items=[item("a")]).row("kpi_monthly")
    unknown = {"returned_orders", "returned_sales", "return_rate", "return_rate_units", "return_share", "payments", "cogs"}
    unknown |= {"tax", "refunds", "net_sales_after_refunds", "pending_payments", "discounted_orders", "discounted_share"}
    assert {name: made[name] for name in unknown} == dict.fromkeys(unknown)


def test_refunds_tax_and_payment_statuses_of_a_month() -> None:
    shop = HandShop(
        orders=[order("1"), order("2", "2018-03-10 10:00:00"), order("x", status="canceled"), order("y")],
        order_items=[item("1", "50.00", tax="4.00", discount="5.00"), item("2", "20.00"), item("x", tax="9.00"), item("y")],
        payments=[
            payment("1", "50.00"),
            payment("1", "6.00", 2, status="failed"),
            payment("2", "20.00", status="pending"),
            payment("x", "99.00"),
        ],
        refunds=[refund("1", "7.50", "2018-02-01 00:00:00"), refund("x", "99.00", "2018-02-01 00:00:00")],
    )
    names = ("payments", "pending_payments", "failed_payments", "tax", "refunds", "net_sales_after_refunds")
    rows = shop.rows("kpi_monthly", *names, "discounted_orders", "discounted_share")
    assert [tuple(map(str, row)) for row in rows] == [
        ("50.00", "0.00", "6.00", "4.00", "0.00", "55.00", "1", "0.5"),
        ("0.00", "0.00", "0.00", "0.00", "7.50", "-7.50", "0", "None"),
        ("0.00", "20.00", "0.00", "0.00", "0.00", "20.00", "0", "0.0"),
    ]


def test_late_rate_lead_days_and_reviews_count_valid_orders_only() -> None:
    promised = "2018-01-20 00:00:00"
    shop = HandShop(
        orders=[
            order("a", "2018-01-10 10:00:00", promised_at=promised, delivered_at="2018-01-21 00:00:00"),  # late, 11 days
            order("b", "2018-01-10 10:00:00", promised_at=promised, delivered_at="2018-01-12 00:00:00"),  # 2 days
            order("c", "2018-01-10 10:00:00", delivered_at="2018-01-12 00:00:00"),  # no promised date, 2 days
            order("d", "2018-01-10 10:00:00", promised_at=promised, status="shipped"),
            order("x", "2018-01-10 10:00:00", status="canceled"),
        ],
        reviews=[review("a", 3), review("b", 5), review("c", 5), review("d", 4), review("x", 1)],
    )
    made = shop.row("kpi_monthly")
    assert of(made, "late_rate", "avg_lead_days", "avg_review", "nps_proxy") == {
        "late_rate": 0.5,  # a out of a and b
        "avg_lead_days": 5.0,  # (11 + 2 + 2) / 3
        "avg_review": 4.25,  # (3 + 5 + 5 + 4) / 4
        "nps_proxy": 25.0,  # (2 - 1) / 4 * 100: a 4 is passive
    }


def test_cancellations_are_unknown_in_months_without_a_known_status() -> None:
    shop = HandShop(
        orders=[
            order("1", "2018-01-10 10:00:00", status="unknown"),
            order("2", "2018-03-10 10:00:00", status="unknown"),
            order("3", "2018-03-11 10:00:00", status="canceled"),
        ],
        order_items=[item("1"), item("2"), item("3")],
    )
    assert shop.rows("kpi_monthly", "placed_orders", "canceled_orders", "cancel_rate") == [
        (1, None, None),
        (0, 0, None),  # no order was placed, so none was canceled
        (2, 1, 0.5),
    ]
    assert shop.row("kpi_summary", metric="cancel_rate")["value"] == 1 / 3
    invoices = HandShop(orders=[order("1", status="unknown")], order_items=[item("1")])
    assert invoices.row("kpi_summary", metric="cancel_rate")["value"] is None


def test_the_return_rate_is_unknown_where_no_order_was_ever_delivered() -> None:
    orders = [*(order(f"s{number}", status="shipped") for number in range(9)), order("r", status="returned")]
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders])
    names = ("returned_orders", "return_rate", "return_rate_units", "return_share")
    assert of(shop.row("kpi_monthly"), *names) == {
        "returned_orders": 1,
        "return_rate": None,
        "return_rate_units": None,
        "return_share": 0.1,  # 1 / 10
    }
    for mart in ("product_performance", "category_performance"):
        assert shop.row(mart)["return_rate"] is None
    assert shop.row("product_performance")["return_rate_units"] is None
    made = shop.row("returns_leakage", dimension="state")
    assert (made["orders"], made["returned_orders"], made["delivered_orders"], made["return_rate"]) == (10, 1, None, None)
    assert not shop.broken("kpi_monthly", "product_performance", "category_performance", "returns_leakage")


def test_discounts_are_unknown_where_the_source_states_only_yes_or_no() -> None:
    """Nobody knows their amounts, so that no table of sums has 0.00 of them."""
    shop = HandShop(
        orders=[order("1", "2018-01-01 10:00:00"), order("2", "2018-02-28 10:00:00")],
        order_items=[item("1", "8.00", is_discounted=True), item("2", "8.00", is_discounted=False)],
    )
    names = ("gross_sales", "discounts", "net_sales", "discounted_orders")
    assert shop.rows("kpi_monthly", *names) == [(8, None, 8, 1), (8, None, 8, 0)]
    assert set(shop.rows("kpi_daily", "discounts")) == set(shop.rows("sales_cube", "discounts")) == {(None,)}
    assert ("discounts", None) in shop.rows("kpi_summary", "metric", "value")
    assert "discounts" not in {step for (step,) in shop.rows("revenue_waterfall", "step")}
    drivers = {driver for (driver,) in shop.rows("kpi_bridge", "driver")}
    assert "mix" in drivers and "discount" not in drivers
    assert shop.broken() == set()


def test_discounts_are_known_where_one_line_states_an_amount() -> None:
    lines = [item("1", "8.00", is_discounted=True), item("2", "8.00", is_discounted=True, discount="0.50")]
    shop = HandShop(orders=[order("1"), order("2")], order_items=lines)
    assert shop.rows("kpi_monthly", "gross_sales", "discounts") == [(16, Decimal("0.50"))]
    assert ("discounts", Decimal("-0.50")) in shop.rows("revenue_waterfall", "step", "amount")
    assert shop.broken() == set()
