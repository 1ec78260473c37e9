"""A hand-written customer: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.customers import Customers
from ecom_lake_tests.builders.hand_shop import customer
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Customers.table.key == ("customer_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"age": 0}, None),
        ({"age": 130}, None),
        ({"age": 131}, "age_out_of_range"),
        ({"age": -1}, "age_out_of_range"),
        ({"prior_purchases": -1}, "prior_purchases_out_of_range"),
        ({"purchase_frequency_days": -1}, "purchase_frequency_days_out_of_range"),
        ({"customer_id": None}, "customer_id_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Customers.table, customer("a"), **changes) == rule
