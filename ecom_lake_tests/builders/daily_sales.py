"""Shops defined by their daily sales, as the input tables of forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]


def shop(
    daily: Floats, first: date = date(2020, 1, 1), parts: Mapping[str, Floats] | None = None, complete: bool = True
) -> duckdb.DuckDBPyConnection:
    """Complete months from `first` on; `parts` are the daily sales by category."""
    days = [first + timedelta(days=i) for i in range(len(daily))]
    frame = pl.DataFrame({"date": days, "net_sales": np.round(daily, 2)}, {"date": pl.Date, "net_sales": pl.Float64})
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.register("sold", frame.to_arrow())
    con.execute("create table kpi_daily as select date, net_sales::decimal(18, 2) as net_sales from sold")
    con.execute(
        f"create table dim_date as select date, date_trunc('month', date)::date as month_start, {complete} as is_complete_month"
        " from sold"
    )
    con.execute("create table reporting_period as select max(date) as as_of from sold")
    con.execute(
        f"create table kpi_monthly as select date_trunc('month', date)::date as month, {complete} as is_complete,"
        " sum(net_sales)::decimal(18, 2) as net_sales from kpi_daily group by 1"
    )
    rows = {"date": days * len(parts or {}), "member": [name for name in parts or {} for _ in days]}
    rows["net_sales"] = [round(float(value), 2) for of in (parts or {}).values() for value in of]
    con.register("parts", pl.DataFrame(rows, {"date": pl.Date, "member": pl.String, "net_sales": pl.Float64}).to_arrow())
    con.execute(
        "create table kpi_breakdown as select 'month' as period_type, 'category' as dimension, member,"
        " date_trunc('month', date)::date as period, sum(net_sales::decimal(18, 2))::decimal(18, 2) as net_sales"
        " from parts group by 3, 4"
    )
    return con


def by_month(monthly: Floats, first: date = date(2020, 1, 1)) -> Floats:
    """Daily sales with these monthly totals, the same for each day of a month."""
    days = []
    for i, sold in enumerate(monthly):
        month = first.month - 1 + i
        begins = date(first.year + month // 12, month % 12 + 1, 1)
        length = ((begins + timedelta(days=31)).replace(day=1) - begins).days
        days += [sold / length] * length
    return np.array(days)


def noise(periods: int, deviation: float, seed: int = 1) -> Floats:
    """Random factors around 1."""
    return np.exp(np.random.default_rng(seed).normal(0, deviation, periods))
