"""A customer by hand: which rule of the silver contract the record breaks after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.customers import Customers
from ecom_lake_tests.builders.hand_shop import customer
from ecom_lake_tests.shop.canonical.checking import broken_rule


def test_its_key() -> None:
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
def test_the_rule_that_a_row_breaks(changes: dict[str, Any], rule: str | None) -> None:
    assert broken_rule(Customers.table, customer("a"), **changes) == rule
