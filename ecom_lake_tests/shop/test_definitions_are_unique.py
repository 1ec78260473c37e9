"""What several marts need is computed in one of them, and read by the others."""

from __future__ import annotations

import re

import pytest

from ecom_lake_tests import catalog

MARTS = sorted(recipe.file for recipe in map(catalog.recipe, catalog.in_order()) if recipe.sql is not None)

COMPUTED_IN = {
    "the latest review of an order": (r"order by\s+(\w+\.)?answered_at", "fct_orders"),
    "complete months": (r"complete_month_(share|edge_days)", "dim_date"),
    "the as-of date": (r"\bas_of\s+from\s+settings\b|settings\.as_of", "dim_date"),
    "a look-up of the as-of date": (r"where\s+is_as_of", "reporting_period"),
    "the days of snapshots": (r"(is_complete_month|month is not null) and date = last_day", "dim_date"),
    "valid orders": (r"\bis_sale\b", "fct_orders"),
    "a method's share of an order": (r"nullif\((\w+\.)?(all_)?payments, 0\), 2\)", "fct_payments"),
}
"""Each definition: what its SQL looks like, and the mart that computes it."""


@pytest.mark.parametrize("definition", COMPUTED_IN)
def test_a_definition_is_in_one_mart(definition: str) -> None:
    pattern, home = COMPUTED_IN[definition]
    found = [path.stem for path in MARTS if re.search(pattern, path.read_text(encoding="utf-8"))]
    assert found == [home]
