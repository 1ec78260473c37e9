"""What each person did up to a day, and after it: purchases, times and spending, and how many people share each history.

A purchase is all valid orders of a person on one day. Here: the one query that reads orders, and the small arrays that the models
of value work on. `more` and `later` are purchases and money of the time after the day: what a forecast is held against.
Not here: any model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from ecom_lake.shop.customer_value.bg_nbd import Histories
from ecom_lake.shop.customer_value.gamma_gamma import Spent

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BUCKETS = 256
"""People are put into so many at random, by a hash of their id: resampling these is resampling people, and cheap."""


@dataclass(frozen=True)
class Shop:
    """The days between which the shop is known."""

    first: date
    as_of: date
    most_purchases: int

    @property
    def days(self) -> int:
        return (self.as_of - self.first).days


@dataclass(frozen=True)
class Seen:
    """Groups of people of one bucket with one history up to a day, and one number of purchases after it."""

    x: Integers
    t_x: Integers
    age: Integers
    n: Integers
    bucket: Integers
    more: Integers
    people: Integers
    spent: Floats
    later: Floats
    """Sums over the group's people, of the time before and after."""


def read(con: duckdb.DuckDBPyConnection) -> Shop | None:
    """People and purchases into tables of their own, which all further questions are put to; None where there are none.

    `value_people` numbers people: in whatever order, for it serves only to count them apart quickly.
    """
    today = "(select max(date) from dim_date where is_as_of)"
    con.execute(
        f"""
        create or replace temp table value_people as
        select
            customer_id,
            row_number() over () as person,
            ('0x' || substr(md5(customer_id), 1, 2))::bigint as bucket,
            min(order_date) as first_date
        from fct_orders
        where is_valid and order_date <= {today}
        group by customer_id
        """
    )
    con.execute(
        f"""
        create or replace temp table value_purchases as
        select person, bucket, first_date, order_date, sum(net_sales)::decimal(18, 2) as spent
        from fct_orders
        join value_people using (customer_id)
        where is_valid and order_date <= {today}
        group by person, bucket, first_date, order_date
        """
    )
    [(first, as_of, most)] = con.execute(
        f"select min(first_date), {today}, max(purchases)"
        " from (select first_date, count(*) as purchases from value_purchases group by person, first_date)"
    ).fetchall()
    return None if first is None else Shop(first, as_of, most)


def histories(con: duckdb.DuckDBPyConnection, until: date) -> Histories:
    """Up to a day."""
    return Histories(
        *_arrays(con, f"select x, t_x, age, count(*) from ({people(until)}) group by x, t_x, age order by x, t_x, age")
    )


def spent(con: duckdb.DuckDBPyConnection, until: date) -> Spent:
    """On repeat purchases up to a day."""
    n, money, persons = _arrays(
        con, f"select n, spent, count(*) from ({people(until)}) where n > 0 group by n, spent order by n, spent"
    )
    return Spent(n, money / 100, persons)


def seen(con: duckdb.DuckDBPyConnection, until: date, end: date) -> Seen:
    """What was known on a day, and what came of it up to another."""
    groups = "x, t_x, age, n, bucket, more"
    *counts, before, after = _arrays(
        con,
        f"select {groups}, count(*), sum(spent), sum(later) from ({people(until, end)}) group by {groups} order by {groups}",
    )
    x, t_x, age, n, bucket, more, persons = counts
    return Seen(x, t_x, age, n, bucket, more, persons, before / 100, after / 100)


def starts(con: duckdb.DuckDBPyConnection, shop: Shop, step: int) -> tuple[Integers, Integers, Integers]:
    """For each stretch of `step` days since the first purchase of all: its number, first purchases in it, and repeat ones."""
    number, firsts, repeats = _arrays(
        con,
        f"""
        select date_diff('day', date '{shop.first}', order_date) // {step} as number,
            count(*) filter (where order_date = first_date), count(*) filter (where order_date > first_date)
        from value_purchases
        group by number
        order by number
        """,
    )
    return number, firsts, repeats


def people(until: date, end: date | None = None) -> str:
    """A query for everybody who had bought by a day, and, up to another, what they bought later.

    Money in cents, so that sums are exact in any order.
    """
    day, last = f"date '{until}'", f"date '{end or until}'"
    return f"""
        select
            person,
            bucket,
            count(*) filter (where order_date <= {day}) - 1 as x,
            date_diff('day', first_date, max(order_date) filter (where order_date <= {day})) as t_x,
            date_diff('day', first_date, {day}) as age,
            count(*) filter (where order_date > first_date and order_date <= {day} and spent > 0) as n,
            coalesce(sum(spent) filter (where order_date > first_date and order_date <= {day} and spent > 0), 0) * 100 as spent,
            count(*) filter (where order_date > {day} and order_date <= {last}) as more,
            coalesce(sum(spent) filter (where order_date > {day} and order_date <= {last}), 0) * 100 as later
        from value_purchases
        where first_date <= {day}
        group by person, bucket, first_date
    """


def _arrays(con: duckdb.DuckDBPyConnection, query: str) -> list[Integers]:
    """Whole numbers all of them; none is missing."""
    columns = con.execute(query).fetchnumpy().values()
    return [np.asarray(column).astype(np.float64).round().astype(np.int64) for column in columns]
