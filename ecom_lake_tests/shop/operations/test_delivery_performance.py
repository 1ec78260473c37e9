"""Delivery times and late orders, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, order, some

JAN = date(2018, 1, 1)


def delivered(order_id: str, state: str | None, approved: int, shipped: int, came: int, **more: Any) -> Row:
    """Placed on the 1st of January at noon, approved, shipped and delivered so many days later; promised for the 11th."""
    dates = {f"{stage}_at": f"2018-01-{1 + days:02} 09:00:00" for stage, days in (("approved", approved), ("shipped", shipped))}
    came_at = {"delivered_at": f"2018-01-{1 + came:02} 23:00:00", "promised_at": "2018-01-11 00:00:00"}
    return order(order_id, "2018-01-01 12:00:00", state=state, **{**dates, **came_at, **more})


def test_the_stages_of_delivery_have_the_hand_computed_values() -> None:
    shop = HandShop(
        orders=[
            delivered("1", "SP", 0, 2, 5),
            delivered("2", "SP", 1, 4, 10),  # on the promised day, hours after its midnight: not late
            delivered("3", "SP", 2, 3, 15),  # 5 days late
            delivered("no promise", "SP", 1, 1, 2, promised_at=None),
            delivered("no date", "SP", 0, 0, 0, delivered_at=None),
            delivered("canceled", "SP", 9, 9, 9, status="canceled"),
            delivered("under way", "SP", 9, 9, 9, status="shipped"),  # not delivered, so its delivery date is ignored
            delivered("elsewhere", None, 3, 3, 3),
        ]
    )
    made = shop.table("delivery_performance").to_dicts()
    assert [(row["month"], row["state"]) for row in made] == [(JAN, "SP"), (JAN, "unknown")]
    assert {name: value for name, value in made[0].items() if name not in ("month", "state")} == pytest.approx(
        {
            "delivered_orders": 5,
            "timed_orders": 4,
            "promised_orders": 3,
            "late_orders": 1,
            "late_rate": 1 / 3,
            "avg_lead_days": (5 + 10 + 15 + 2) / 4,
            "p90_lead_days": 13.5,  # of 2 5 10 15: 0.9 * 3 = 2.7: 10 + 0.7 * 5
            "avg_approval_days": (0 + 1 + 2 + 1 + 0) / 5,
            "avg_handling_days": (2 + 3 + 1 + 0 + 0) / 5,
            "avg_transit_days": (3 + 6 + 12 + 1) / 4,
            "avg_delay_days_when_late": 5.0,
        }
    )
    assert some(made[1], "delivered_orders", "late_rate", "avg_delay_days_when_late") == {
        "delivered_orders": 1,
        "late_rate": 0.0,
        "avg_delay_days_when_late": None,
    }


def test_without_delivery_dates_there_are_no_rates() -> None:
    made = HandShop(orders=[order("a")]).row("delivery_performance")
    assert made["delivered_orders"] == 1
    rates = ("late_rate", "avg_lead_days", "p90_lead_days", "avg_transit_days", "avg_delay_days_when_late")
    assert some(made, *rates) == dict.fromkeys(rates)
