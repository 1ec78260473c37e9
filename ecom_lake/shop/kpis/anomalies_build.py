"""Which months stand out from the shop's own history: in volume, freshness, missing values, categories and amounts?

Here: what is measured, month by month, in SQL over silver. Not here: when a measure stands out (own_history.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import duckdb
import polars as pl

from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake.shop.kpis.anomalies import Anomalies
from ecom_lake.shop.kpis.own_history import AMOUNTS, COUNTS, DAYS, QUIET_DAYS, RATIOS, SHARES, Judged, Scale, judge
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("orders", "order_items", "payments", "reviews", "fct_sales", "fct_orders", "dim_date")
_TABLES = {contract.table.name: contract.table for contract in (Orders, OrderItems, Payments, Reviews)}

SETTLES_IN_DAYS = 60
"""A younger month still changes: orders are on their way, reviews to come. What depends on that is not judged before."""
MAIN_SHARE, MAIN_VALUES = 0.05, 8
"""A column's main values have at least this share of its rows; at most so many are watched."""
_LEAST_BUSY, _EDGE_DAYS = 0.1, 3
_STAGES = ("approved_at", "shipped_at", "delivered_at", "promised_at")


@dataclass(frozen=True)
class Series:
    """One measure through the shop's months."""

    table: str
    column: str
    kind: str
    measure: str
    scale: Scale
    sql: str
    """Gives month, value, and the deviation that chance gives it on the scale."""
    settles: bool = False
    """Whether it still changes in the youngest months."""


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    months, last_settled = _months(con)
    rows = [row for series in _all_series(con) for row in _judged(con, series, months, last_settled)]
    return pl.DataFrame(rows, Anomalies.table.schema, orient="row")


def _judged(con: duckdb.DuckDBPyConnection, series: Series, months: list[date], last_settled: date) -> Iterator[dict[str, Any]]:
    rows = con.execute(series.sql).fetchall()
    found = {month: (float(value), float(chance)) for month, value, chance in rows if value is not None}
    watched = [month for month in months if not series.settles or month <= last_settled]
    values = [found[month][0] if month in found else None for month in watched]
    chance = [found[month][1] if month in found else 0.0 for month in watched]
    if _says_nothing(series, values):
        return
    for month, value, verdict in zip(watched, values, judge(values, chance, series.scale), strict=True):
        if value is not None:
            yield _row(series, month, value, verdict)


def _says_nothing(series: Series, values: list[float | None]) -> bool:
    """Of what the shop does not have there is nothing to be said, nor of a column that was never NULL, or always."""
    return not any(values) or (series.kind == "null_share" and set(values) <= {1.0, None})


def _row(series: Series, month: date, value: float, verdict: Judged | None) -> dict[str, Any]:
    stands_out = verdict is not None and verdict.stands_out
    return {
        "month": month,
        "table_name": series.table,
        "column_name": series.column,
        "kind": series.kind,
        "measure": series.measure,
        "value": value,
        "expected": verdict and verdict.expected,
        "low": verdict and verdict.low,
        "high": verdict and verdict.high,
        "score": verdict and verdict.score,
        "is_anomaly": stands_out,
        "sentence": _sentence(series, month, value, verdict) if verdict and stands_out else None,
    }


def _sentence(series: Series, month: date, value: float, verdict: Judged) -> str:
    say = _percent if series.scale is SHARES else _plain
    where = series.table if series.column == "*" else f"{series.table}.{series.column}"
    return (
        f"{month:%Y-%m}: {series.measure} of {where} is {say(value)}; "
        f"the months before let expect {say(verdict.expected)}, from {say(verdict.low)} to {say(verdict.high)}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _months(con: duckdb.DuckDBPyConnection) -> tuple[list[date], date]:
    """The months from the first that is busy to the last, without those that the export cuts off; and the last settled one.
    A month between them that is nearly empty is no edge, but a hole, and is judged."""
    placed = con.execute(
        "select month, count(*), date_diff('day', month, min(order_date)), date_diff('day', max(order_date), last_day(month))"
        " from fct_orders where order_date is not null group by month order by month"
    ).fetchall()
    least = _LEAST_BUSY * median([orders for _, orders, _, _ in placed] or [0])
    whole = [
        month
        for place, (month, orders, late_start, early_end) in enumerate(placed)
        if orders >= least and (place > 0 or late_start <= _EDGE_DAYS) and (place < len(placed) - 1 or early_end <= _EDGE_DAYS)
    ]
    if not whole:
        return [], date.min
    span = con.execute(
        "select distinct month_start, last_day(month_start) <="
        f" (select max(date) - {SETTLES_IN_DAYS} from dim_date where is_as_of)"
        " from dim_date where month_start between ? and ? order by 1",
        [whole[0], whole[-1]],
    ).fetchall()
    return [month for month, _ in span], max((month for month, settled in span if settled), default=date.min)


def _all_series(con: duckdb.DuckDBPyConnection) -> Iterator[Series]:
    yield from _volumes()
    yield _freshness()
    yield from _missing()
    for table, column, source, settles in (
        ("orders", "status", "orders", True),
        ("orders", "state", "orders", False),
        ("orders", "channel", "orders", False),
        ("order_items", "category", "fct_sales", False),
        ("payments", "method", "payments", False),
        ("reviews", "score", "reviews", True),
    ):
        for value in _main_values(con, source, column):
            yield _share(table, column, source, value, settles)
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
        yield from _distribution(table, column, source, scale, settles)


def _volumes() -> Iterator[Series]:
    calendar = "(select distinct month_start as month from dim_date)"
    count = (
        "select m.month, count(o.order_id)::double, 1 / sqrt(count(o.order_id) + 1)"
        f" from {calendar} as m left join orders as o on o.month = m.month group by m.month"
    )
    yield Series("orders", "*", "volume", "rows", COUNTS, count)
    for table in list(_TABLES)[1:]:
        ratio = (
            "select o.month, coalesce(c.n, 0)::double / o.n, 1 / sqrt(o.n)"
            " from (select month, count(*) as n from orders group by month) as o"
            f" left join (select month, count(*) as n from {table} group by month) as c on c.month = o.month"
        )
        yield Series(table, "*", "volume", "rows per order", RATIOS, ratio, settles=table == "reviews")


def _freshness() -> Series:
    """The longest run of days of a month without an order, its edges included."""
    sql = """
        with days as (
            select d.month_start as month, d.date, max(o.order_date) over (partition by d.month_start order by d.date) as last
            from dim_date as d
            left join (select distinct order_date from fct_orders) as o on o.order_date = d.date
        )
        select month, max(date_diff('day', coalesce(last, month - 1), date))::double, 0.0 from days group by month
    """
    return Series("orders", "*", "freshness", "quiet days", QUIET_DAYS, sql)


def _missing() -> Iterator[Series]:
    for table, contract in _TABLES.items():
        for column in (column.name for column in contract.columns.values() if column.nullable):
            # Only an order that was delivered must have all its stages.
            of = "orders where status = 'delivered'" if column in _STAGES else table
            sql = (
                f"select month, count(*) filter (where {column} is null)::double / count(*), 0.5 / sqrt(count(*))"
                f" from {of} group by month"
            )
            yield Series(
                table, column, "null_share", "share of NULL", SHARES, sql, settles=table == "reviews" or column in _STAGES
            )


def _main_values(con: duckdb.DuckDBPyConnection, source: str, column: str) -> list[str]:
    """In each month's own share, so that a single spoilt month makes no value a main one."""
    found = con.execute(
        f"""
        with counts as (select month, {column}::varchar as v, count(*) as n from {source} group by all),
        shares as (select v, n / sum(n) over (partition by month) as share, count(distinct month) over () as months from counts)
        select v from shares where v is not null group by v
        having sum(share) / max(months) >= {MAIN_SHARE} order by sum(share) desc, v limit {MAIN_VALUES}
        """
    ).fetchall()
    return [str(value) for (value,) in found]


def _share(table: str, column: str, source: str, value: str, settles: bool) -> Series:
    same = f"{column}::varchar = '" + value.replace("'", "''") + "'"
    sql = f"select month, count_if({same})::double / count(*), 0.5 / sqrt(count(*)) from {source} group by month"
    return Series(table, column, "category_share", f"share of {value}", SHARES, sql, settles)


def _distribution(table: str, column: str, source: str, scale: Scale, settles: bool) -> Iterator[Series]:
    """Chance moves a quantile by the spread of the values around it, on the stretched scale, over √n; the tail by more."""
    stretched = "ln(x + 1)" if scale is DAYS else "ln(x + 0.01)"
    for measure, share, wider in (("median", 0.5, 1.25), ("p95", 0.95, 3.0)):
        sql = f"""
            select month, quantile_cont(x, {share}),
                {wider} / sqrt(count(*)) * (quantile_cont({stretched}, 0.75) - quantile_cont({stretched}, 0.25)) / 1.349
                {"+ 0.2 / (1 + quantile_cont(x, " + str(share) + "))" if scale is DAYS else ""}
            from (select month, {column}::double as x from {source} where {column} >= 0 and month is not null)
            group by month
        """
        yield Series(table, column, "distribution", measure, scale, sql, settles)
