"""What each customer had bought by a day, and what each bought after it, from all orders up to the as-of date.

A purchase is all valid orders of a customer on one day. Here: the queries that read orders, and the small arrays that the models
of customer value work on. Purchases and spending after the day are what a forecast is tested on. Not here: any model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.customer_value.bg_nbd import Histories
from ecom_lake.shop.customer_value.gamma_gamma import Spent
from ecom_lake.statistics.arrays import Floats, Integers

BUCKETS = 256
"""Customers are in so many random buckets (customers.sql): resampling buckets is resampling customers, at little cost."""
_CENTS = 100


@dataclass(frozen=True)
class ObservationPeriod:
    """From the first purchase to the as-of date."""

    first: date
    as_of: date
    most_purchases: int

    @property
    def days(self) -> int:
        return (self.as_of - self.first).days


@dataclass(frozen=True)
class Holdout:
    """Groups of customers of one bucket with one history up to a day, and one number of purchases after it."""

    x: Integers
    t_x: Integers
    age: Integers
    n: Integers
    bucket: Integers
    later_purchases: Integers
    people: Integers
    spent: Floats
    later_spent: Floats
    """Sums over the customers of the group, before and after the day."""


def read(con: duckdb.DuckDBPyConnection) -> ObservationPeriod | None:
    """Customers and purchases into temporary tables, which all further queries read; None where there are no purchases."""
    con.execute(f"create or replace temp table value_customers as {sql_file(__file__, 'customers.sql')}")
    con.execute(f"create or replace temp table value_purchases as {sql_file(__file__, 'purchases.sql')}")
    [(first, as_of, most_purchases)] = con.execute(sql_file(__file__, "known_days.sql")).fetchall()
    return None if first is None else ObservationPeriod(first, as_of, most_purchases)


def histories(con: duckdb.DuckDBPyConnection, until: date) -> Histories:
    """Up to and including a day."""
    return Histories(*_grouped(of_customers(con, until), ("x", "t_x", "age")))


def spent(con: duckdb.DuckDBPyConnection, until: date) -> Spent:
    """On repeat purchases up to a day."""
    customers = of_customers(con, until)
    purchases, paid = int(customers["x"].sum()), int(customers["n"].sum())
    n, cents, people = _grouped(customers.filter(pl.col("n") > 0), ("n", "spent"))
    return Spent(n, cents / _CENTS, people, paid / purchases if purchases else 1.0)


def holdout(con: duckdb.DuckDBPyConnection, until: date, end: date) -> Holdout:
    """What was known on a day, and what came after it up to another day."""
    groups = ("x", "t_x", "age", "n", "bucket", "later_purchases")
    *keys, people, cents, later_cents = _grouped(of_customers(con, until, end), groups, ("spent", "later_spent"))
    x, t_x, age, n, bucket, later_purchases = keys
    return Holdout(x, t_x, age, n, bucket, later_purchases, people, cents / _CENTS, later_cents / _CENTS)


def purchases_over_time(
    con: duckdb.DuckDBPyConnection, shop: ObservationPeriod, days: int
) -> tuple[Integers, Integers, Integers]:
    """For each period of so many days since the first purchase of all: its number, first purchases, and repeat purchases."""
    parameters = {"first_day": shop.first, "days": days}
    periods = con.sql(sql_file(__file__, "purchases_over_time.sql"), params=parameters).pl()
    period, first_purchases, repeat_purchases = (periods[name].cast(pl.Int64).to_numpy() for name in periods.columns)
    return period, first_purchases, repeat_purchases


def of_customers(con: duckdb.DuckDBPyConnection, until: date, end: date | None = None) -> pl.DataFrame:
    """One row per customer who had bought by a day; amounts in cents."""
    parameters = {"until": until, "end": end or until}
    customers: pl.DataFrame = con.sql(sql_file(__file__, "histories.sql"), params=parameters).pl()
    return customers


def _grouped(customers: pl.DataFrame, by: tuple[str, ...], sums: tuple[str, ...] = ()) -> list[Integers]:
    """The columns of the groups, how many customers are in each, and their sums."""
    groups = customers.group_by(by).agg(pl.len().alias("people"), pl.col(sums).sum()).sort(by)
    return [groups[name].cast(pl.Int64).to_numpy() for name in (*by, "people", *sums)]
