"""Churn at the end of each month, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, monthly
from ecom_lake_tests.builders.purchases import bought, shop_of


def test_the_table_passes_every_rule_of_its_contract(three_months: HandShop) -> None:
    assert three_months.broken() == set()


def test_churn_at_month_ends_has_the_hand_computed_values() -> None:
    shop = shop_of(
        bought("ana", "01-01", "01-21"),
        bought("bob", "01-02", "03-30"),
        bought("eve", "02-08"),
        churn_short_days=10,
        churn_medium_days=20,
        churn_long_days=50,
    )
    columns = ("as_of", "horizon", "threshold_days", "customers", "lapsed", "churn_rate")
    # Days since the latest purchase: ana 10, bob 29; then 38, 57 and eve 20; then 69, 1 and 51.
    assert shop.rows("kpi_churn", *columns) == [
        (date(2018, 1, 31), "10", 10, 2, 1, 0.5),
        (date(2018, 1, 31), "20", 20, 2, 1, 0.5),
        (date(2018, 1, 31), "50", 50, 2, None, None),  # the shop is 30 days old
        (date(2018, 1, 31), "P80", 20, 2, 1, 0.5),  # the only gap so far is 20 days
        (date(2018, 2, 28), "10", 10, 3, 3, 1),
        (date(2018, 2, 28), "20", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 2, 28), "50", 50, 3, 1, pytest.approx(1 / 3)),
        (date(2018, 2, 28), "P80", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "10", 10, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "20", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "50", 50, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "P80", 73.6, 3, 0, 0),  # 20 and 87 days: 20 + 0.8 * 67
    ]
    rates = {row["as_of"].month: row["repeat_purchase_rate"] for row in shop.table("kpi_churn").iter_rows(named=True)}
    assert rates == {1: 0.5, 2: pytest.approx(1 / 3), 3: pytest.approx(2 / 3)}
    assert shop.broken() == set()


def test_without_repeat_purchases_no_customer_is_lapsed_by_the_gaps() -> None:
    shop = HandShop(orders=monthly("2018-01", 3, 3))
    made = {row["horizon"]: row for row in shop.table("kpi_churn").filter(as_of=date(2018, 2, 28)).iter_rows(named=True)}
    assert (made["P80"]["threshold_days"], made["P80"]["lapsed"], made["P80"]["churn_rate"]) == (None, None, None)
    assert (made["90"]["lapsed"], made["90"]["customers"], made["90"]["repeat_purchase_rate"]) == (None, 6, 0)


def test_a_shop_without_a_valid_order_has_no_lapsed_customers() -> None:
    shop = HandShop(orders=[{**one, "status": "canceled", "is_valid": False} for one in monthly("2018-01", 3, 3)])
    rows = shop.rows("kpi_churn", "horizon", "customers", "lapsed", "churn_rate")
    assert ("90", 0, None, None) in rows
    assert ("P80", 0, None, None) in rows
    assert shop.broken() == set()


def test_churn_is_unknown_until_the_first_purchase_is_older_than_the_threshold() -> None:
    shop = shop_of(bought("ana", "01-01"), bought("bob", "01-31"), churn_short_days=29, churn_medium_days=30, churn_long_days=31)
    made = {row["horizon"]: (row["lapsed"], row["churn_rate"]) for row in shop.table("kpi_churn").iter_rows(named=True)}
    assert made == {"29": (1, 0.5), "30": (None, None), "31": (None, None), "P80": (None, None)}  # 30 days from 1 to 31 January
