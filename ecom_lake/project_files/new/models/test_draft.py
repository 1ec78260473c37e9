from __future__ import annotations

from datetime import date
from pathlib import Path

from ecom_lake.testing import HandShop, order

PROJECT = Path(__file__).parents[1]


def orders_of(*counts: int) -> list[dict[str, object]]:
    """So many orders in each month from January 2017, on its first and its last days."""
    return [
        dict(order(f"{month}-{number}", f"{date(2017 + month // 12, month % 12 + 1, 1 if number == 0 else 28)}"))
        for month, count in enumerate(counts)
        for number in range(count)
    ]


def test_months_that_alternate_are_predicted_by_their_mean() -> None:
    shop = HandShop(PROJECT, orders=orders_of(*[10, 30] * 6))
    assert [round(row[1]) for row in shop.rows("draft")] in ([23], [17])
    assert shop.row("draft_fit", kind="card", name="status")["said"] == "published"


def test_a_shop_of_three_months_is_refused() -> None:
    shop = HandShop(PROJECT, orders=orders_of(10, 20, 30))
    assert shop.rows("draft") == []
    assert shop.row("draft_fit", kind="card", name="status")["said"] == "refused"
