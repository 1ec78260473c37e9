"""A hand-written order: which rule of the silver contract fails after which change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake.shop.canonical.orders import Orders
from ecom_lake_tests.builders.hand_shop import order
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Orders.table.key == ("order_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"status": "lost"}, "status_not_one_of"),
        ({"status": "canceled"}, "canceled_is_no_sale"),
        ({"status": "canceled", "is_valid": False}, None),
        ({"month": date(2018, 2, 1)}, "month_is_of_ordered_at"),
        ({"month": date(2018, 1, 2)}, "month_not_first_of_month"),
        ({"shipped_at": "2018-01-10 09:59:59"}, "timeline_sound_if_in_order"),
        ({"shipped_at": "2018-01-10 09:59:59", "is_timeline_sound": False}, None),
        ({"shipped_at": "2018-01-10 10:00:00"}, None),
        ({"is_timeline_sound": False}, "timeline_sound_if_in_order"),
        ({"customer_id": None}, None),
        ({"ordered_at": None}, "ordered_at_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Orders.table, order("a"), **changes) == rule
