"""Almost empty shops: every table is built and passes its audit, and every identity holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import MARTS, HandShop, customer, item, monthly, order, payment, product, review, seller


def empty() -> HandShop:
    return HandShop()


def without_orders() -> HandShop:
    return HandShop(customers=[customer("ana", age=30)], products=[product()], sellers=[seller("s")])


def one_order() -> HandShop:
    return HandShop(orders=[order("a")], order_items=[item("a")], payments=[payment("a", "10.00")], reviews=[review("a", 5)])


def one_order_of_nothing() -> HandShop:
    return HandShop(orders=[order("a")])


def only_invalid_orders() -> HandShop:
    return HandShop(
        orders=[order("a", status="canceled"), order("b", "2018-03-01 10:00:00", status="unavailable"), order("c")],
        order_items=[item("a"), item("c", is_valid=False)],
        payments=[payment("a", "10.00")],
        reviews=[review("a", 1)],
    )


def all_in_one_month() -> HandShop:
    orders = monthly("2018-01", 5)
    return HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders])


def everything_for_free() -> HandShop:
    return HandShop(orders=[order("a"), order("b")], order_items=[item("a", "0.00"), item("b", "5.00", discount="5.00")])


def discounts_without_amounts() -> HandShop:
    return HandShop(
        orders=[order("a", "2018-01-01 10:00:00"), order("b", "2018-02-28 10:00:00")],
        order_items=[item("a", is_discounted=True), item("b", is_discounted=False)],
    )


def all_after_the_as_of_date() -> HandShop:
    return HandShop(orders=[order("a")], order_items=[item("a")], numbers=ShopSettings(as_of=date(2017, 1, 31)))


def all_before_the_as_of_date() -> HandShop:
    return HandShop(orders=[order("a")], order_items=[item("a")], numbers=ShopSettings(as_of=date(2020, 2, 29)))


SHOPS = (
    empty,
    without_orders,
    one_order,
    one_order_of_nothing,
    only_invalid_orders,
    all_in_one_month,
    everything_for_free,
    discounts_without_amounts,
    all_after_the_as_of_date,
    all_before_the_as_of_date,
)


@pytest.mark.parametrize("shop", SHOPS)
def test_every_table_is_built_and_passes_its_rules_and_identities(shop: Callable[[], HandShop]) -> None:
    made = shop()
    assert made.broken() == set()
    for name in MARTS:
        assert made.table(name).columns == list(catalog.gold()[name].columns)


def test_the_tested_tables_are_all_sql_tables_of_gold() -> None:
    assert {"fct_orders", "kpi_summary", "revenue_waterfall", "rfm_segments"} < set(MARTS)


def test_an_empty_shop_has_sums_of_zero_and_no_rates() -> None:
    shop = empty()
    values = dict(shop.rows("kpi_summary", "metric", "value"))
    assert {values[name] for name in ("net_sales", "orders", "customers", "units", "discounts", "gmv")} == {0}
    rates = ("aov", "cancel_rate", "return_rate", "late_rate", "avg_review", "nps_proxy", "repeat_purchase_rate", "gini")
    assert {values[name] for name in rates} == {None}
    assert {name for name in MARTS if shop.table(name).height} == {
        "kpi_summary",
        "rfm_codes",
        "reporting_period",
        "data_availability",
    }


def test_a_shop_with_only_invalid_orders_has_no_sales() -> None:
    shop = only_invalid_orders()
    assert shop.table("fct_orders").height == 3
    assert shop.rows("kpi_monthly", "placed_orders", "canceled_orders", "orders", "cancel_rate") == [
        (2, 1, 0, 0.5),  # c is refused, not canceled
        (0, 0, 0, None),
        (1, 1, 0, 1.0),
    ]
    assert shop.table("customer_metrics").height == shop.table("rfm").height == 0


def test_a_single_month_is_complete_if_it_has_orders_at_both_edges() -> None:
    shop = all_in_one_month()
    assert shop.rows("kpi_monthly", "month", "is_complete", "orders", "net_sales_mom") == [(date(2018, 1, 1), True, 5, None)]
    assert one_order().rows("kpi_monthly", "is_complete") == [(False,)]


def test_customers_who_only_order_after_the_as_of_date_are_not_scored() -> None:
    shop = all_after_the_as_of_date()
    assert shop.table("customer_metrics").height == 0
    assert shop.rows("kpi_monthly", "orders") == [(1,)]


def test_orders_without_a_date_are_counted_except_in_tables_over_time() -> None:
    shop = HandShop(orders=[order("a", None), order("b", None, customer_id="buyer of a")], order_items=[item("a"), item("b")])
    assert shop.rows("customer_metrics", "orders", "purchases", "recency_days", "activity_status") == [(2, 2, None, None)]
    assert shop.rows("rfm", "frequency", "recency_days") == [(2, None)]
    assert dict(shop.rows("kpi_summary", "metric", "value"))["net_sales"] == 20
    assert {name for name in MARTS if not shop.table(name).height} >= {
        "dim_date",
        "kpi_daily",
        "kpi_monthly",
        "revenue_waterfall",
    }
    assert shop.broken() == set()


def test_repeat_rates_are_unknown_without_dates() -> None:
    shop = HandShop(
        customers=[customer("ana", gender="female", age=30, is_subscriber=True)],
        orders=[order("a", None, customer_id="ana"), order("b", None, customer_id="ana")],
        order_items=[item("a"), item("b")],
    )
    assert shop.row("kpi_summary", metric="repeat_purchase_rate")["value"] is None
    for mart in ("personas", "loyalty_tiers", "demographics", "subscription_value"):
        rows = shop.rows(mart, "customers", "repeat_rate")
        assert rows and set(rows) == {(1, None)}, mart
