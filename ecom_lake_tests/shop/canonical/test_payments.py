"""A hand-written payment: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake_tests.builders.hand_shop import payment
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Payments.table.key == ("order_id", "sequence")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"amount": "0.00"}, None),
        ({"amount": "-0.01"}, "amount_out_of_range"),
        ({"amount": MOST_AT_ONCE + 1}, "amount_out_of_range"),
        ({"instalments": 0}, "instalments_out_of_range"),
        ({"sequence": 0}, None),
        ({"sequence": -1}, "sequence_out_of_range"),
        ({"method": None}, "method_missing"),
        ({"status": "pending"}, None),
        ({"status": "declined"}, "status_not_one_of"),
        ({"status": None}, "status_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Payments.table, payment("a", "11.00"), **changes) == rule
