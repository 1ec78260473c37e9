"""A seller by hand: which rule of the silver contract the record breaks after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.sellers import Sellers
from ecom_lake_tests.builders.hand_shop import seller
from ecom_lake_tests.shop.canonical.checking import broken_rule


def test_its_key() -> None:
    assert Sellers.table.key == ("seller_id",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"seller_id": None}, "seller_id_missing"),
        ({"city": "rio", "zip": "01000"}, None),
    ],
)
def test_the_rule_that_a_row_breaks(changes: dict[str, Any], rule: str | None) -> None:
    assert broken_rule(Sellers.table, seller("a"), **changes) == rule
