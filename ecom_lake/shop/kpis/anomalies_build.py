"""Anomalies: the months that deviate from the shop's own history in volume, freshness, NULLs, categories or amounts.

Here: which measures are computed, month by month, by SQL over silver. Not here: when a month is an outlier
(outlier_detection.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from ecom_lake.shop.settling import SETTLES_IN_DAYS

READS = ("orders", "order_items", "payments", "reviews", "fct_sales", "fct_orders", "dim_date", "reporting_period")
_TABLES = {contract.table.name: contract.table for contract in (Orders, OrderItems, Payments, Reviews)}

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
    settles: bool = False
    """Whether the measure still changes in the most recent months."""


Values = Mapping[date, tuple[float, float]]
"""By month: the value of a measure, and the standard error of chance on the measure's scale."""


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    months, last_settled = _months(con)
    rows = [row for series, values in _all_series(con) for row in _assessed(series, values, months, last_settled)]
    con.execute("drop view if exists measured")
    return pl.DataFrame(rows, Anomalies.table.schema, orient="row")


def _assessed(series: Series, found: Values, months: list[date], last_settled: date) -> Iterator[dict[str, Any]]:
    watched = [month for month in months if not series.settles or month <= last_settled]
    values = [found[month][0] if month in found else None for month in watched]
    standard_errors = [found[month][1] if month in found else 0.0 for month in watched]
    if _is_constant(series, values):
        return
    for month, value, assessment in zip(watched, values, assess(values, standard_errors, series.scale), strict=True):
        if value is not None:
            yield _row(series, month, value, assessment)


def _values(con: duckdb.DuckDBPyConnection, query: str) -> Values:
    """The values of the one measure that a query returns."""
    rows = con.execute(query).fetchall()
    return {month: (float(value), float(error)) for month, value, error in rows if value is not None}


def _values_by_label(
    con: duckdb.DuckDBPyConnection, query: str, measured: str, parameters: Mapping[str, float] | None = None
) -> dict[str, dict[date, tuple[float, float]]]:
    """The values of each measure that a query returns, by its label; the query reads the rows of `measured` by that name."""
    con.execute(f"create or replace temp view measured as {measured}")
    found: dict[str, dict[date, tuple[float, float]]] = defaultdict(dict)
    for label, month, value, error in con.execute(query, parameters).fetchall():
        if value is not None:
            found[label][month] = (float(value), float(error))
    return found


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


def _all_series(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Series, Values]]:
    yield from _volumes(con)
    yield _freshness(con)
    for table in _TABLES:
        yield from _null_shares(con, table)
    for table, column, source, settles in (
        ("orders", "status", "orders", True),
        ("orders", "state", "orders", False),
        ("orders", "channel", "orders", False),
        ("order_items", "category", "fct_sales", False),
        ("payments", "method", "payments", False),
        ("reviews", "score", "reviews", True),
    ):
        yield from _value_shares(con, table, column, source, settles)
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
        yield from _quantiles(con, table, column, source, scale, settles)


def _volumes(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Series, Values]]:
    orders = Series("orders", "*", "volume", "rows", "the number of orders", COUNTS)
    yield orders, _values(con, sql_file(__file__, "anomalies_order_volume.sql"))
    for table in list(_TABLES)[1:]:
        con.execute(f"create or replace temp view measured as select month from {table}")
        description = f"the number of rows per order in {table}"
        series = Series(table, "*", "volume", "rows per order", description, RATIOS, settles=table == "reviews")
        yield series, _values(con, sql_file(__file__, "anomalies_rows_per_order.sql"))


def _freshness(con: duckdb.DuckDBPyConnection) -> tuple[Series, Values]:
    series = Series("orders", "*", "freshness", "quiet days", "the longest run of days without an order", QUIET_DAYS)
    return series, _values(con, sql_file(__file__, "anomalies_quiet_days.sql"))


def _null_shares(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[Series, Values]]:
    nullable = [column.name for column in _TABLES[table].columns.values() if column.nullable]
    # Only an order that was delivered must have all its stages.
    stages = [column for column in nullable if column in _STAGES]
    others = [column for column in nullable if column not in _STAGES]
    for rows, columns in ((f"{table} where status = 'delivered'", stages), (table, others)):
        if not columns:
            continue
        labels = ", ".join(f"'{column}'" for column in columns)
        nulls = ", ".join(f"count(*) - count({column})" for column in columns)
        counts = f"count(*) as n, unnest([{labels}]) as label, unnest([{nulls}]) as nulls"
        measured = f"select month, {counts} from {rows} group by month"
        found = _values_by_label(con, sql_file(__file__, "anomalies_null_share.sql"), measured)
        for column in columns:
            series = Series(
                table=table,
                column=column,
                kind="null_share",
                measure="share of NULL",
                description=f"the share of NULL values in {table}.{column}",
                scale=SHARES,
                settles=table == "reviews" or column in _STAGES,
            )
            yield series, found[column]


def _value_shares(
    con: duckdb.DuckDBPyConnection, table: str, column: str, source: str, settles: bool
) -> Iterator[tuple[Series, Values]]:
    """The main values are those by the mean of the monthly shares, so that one corrupted month makes no value a main one."""
    query, measured = sql_file(__file__, "anomalies_value_share.sql"), f"select month, {column} as value from {source}"
    found = _values_by_label(con, query, measured, {"main_share": MAIN_SHARE, "most_values": MAIN_VALUES})
    for label, values in sorted(found.items()):
        series = Series(
            table=table,
            column=column,
            kind="category_share",
            measure=f"share of {label}",
            description=f"the share of '{label}' in {table}.{column}",
            scale=SHARES,
            settles=settles,
        )
        yield series, values


def _quantiles(
    con: duckdb.DuckDBPyConnection, table: str, column: str, source: str, scale: Scale, settles: bool
) -> Iterator[tuple[Series, Values]]:
    offset, rounding_error = (1.0, 0.2) if scale is DAYS else (0.01, 0.0)
    query, measured = sql_file(__file__, "anomalies_quantiles.sql"), f"select month, {column} as value from {source}"
    found = _values_by_label(con, query, measured, {"offset": offset, "rounding_error": rounding_error})
    for measure, name in (("median", "median"), ("p95", "95th percentile")):
        series = Series(
            table=table,
            column=column,
            kind="distribution",
            measure=measure,
            description=f"the {name} of {table}.{column}",
            scale=scale,
            settles=settles,
        )
        yield series, found[measure]
