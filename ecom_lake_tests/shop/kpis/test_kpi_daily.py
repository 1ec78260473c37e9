"""Sales of each day, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecom_lake_tests.builders.hand_shop import HandShop


def test_days_have_the_hand_computed_values(quarter: HandShop) -> None:
    rows = {day: rest for day, *rest in quarter.rows("kpi_daily", "date", "orders", "customers", "units", "net_sales", "aov")}
    assert len(rows) == 31 + 28 + 1
    assert rows[date(2018, 1, 1)] == [1, 1, 3, Decimal("23.50"), 23.5]  # 2 * 10 - 1.50 + 5
    assert rows[date(2018, 1, 2)] == [0, 0, 0, Decimal("0.00"), None]
    assert rows[date(2018, 1, 29)] == [0, 0, 0, Decimal("0.00"), None]  # canceled
    assert rows[date(2018, 3, 1)] == [3, 2, 3, Decimal("42.00"), 14.0]  # two orders are from ana
