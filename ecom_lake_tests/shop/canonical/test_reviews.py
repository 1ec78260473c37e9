"""A hand-written review: which rule of the silver contract fails after which change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake_tests.builders.hand_shop import review
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_the_key_of_the_table() -> None:
    assert Reviews.table.key == ("review_id", "order_id")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"score": 1}, None),
        ({"score": 4.5}, None),
        ({"score": 0.9}, "score_out_of_range"),
        ({"score": 5.1}, "score_out_of_range"),
        ({"score": None}, "score_missing"),
        ({"month": date(2018, 1, 31)}, "month_not_first_of_month"),
        ({"is_score_imputed": None}, "is_score_imputed_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Reviews.table, review("a", 5), **changes) == rule
