"""The first rule of a silver contract that a hand-written row fails, under the name that the quarantine shows."""

from __future__ import annotations

from typing import Any

from ecom_lake.engine.contracts.conform import conform
from ecom_lake.engine.contracts.table import Table
from ecom_lake_tests.builders.hand_shop import JANUARY, Row, silver_rows


def failed_rule(table: Table, row: Row, **changes: Any) -> str | None:
    """None for a row that passes."""
    checked = conform(
        silver_rows(table, [{"month": JANUARY, **row, **changes} if table.monthly else {**row, **changes}], {}), table
    )
    assert checked.good.height + checked.bad.height == 1, "a row either passes or fails"
    return checked.bad["rule"].item() if checked.bad.height else None
