"""A hand-written seller: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.sellers import Sellers
from ecom_lake_tests.builders.hand_shop import seller
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Sellers.table.key == ("seller_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"seller_id": None}, "seller_id_missing"),
        ({"city": "rio", "zip": "01000"}, None),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Sellers.table, seller("a"), **changes) == rule
