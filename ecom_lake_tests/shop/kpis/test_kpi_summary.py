"""The KPIs of the whole history, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment, refund


def summary(shop: HandShop) -> dict[str, float | None]:
    return dict(shop.rows("kpi_summary", "metric", "value"))


def test_the_summary_covers_the_whole_history(quarter: HandShop) -> None:
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
        "return_share": None,
        "late_rate": None,
        "gross_profit": None,
    }
    assert {name: values[name] for name in expected} == expected


def test_refunds_after_the_last_month_of_the_orders_are_in_the_summary() -> None:
    shop = HandShop(
        orders=[order("1"), order("x", status="canceled")],
        order_items=[item("1", "50.00", tax="4.00"), item("x")],
        payments=[payment("1", "40.00"), payment("1", "10.00", 2, status="pending"), payment("x", "9.00")],
        refunds=[refund("1", "7.50", "2018-05-01 00:00:00"), refund("1", "1.00", refund_id="r2"), refund("x", "9.00")],
    )
    values = summary(shop)
    names = ("refunds", "net_sales_after_refunds", "tax", "payments", "pending_payments", "failed_payments", "discounted_orders")
    assert [values[name] for name in names] == [8.5, 41.5, 4.0, 40.0, 10.0, 0.0, None]
    assert shop.rows("kpi_monthly", "refunds") == [(Decimal("1.00"),)]
    definitions = dict(shop.rows("kpi_summary", "metric", "definition"))
    assert "money given back later is in the whole history and in no month" in definitions["refunds"]
    assert shop.broken() == set()


def test_repeat_rates_and_gaps_count_purchases() -> None:
    def placed(person: str, *days: str) -> list[Row]:
        return [order(f"{person}{i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]

    shop = HandShop(
        orders=[
            *placed("ana", "01-01", "01-01"),  # one purchase, split
            *placed("bob", "01-05", "01-25"),  # 20 days
            *placed("eve", "01-10", "03-11"),  # 60 days: 21 of January, 28 of February, 11 of March
            *placed("fay", "06-01", "06-06"),  # 5 days; 29 days of history are too few
            *placed("gus", "05-31", "06-30"),  # 30 days, and just enough history
        ],
        numbers=ShopSettings(as_of=date(2018, 6, 30), repeat_days=30),
    )
    values = summary(shop)
    expected = {
        "repeat_purchase_rate": 4 / 5,
        "repeat_order_rate": 5 / 5,
        "repeat_purchase_rate_soon": 2 / 4,  # bob and gus out of all except fay
        "gap_p50_days": 25.0,  # of 5 20 30 60
        "gap_p80_days": 42.0,  # 0.8 * 3 = 2.4: 30 + 0.4 * (60 - 30)
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def test_gini_has_the_hand_computed_value() -> None:
    orders = [order(name) for name in "abcd"]
    prices = ["40.00", "10.00", "30.00", "20.00"]
    shop = HandShop(orders=orders, order_items=[item(name, price) for name, price in zip("abcd", prices, strict=True)])
    # 2 * (1 * 10 + 2 * 20 + 3 * 30 + 4 * 40) / (4 * 100) - 5 / 4 = 600 / 400 - 1.25
    assert summary(shop)["gini"] == pytest.approx(0.25)
    assert summary(HandShop(orders=[order("a"), order("b")], order_items=[item("a"), item("b")]))["gini"] == pytest.approx(0)


def test_what_the_shop_does_not_know_is_null() -> None:
    """One delivered order without a payment, and lines of which the source states nothing else."""
    values = summary(HandShop(orders=[order("a")], order_items=[item("a", is_discounted=True)]))
    unknown = {"payments", "pending_payments", "failed_payments", "refunds", "net_sales_after_refunds", "tax", "discounts"}
    assert {name: values[name] for name in unknown} == dict.fromkeys(unknown)
    assert (values["net_sales"], values["gross_sales"], values["discounted_orders"]) == (10, 10, 1)
    assert summary(HandShop(orders=[order("a", None)]))["repeat_purchase_rate"] is None
    returned = summary(HandShop(orders=[order("a", status="shipped"), order("b", status="returned")]))
    assert (returned["return_rate"], returned["return_share"]) == (None, 0.5), "no order was ever delivered"


def test_the_metrics_of_customers_state_that_they_end_at_the_as_of_date() -> None:
    definitions = dict(HandShop(orders=[order("a")]).rows("kpi_summary", "metric", "definition"))
    rates = {"repeat_purchase_rate", "repeat_order_rate", "repeat_purchase_rate_soon"}
    assert {name for name, text in definitions.items() if text.endswith(" Up to the as-of date.")} == {
        *rates,
        "gap_p50_days",
        "gap_p80_days",
        "gini",
    }
    assert all(text.endswith((" Up to the as-of date.", " Whole history.")) for text in definitions.values())
