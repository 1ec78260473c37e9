"""A hand-written order of the index: which rule of the silver contract fails after which change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake_tests.shop.canonical.checking import failed_rule

ORDER = {"order_id": "a", "ordered_at": "2018-01-10 10:00:00", "customer_key": "c", "month": date(2018, 1, 1)}


def test_the_key_of_the_table() -> None:
    assert OrderIndex.table.key == ("order_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"month": date(2018, 1, 2)}, "month_not_first_of_month"),
        ({"ordered_at": None}, "ordered_at_missing"),
        ({"customer_key": None}, "customer_key_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(OrderIndex.table, ORDER, **changes) == rule
