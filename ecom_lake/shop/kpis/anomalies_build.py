"""Anomalies: the months that deviate from the shop's own history in volume, freshness, NULLs, categories or amounts.

Here: which measures are computed, month by month, by SQL over silver. Not here: when a month is an outlier
(outlier_detection.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake.shop.kpis.anomalies import Anomalies
from ecom_lake.shop.kpis.outlier_detection import AMOUNTS, COUNTS, DAYS, QUIET_DAYS, RATIOS, SHARES, Assessment, Scale, assess
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("orders", "order_items", "payments", "reviews", "fct_sales", "fct_orders", "dim_date", "reporting_period")
_TABLES = {contract.table.name: contract.table for contract in (Orders, OrderItems, Payments, Reviews)}

SETTLES_IN_DAYS = 60
"""Measures that depend on deliveries or reviews are assessed only for months that ended at least so many days ago."""
MAIN_SHARE, MAIN_VALUES = 0.05, 8
"""The main values of a column have at least this share of its rows; at most so many are watched."""
_LEAST_BUSY, _EDGE_DAYS = 0.1, 3
_STAGES = ("approved_at", "shipped_at", "delivered_at", "promised_at")


@dataclass(frozen=True)
class Series:
    """One measure through the shop's months."""

    table: str
    column: str
    kind: str
    measure: str
    description: str
    """The measure in a sentence: "the median of payments.amount"."""
    scale: Scale
    query: str
    """The file of the query, in this folder; it returns month, value, and the standard error of chance on the scale."""
    measured: str = ""
    """A SELECT of month and value, which the query reads as the table `measured`."""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    settles: bool = False
    """Whether the measure still changes in the most recent months."""


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    months, last_settled = _months(con)
    rows = [row for series in _all_series(con) for row in _assessed(con, series, months, last_settled)]
    con.execute("drop view if exists measured")
    return pl.DataFrame(rows, Anomalies.table.schema, orient="row")


def _assessed(con: duckdb.DuckDBPyConnection, series: Series, months: list[date], last_settled: date) -> Iterator[dict[str, Any]]:
    found = {month: (float(value), float(error)) for month, value, error in _rows(con, series) if value is not None}
    watched = [month for month in months if not series.settles or month <= last_settled]
    values = [found[month][0] if month in found else None for month in watched]
    standard_errors = [found[month][1] if month in found else 0.0 for month in watched]
    if _is_constant(series, values):
        return
    for month, value, assessment in zip(watched, values, assess(values, standard_errors, series.scale), strict=True):
        if value is not None:
            yield _row(series, month, value, assessment)


def _rows(con: duckdb.DuckDBPyConnection, series: Series) -> list[tuple[Any, ...]]:
    if series.measured:
        _measure(con, series.measured)
    return con.execute(sql_file(__file__, series.query), dict(series.parameters) or None).fetchall()


def _measure(con: duckdb.DuckDBPyConnection, select: str) -> None:
    con.execute(f"create or replace temp view measured as {select}")


def _is_constant(series: Series, values: list[float | None]) -> bool:
    """Whether the shop does not have the measured thing, or a column is never NULL or always NULL."""
    return not any(values) or (series.kind == "null_share" and set(values) <= {1.0, None})


def _row(series: Series, month: date, value: float, assessment: Assessment | None) -> dict[str, Any]:
    is_anomaly = assessment is not None and assessment.is_outlier
    return {
        "month": month,
        "table_name": series.table,
        "column_name": series.column,
        "kind": series.kind,
        "measure": series.measure,
        "value": value,
        "expected": assessment and assessment.expected,
        "low": assessment and assessment.low,
        "high": assessment and assessment.high,
        "score": assessment and assessment.score,
        "is_anomaly": is_anomaly,
        "sentence": _sentence(series, month, value, assessment) if assessment and is_anomaly else None,
    }


def _sentence(series: Series, month: date, value: float, assessment: Assessment) -> str:
    written = _percent if series.scale is SHARES else _plain
    return (
        f"In {month:%Y-%m}, {series.description} was {written(value)}, compared with {written(assessment.expected)} expected from"
        f" earlier months (usual range {written(assessment.low)} to {written(assessment.high)})."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _months(con: duckdb.DuckDBPyConnection) -> tuple[list[date], date]:
    """The months from the first busy one to the last, without months that the export cuts off; and the last settled month.

    A nearly empty month between two others is not cut off: it is a hole, and is assessed.
    """
    placed = con.execute(sql_file(__file__, "anomalies_order_months.sql")).fetchall()
    least = _LEAST_BUSY * median([orders for _, orders, _, _ in placed] or [0])
    whole = [
        month
        for place, (month, orders, late_start, early_end) in enumerate(placed)
        if orders >= least and (place > 0 or late_start <= _EDGE_DAYS) and (place < len(placed) - 1 or early_end <= _EDGE_DAYS)
    ]
    if not whole:
        return [], date.min
    span = con.execute(
        sql_file(__file__, "anomalies_calendar.sql"),
        {"first_month": whole[0], "last_month": whole[-1], "settles_in_days": SETTLES_IN_DAYS},
    ).fetchall()
    return [month for month, _ in span], max((month for month, settled in span if settled), default=date.min)


def _all_series(con: duckdb.DuckDBPyConnection) -> Iterator[Series]:
    yield from _volumes()
    yield _freshness()
    yield from _null_shares()
    for table, column, source, settles in (
        ("orders", "status", "orders", True),
        ("orders", "state", "orders", False),
        ("orders", "channel", "orders", False),
        ("order_items", "category", "fct_sales", False),
        ("payments", "method", "payments", False),
        ("reviews", "score", "reviews", True),
    ):
        for label in _main_values(con, source, column):
            yield _value_share(table, column, source, label, settles)
    for table, column, source, scale, settles in (
        ("order_items", "unit_price", "order_items", AMOUNTS, False),
        ("order_items", "freight", "order_items", AMOUNTS, False),
        ("order_items", "quantity", "order_items", DAYS, False),
        ("order_items", "discount", "order_items", AMOUNTS, False),
        ("order_items", "unit_cost", "order_items", AMOUNTS, False),
        ("payments", "amount", "payments", AMOUNTS, False),
        ("payments", "instalments", "payments", DAYS, False),
        ("orders", "lead_days", "fct_orders", DAYS, True),
    ):
        yield from _quantiles(table, column, source, scale, settles)


def _volumes() -> Iterator[Series]:
    yield Series("orders", "*", "volume", "rows", "the number of orders", COUNTS, "anomalies_order_volume.sql")
    for table in list(_TABLES)[1:]:
        yield Series(
            table=table,
            column="*",
            kind="volume",
            measure="rows per order",
            description=f"the number of rows per order in {table}",
            scale=RATIOS,
            query="anomalies_rows_per_order.sql",
            measured=f"select month from {table}",
            settles=table == "reviews",
        )


def _freshness() -> Series:
    description = "the longest run of days without an order"
    return Series("orders", "*", "freshness", "quiet days", description, QUIET_DAYS, "anomalies_quiet_days.sql")


def _null_shares() -> Iterator[Series]:
    for table, contract in _TABLES.items():
        for column in (column.name for column in contract.columns.values() if column.nullable):
            # Only an order that was delivered must have all its stages.
            rows = "orders where status = 'delivered'" if column in _STAGES else table
            yield Series(
                table=table,
                column=column,
                kind="null_share",
                measure="share of NULL",
                description=f"the share of NULL values in {table}.{column}",
                scale=SHARES,
                query="anomalies_null_share.sql",
                measured=f"select month, {column} as value from {rows}",
                settles=table == "reviews" or column in _STAGES,
            )


def _main_values(con: duckdb.DuckDBPyConnection, source: str, column: str) -> list[str]:
    """By the mean of the monthly shares, so that a single corrupted month makes no value a main one."""
    _measure(con, f"select month, {column} as value from {source}")
    parameters = {"main_share": MAIN_SHARE, "most_values": MAIN_VALUES}
    return [str(label) for (label,) in con.execute(sql_file(__file__, "anomalies_main_values.sql"), parameters).fetchall()]


def _value_share(table: str, column: str, source: str, label: str, settles: bool) -> Series:
    return Series(
        table=table,
        column=column,
        kind="category_share",
        measure=f"share of {label}",
        description=f"the share of '{label}' in {table}.{column}",
        scale=SHARES,
        query="anomalies_value_share.sql",
        measured=f"select month, {column} as value from {source}",
        parameters={"label": label},
        settles=settles,
    )


def _quantiles(table: str, column: str, source: str, scale: Scale, settles: bool) -> Iterator[Series]:
    """The median and the 95th percentile. The standard error of the percentile is larger, because the tail is sparse."""
    offset, rounding_error = (1.0, 0.2) if scale is DAYS else (0.01, 0.0)
    for measure, name, quantile, error_factor in (("median", "median", 0.5, 1.25), ("p95", "95th percentile", 0.95, 3.0)):
        yield Series(
            table=table,
            column=column,
            kind="distribution",
            measure=measure,
            description=f"the {name} of {table}.{column}",
            scale=scale,
            query="anomalies_quantile.sql",
            measured=f"select month, {column} as value from {source}",
            parameters={
                "quantile": quantile,
                "offset": offset,
                "error_factor": error_factor,
                "rounding_error": rounding_error,
            },
            settles=settles,
        )
