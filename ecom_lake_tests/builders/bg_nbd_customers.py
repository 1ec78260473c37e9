"""Customers simulated from the BG/NBD or MBG/NBD model with known parameters: purchase histories, and shops of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.shop.customer_value.bg_nbd import DAYS_A_WEEK, MBG

AS_OF = date(2018, 8, 31)
PLANTED = {"r": 0.6, "alpha": 8.0, "a": 0.9, "b": 2.5}
"""Parameters of the shops: a third of the customers order again within half a year."""


@dataclass(frozen=True)
class Buyers:
    """The repeat purchases of the customers, and the week in which each of them becomes inactive."""

    person: np.ndarray
    weeks: np.ndarray
    """One row per repeat purchase: the customer (`person`), and the weeks after the first purchase (`weeks`)."""
    left: np.ndarray
    """The week in which each customer becomes inactive; infinity if active."""


def buyers(model: str, parameters: dict[str, float], people: int, weeks: float, seed: int) -> Buyers:
    """Simulates all customers together, one purchase after another."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(parameters["r"], 1 / parameters["alpha"], people)
    chance = rng.beta(parameters["a"], parameters["b"], people)
    now, left = np.zeros(people), np.full(people, np.inf)
    if model == MBG:
        left[rng.random(people) < chance] = 0.0
    there, bought = np.flatnonzero(left == np.inf), []
    while len(there):
        now[there] += rng.exponential(1, len(there)) / np.maximum(rate[there], 1e-300)
        there = there[now[there] <= weeks]
        bought.append((there, now[there].copy()))
        leaves = rng.random(len(there)) < chance[there]
        left[there[leaves]] = now[there[leaves]]
        there = there[~leaves]
    persons, times = (np.concatenate(part) for part in zip(*bought, strict=True)) if bought else (np.zeros(0), np.zeros(0))
    return Buyers(persons.astype(np.int64), times, left)


def orders_of(
    model: str, people: int, days: int, seed: int, parameters: dict[str, float] | None = None, spend: str = "gamma"
) -> list[tuple[str, date, float]]:
    """Orders as (customer, day, net sales): first purchases uniform over the days, and repeat purchases up to the as-of date.

    `spend` is the distribution of order values: Gamma-Gamma with p 6, q 4, v 50 (on average 100), or 100 for all orders.
    """
    made = buyers(model, parameters or PLANTED, people, days / DAYS_A_WEEK, seed)
    rng = np.random.default_rng(seed + 1)
    first = rng.integers(0, days, people)
    per_unit = 1 / rng.gamma(4, 1 / 50, people)
    person = np.concatenate([np.arange(people), made.person])
    day = np.concatenate([first, first[made.person] + np.ceil(made.weeks * DAYS_A_WEEK).astype(np.int64)])
    amount = rng.gamma(6, 1, len(person)) * per_unit[person] if spend == "gamma" else np.full(len(person), 100.0)
    start = AS_OF - timedelta(days=days)
    rows = zip(person.tolist(), day.tolist(), amount.round(2).tolist(), strict=True)
    return [(f"{who:07d}", start + timedelta(days=when), money) for who, when, money in rows if when <= days]


def shop(con: duckdb.DuckDBPyConnection, orders: Sequence[tuple[str, date | None, float]], as_of: date = AS_OF) -> None:
    """Creates in `con` the tables that customer value reads, from hand-written valid orders."""
    kinds = {"customer_id": pl.String, "order_date": pl.Date, "net_sales": pl.Float64}
    frame = pl.DataFrame(list(orders), kinds, orient="row").with_columns(
        pl.col("net_sales").cast(pl.Decimal(18, 2)), is_valid=pl.lit(True)
    )
    con.register("given", frame.to_arrow())
    con.execute("create or replace table fct_orders as select * from given")
    con.unregister("given")
    con.execute(f"create or replace table reporting_period as select date '{as_of}' as as_of")
    con.execute(
        """
        create or replace table customer_metrics as
        select customer_id, sum(net_sales)::decimal(18, 2) as net_sales, count(distinct order_date) as purchases
        from fct_orders
        where is_valid and coalesce(order_date <= (select as_of from reporting_period), true)
        group by customer_id
        """
    )
