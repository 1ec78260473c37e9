"""A hand-written place: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.places import Places
from ecom_lake_tests.shop.canonical.checking import failed_rule

PLACE = {"zip": "01000", "points": 3}


def test_the_key_of_the_table() -> None:
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
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Places.table, PLACE, **changes) == rule
