"""People who buy and leave as BG/NBD or MBG/NBD has it, from parameters that are known: histories, and whole shops of them."""

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
"""Of shops: a third of the people come back within half a year, and leave after some purchases."""


@dataclass(frozen=True)
class Buyers:
    """What each person does, who is who being kept: a rate, a chance to leave, and the weeks of repeat purchases."""

    person: np.ndarray
    weeks: np.ndarray
    """One row per repeat purchase: whose, and when after the first."""
    left: np.ndarray
    """The week in which each person leaves; infinity while he stays."""


def buyers(model: str, parameters: dict[str, float], people: int, weeks: float, seed: int) -> Buyers:
    """Played out purchase by purchase, everybody at once."""
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
    """First purchases spread evenly over the days, and those after them up to the as-of date, as (person, day, net sales).

    `spend` is how: by Gamma-Gamma with p 6, q 4, v 50, which is 100 a purchase, or the same for everybody.
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
    """The tables that customer value reads, of valid orders given by hand; tables in `con`."""
    kinds = {"customer_id": pl.String, "order_date": pl.Date, "net_sales": pl.Float64}
    frame = pl.DataFrame(list(orders), kinds, orient="row").with_columns(
        pl.col("net_sales").cast(pl.Decimal(18, 2)), is_valid=pl.lit(True)
    )
    con.register("given", frame.to_arrow())
    con.execute("create or replace table fct_orders as select * from given")
    con.unregister("given")
    con.execute(f"create or replace table dim_date as select date '{as_of}' as date, true as is_as_of")
    con.execute(
        """
        create or replace table customer_metrics as
        select customer_id, sum(net_sales)::decimal(18, 2) as net_sales, count(distinct order_date) as purchases
        from fct_orders
        where is_valid and coalesce(order_date <= (select max(date) from dim_date), true)
        group by customer_id
        """
    )
