"""Net sales by cohort, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop

JAN, FEB, MAR = (date(2018, month, 1) for month in (1, 2, 3))


def test_cumulative_value_adds_the_sales_of_each_month(three_months: HandShop) -> None:
    names = ("month_number", "net_sales", "cumulative_net_sales_per_customer", "cumulative_gross_profit_per_customer")
    january = three_months.table("cohort_value").filter(cohort=JAN).select(names).rows()
    assert january == [
        (0, Decimal("50.00"), pytest.approx(50 / 3), pytest.approx(30 / 3)),  # ana 2, bob 2, eve 1; each costs 4
        (1, Decimal("10.00"), pytest.approx(60 / 3), pytest.approx(36 / 3)),
        (2, Decimal("10.00"), pytest.approx(70 / 3), pytest.approx(42 / 3)),
    ]
    march = three_months.table("cohort_value").filter(cohort=MAR).select(names).rows()
    assert march[1:] == [(1, None, None, None), (2, None, None, None)]
