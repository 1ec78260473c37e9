"""A hand-written target: which rule of the silver contract fails after which change."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.canonical.targets import Targets
from ecom_lake.shop.kpis.kpi_monthly import KpiMonthly
from ecom_lake_tests.builders.hand_shop import target
from ecom_lake_tests.shop.canonical.checking import failed_rule


def test_every_kpi_is_one_of_the_months() -> None:
    assert set(Targets.table.columns["kpi"].one_of) <= set(KpiMonthly.table.columns)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"kpi": "late_rate", "target": 0.0}, None),
        ({"kpi": "happiness"}, "kpi_not_one_of"),
        ({"month": "2024-03-02"}, "month_not_first_of_month"),
        ({"month": None}, "month_missing"),
        ({"target": -1}, "target_out_of_range"),
        ({"target": None}, "target_missing"),
    ],
)
def test_a_change_fails_the_expected_rule(changes: dict[str, Any], rule: str | None) -> None:
    assert failed_rule(Targets.table, target("2024-03-01", "net_sales", 10.0), **changes) == rule
