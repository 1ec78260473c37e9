"""A hand-written event: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.events import Events
from ecom_lake_tests.builders.hand_shop import event
from ecom_lake_tests.shop.canonical.checking import failed_rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"ends_on": "2024-03-02", "note": "Two days."}, None),
        ({"ends_on": "2024-02-29"}, "ends_after_it_begins"),
        ({"event_date": None}, "event_date_missing"),
        ({"event": None}, "event_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Events.table, event("2024-03-01", "Sale"), **changes) == rule
