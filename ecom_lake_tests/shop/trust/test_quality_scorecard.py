"""The quality scorecard, from hand-written checks."""

from __future__ import annotations

import polars as pl
import pytest

from ecom_lake_tests.builders.hand_shop import HandShop


@pytest.mark.parametrize(
    ("severity", "checked", "failed", "pass_rate", "status"),
    [
        ("block", 8, 0, 1.0, "pass"),
        ("block", 8, 2, 0.75, "quarantined"),
        ("warn", 8, 8, 0.0, "warn"),
        ("warn", 8, 0, 1.0, "pass"),
        ("block", 0, 0, None, "pass"),
    ],
)
def test_status_and_pass_rate_of_a_rule(severity: str, checked: int, failed: int, pass_rate: float | None, status: str) -> None:
    shop = HandShop()
    check = {"layer": "silver", "table_name": "orders", "rule": "r", "severity": severity, "meaning": "It holds."}
    counts = {"checked_rows": checked, "failed_rows": failed, "last_run": "2018-01-01T08:00:00"}
    shop.con.register("lake_checks", pl.DataFrame([{**check, **counts}]).to_arrow())
    assert shop.rows("quality_scorecard", "rule", "pass_rate", "status") == [("r", pass_rate, status)]
