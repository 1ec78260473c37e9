"""Numbers of a column as a person reads them."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import INTEGER, MONEY, PRICE, Column


def shown(value: float, column: Column) -> str:
    if column.kind in (MONEY, PRICE):
        return f"{value:,.2f}"
    if column.kind == INTEGER:
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def correlation(value: float) -> str:
    """Two decimals with a minus sign; never -0.00."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")
