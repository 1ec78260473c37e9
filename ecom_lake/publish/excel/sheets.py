"""Which gold tables the workbook shows, with which rows, in which order.

Here: the sheets as data, and their rows. Not here: how a sheet is written (table_sheet.py), the first sheet (summary.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.table import Table
from ecom_lake.publish.column_words import as_heading
from ecom_lake.publish.pages.kpi_cards import KPIS

CUBE = "Cube"
"""The sheet with the rows that the PivotTables sum."""


@dataclass(frozen=True)
class Sheet:
    name: str
    table: str
    order: tuple[str, ...]
    """The columns by which rows are sorted."""
    descending: bool = False
    columns: tuple[str, ...] = ()
    """Empty for all columns. A column without values, and a personal one, is left out in any case."""
    rows: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
    """The rows of the table that are shown."""
    most: int = 0
    """The number of rows at most; 0 for all."""


SHEETS = (
    Sheet(
        "Monthly",
        "kpi_monthly",
        ("month",),
        columns=(
            "month",
            "is_complete",
            "orders",
            "customers",
            "new_customers",
            "returning_customers",
            "units",
            "gross_sales",
            "discounts",
            "net_sales",
            "refunds",
            "gross_profit",
            "margin",
            "aov",
            "cancel_rate",
            "return_rate",
            "late_rate",
            "avg_review",
        ),
    ),
    Sheet(
        "Segments",
        "segment_profile",
        ("net_sales",),
        descending=True,
        columns=(
            "segment",
            "customers",
            "share",
            "net_sales",
            "net_sales_share",
            "median_recency_days",
            "median_purchases",
            "median_units",
            "median_net_sales",
            "rule",
        ),
    ),
    Sheet("RFM", "rfm_segments", ("net_sales",), descending=True),
    Sheet("Categories", "category_performance", ("net_sales",), descending=True),
    Sheet(
        "Products",
        "product_performance",
        ("net_sales",),
        descending=True,
        columns=(
            "product_id",
            "category",
            "units",
            "orders",
            "net_sales",
            "gross_profit",
            "share",
            "cumulative_share",
            "abc_class",
            "return_rate",
            "avg_review",
            "last_sold",
        ),
        most=1_000,
    ),
    Sheet("Delivery", "delivery_performance", ("month", "state")),
    Sheet(
        "Forecast",
        "sales_forecast",
        ("series", "period"),
        columns=("series", "period", "method", "forecast", "low_80", "high_80", "low_95", "high_95"),
        rows=lambda rows: rows.filter(pl.col("is_champion"), pl.col("grain") == "month"),
    ),
    Sheet(
        "Insights",
        "insights",
        ("rank",),
        columns=("rank", "topic", "statement", "reason", "money_at_stake", "action", "owner", "caveat"),
        rows=lambda rows: rows.filter(pl.col("status") == "shown"),
    ),
    Sheet(CUBE, "sales_cube", ("month", "segment", "category", "state")),
    Sheet("Models", "model_cards", ("model",), columns=("model", "predicts", "status", "reason", "as_of", "age_days")),
)
TABLES = (*(sheet.table for sheet in SHEETS), "kpi_churn", "kpi_summary", "quality_scorecard")


@dataclass(frozen=True)
class Filled:
    """A sheet with its rows."""

    sheet: Sheet
    contract: Table
    rows: pl.DataFrame
    found: int
    """The rows of the table that match; `rows` has the first of them."""

    @property
    def columns(self) -> Sequence[Column]:
        return [self.contract.columns[name] for name in self.rows.columns]


def filled(gold: Mapping[str, pl.DataFrame], contracts: Mapping[str, Table]) -> list[Filled]:
    """The sheets for which the shop has rows."""
    sheets = (_filled(sheet, contracts[sheet.table], gold[sheet.table]) for sheet in SHEETS)
    return [sheet for sheet in sheets if sheet.rows.height]


def _filled(sheet: Sheet, contract: Table, rows: pl.DataFrame) -> Filled:
    matching = sheet.rows(rows).sort(sheet.order, descending=sheet.descending, nulls_last=True, maintain_order=True)
    wanted = [name for name in sheet.columns or contract.columns if name in contract.shareable]
    shown = matching.head(sheet.most) if sheet.most else matching
    kept = [name for name in wanted if shown[name].null_count() < shown.height]
    return Filled(sheet, contract, shown.select(kept), matching.height)


def label(column: str) -> str:
    """The header of a column: that of its KPI card, or Net sales for net_sales."""
    return _KPI_LABELS.get(column) or as_heading(column)


_KPI_LABELS = {kpi.name: kpi.label for kpi in KPIS}
