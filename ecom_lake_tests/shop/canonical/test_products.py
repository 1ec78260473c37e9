"""A hand-written product: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake.shop.canonical.products import Products
from ecom_lake_tests.builders.hand_shop import product
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Products.table.key == ("product_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"category": None}, "category_missing"),
        ({"unit_cost": "0.00"}, None),
        ({"unit_cost": "-0.01"}, "unit_cost_out_of_range"),
        ({"list_price": MOST_AT_ONCE + 1}, "list_price_out_of_range"),
        ({"weight_g": -1.0}, "weight_g_out_of_range"),
        ({"photos": -1}, "photos_out_of_range"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Products.table, product("a"), **changes) == rule
