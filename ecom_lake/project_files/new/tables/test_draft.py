from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from ecom_lake.testing import HandShop, item, order

PROJECT = Path(__file__).parents[1]


def test_draft() -> None:
    shop = HandShop(
        PROJECT,
        orders=[order("a", "2018-01-10"), order("b", "2018-01-12"), order("c", "2018-02-01", status="canceled")],
        order_items=[item("a", "10.00"), item("b", "5.00"), item("c", "1.00")],
    )
    assert shop.rows("draft") == [(date(2018, 1, 1), 2, Decimal("15.00"))]
