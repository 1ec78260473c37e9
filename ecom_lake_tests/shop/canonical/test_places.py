"""A place by hand: which rule of the silver contract it breaks after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.places import Places
from ecom_lake_tests.shop.canonical.checking import broken_rule

PLACE = {"zip": "01000", "points": 3}


def test_its_key() -> None:
    assert Places.table.key == ("zip",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"lat": 90.0, "lng": -180.0}, None),
        ({"lat": 90.1}, "lat_out_of_range"),
        ({"lng": -180.1}, "lng_out_of_range"),
        ({"lat": float("nan")}, "lat_not_finite"),
        ({"points": -1}, "points_out_of_range"),
        ({"zip": None}, "zip_missing"),
    ],
)
def test_the_rule_that_a_row_breaks(changes: dict[str, Any], rule: str | None) -> None:
    assert broken_rule(Places.table, PLACE, **changes) == rule
