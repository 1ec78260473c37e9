"""Hand-written shops for the tables of experiments: orders by customer, days before the as-of date, and amount."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import polars as pl

from ecom_lake.shop.experiments.groups import Group

AS_OF = date(2018, 6, 30)
TABLES = ("experiment_plan", "experiment_simulation")
Purchase = tuple[str, int, float]
"""Customer, days before the as-of date, net sales."""


def shop(con: duckdb.DuckDBPyConnection, purchases: list[Purchase], cost: float | None = None) -> None:
    """Customers are `active` up to 60 days and `at risk` up to 120 days after their last order: P50 and P80 of the gaps."""
    kinds = {"customer_id": pl.String, "ago": pl.Int64, "net_sales": pl.Float64, "is_valid": pl.Boolean, "gap_days": pl.Int64}
    gaps = [(None, 0, 0.0, False, days) for days in (*[60] * 6, *[120] * 5)]
    rows = [*((*purchase, True, None) for purchase in purchases), *gaps]
    orders = pl.DataFrame(rows, kinds, orient="row").with_columns(
        order_date=pl.lit(AS_OF) - pl.duration(days="ago"),
        net_sales=pl.col("net_sales").cast(pl.Decimal(18, 2)),
        costed_sales=pl.col("net_sales").cast(pl.Decimal(18, 2)) if cost is not None else pl.lit(0).cast(pl.Decimal(18, 2)),
        cogs=(pl.col("net_sales") * (cost or 0)).cast(pl.Decimal(18, 2)) if cost is not None else pl.lit(None, pl.Decimal(18, 2)),
    )
    period = pl.DataFrame({"as_of": [AS_OF]})
    people = orders.filter("is_valid").select("customer_id").unique()
    for name, frame in (("fct_orders", orders), ("customer_metrics", people), ("reporting_period", period)):
        con.execute(f"drop table if exists {name}")
        con.register("frame", frame.to_arrow())
        con.execute(f"create table {name} as select * from frame")
        con.unregister("frame")


EDGES: list[Purchase] = [("at 60", 60, 1), ("at 120", 120, 1)]
"""Customers at the bounds of the activity statuses."""
STOCK = Group(
    "at risk, one purchase",
    people=8_000,
    join_per_day=10.0,
    observed=2_000,
    ordered=100,
    order_value=80,
    order_value_deviation=30,
)


def busy(people: int = 4_000, again: float = 0.2) -> list[Purchase]:
    rng = np.random.default_rng(6)
    made: list[Purchase] = []
    for i in range(people):
        first = int(rng.integers(1, 400))
        made.append((f"p{i}", first, float(rng.integers(20, 200))))
        if rng.random() < again:
            made.append((f"p{i}", int(rng.integers(0, first)), float(rng.integers(20, 200))))
    return made


def card(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    return dict(con.execute(f"select name, said from {table}_fit where kind = 'card'").fetchall())
