"""A hand-written refund: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake.shop.canonical.refunds import Refunds
from ecom_lake_tests.builders.hand_shop import refund
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Refunds.table.key == ("refund_id", "order_id")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"line": 2, "reason": "broken"}, None),
        ({"line": 0}, "line_out_of_range"),
        ({"amount": "0.00"}, None),
        ({"amount": "-0.01"}, "amount_out_of_range"),
        ({"amount": MOST_AT_ONCE + 1}, "amount_out_of_range"),
        ({"refunded_at": None}, "refunded_at_missing"),
        ({"refund_id": None}, "refund_id_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Refunds.table, refund("a", "11.00"), **changes) == rule
