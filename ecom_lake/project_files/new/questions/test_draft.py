from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from ecom_lake.testing import HandShop, item, order

PROJECT = Path(__file__).parents[1]


def test_the_answer() -> None:
    shop = HandShop(
        PROJECT,
        orders=[order("a", "2018-01-10"), order("b", "2018-02-12")],
        order_items=[item("a", "10.00"), item("b", "25.00")],
    )
    assert shop.answer("draft", top=1) == [(date(2018, 2, 1), 1, Decimal("25.00"))]
