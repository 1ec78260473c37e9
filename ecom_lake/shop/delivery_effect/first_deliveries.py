"""Each person's first delivered order: how it came, what it was, and whether the person has bought again since.

Here: who counts, what they are exposed to, what they are compared by, and in how many days they may come back. Everybody is
watched in full: whose days are not over by the as-of date is left out. What people are compared by was settled before the
delivery. Not here: the comparing (adjusting.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.factor_regression import Design, factor
from ecom_lake.statistics.weighted_effect import People

READS = ("fct_orders", "fct_sales", "dim_seller", "dim_date", "reviews")

COMPARED = ("month", "state", "same_state", "price", "freight", "items", "category", "seller")
_BANDS, _RARE = 5, 0.01
"""Amounts are compared by fifths of the people; a level of fewer than so large a share is one of the others."""

_ORDERS = f"""
create or replace temp table first_deliveries as
with today as (select max(date) as as_of from dim_date where is_as_of),
valid as (
    select order_id, customer_id, order_date, ordered_at, month, status, is_late, delay_days, delivered_date, state, net_sales,
        freight, items, instalments
    from fct_orders as o, today where o.is_valid and o.order_date <= today.as_of
),
delivered as (
    select * from valid where status = 'delivered' and delivered_date is not null
    qualify row_number() over (partition by customer_id order by ordered_at, order_id) = 1
),
main_line as (
    select order_id, category, seller_id from fct_sales where is_valid
    qualify row_number() over (partition by order_id order by net_sales desc, line) = 1
),
sellers as (
    select s.seller_id, count(*) as lines from fct_sales as s, today
    where s.is_valid and s.order_date <= today.as_of and s.seller_id is not null group by s.seller_id
),
returned as (
    select d.customer_id, min(v.order_date) as back
    from delivered as d join valid as v on v.customer_id = d.customer_id and v.order_date > d.delivered_date
    group by d.customer_id
),
known as (
    select d.*, l.category, n.lines as seller_lines, d.state = s.state as is_same_state
    from delivered as d
    left join main_line as l using (order_id)
    left join dim_seller as s using (seller_id)
    left join sellers as n using (seller_id)
    where d.is_late is not null
),
answered as (
    select k.order_id, r.score, r.answered_at::date as answered
    from known as k join reviews as r using (order_id)
    where not r.is_score_imputed and r.answered_at::date > k.delivered_date
        and not exists (
            select 1 from valid as v
            where v.customer_id = k.customer_id and v.order_date > k.order_date and v.order_date <= r.answered_at::date
        )
    qualify row_number() over (partition by k.order_id order by r.answered_at desc, r.created_at desc, r.review_id desc) = 1
)
select
    k.customer_id,
    k.is_late,
    k.delay_days,
    k.delivered_date,
    a.score <= 3 as is_low,
    a.answered,
    today.as_of,
    b.back,
    strftime(k.month, '%Y-%m') as month,
    coalesce(k.state, 'unknown') as state,
    case when k.is_same_state then 'yes' when k.is_same_state is null then 'unknown' else 'no' end as same_state,
    case when k.items > 1 then 'several' else 'one' end as items,
    coalesce(k.category, 'unknown') as category,
    (1 + {_BANDS} * (rank() over (order by k.net_sales) - 1) // count(*) over ())::varchar as price,
    (1 + {_BANDS} * (rank() over (order by k.freight) - 1) // count(*) over ())::varchar as freight,
    case when k.seller_lines is null then 'unknown'
        else (1 + {_BANDS} * (rank() over (order by k.seller_lines) - 1) // count(*) over ())::varchar end as seller,
    coalesce(k.instalments > 1, day(k.order_date) % 2 = 0) as placebo
from known as k
left join answered as a using (order_id)
left join returned as b using (customer_id)
cross join today
"""


@dataclass(frozen=True)
class Exposure:
    name: str
    flag: str
    """Column of first_deliveries."""
    since: str
    """The day from which coming back is watched."""
    adjusted: tuple[str, ...]
    exposed: str
    unexposed: str
    """What they are called in a sentence."""


LATE = Exposure(
    "late_delivery",
    "is_late",
    "delivered_date",
    COMPARED,
    "people whose first order came late",
    "people whose first order came on time",
)
LOW_REVIEW = Exposure(
    "low_review",
    "is_low",
    "answered",
    (*COMPARED, "late"),
    "people who gave their first order at most 3 points",
    "people who gave theirs 4 points or more",
)
EXPOSURES = (LATE, LOW_REVIEW)


@dataclass(frozen=True)
class Watched:
    """People exposed or not, who were watched for so many days."""

    people: People
    back: Floats
    placebo: Floats

    def count(self, is_exposed: bool) -> int:
        return int(self.people.count[self.people.exposed == is_exposed].sum())

    def came_back(self, is_exposed: bool) -> int:
        return int((self.people.count * self.back)[self.people.exposed == is_exposed].sum())


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(_ORDERS)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("drop table first_deliveries")


def watched(con: duckdb.DuckDBPyConnection, exposure: Exposure, days: int) -> Watched:
    compared = ", ".join(name for name in COMPARED)
    rows: pl.DataFrame = con.sql(
        f"""
        select {exposure.flag} as exposed, coalesce(back <= {exposure.since} + {days}, false) as back,
            placebo, {compared}, is_late::varchar as late, count(*) as people
        from first_deliveries
        where {exposure.flag} is not null and {exposure.since} + {days} <= as_of
        group by all
        """
    ).pl()
    rows = _without_rare(rows, exposure.adjusted)
    count = rows["people"].cast(pl.Float64).to_numpy()
    terms = [factor(name, rows[name].to_list(), count) for name in exposure.adjusted]
    flags = {name: rows[name].cast(pl.Float64).to_numpy() for name in ("exposed", "back", "placebo")}
    return Watched(
        People(Design([term for term in terms if len(term.levels) > 1], rows.height), flags["exposed"], count),
        back=flags["back"],
        placebo=flags["placebo"],
    )


def _without_rare(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Rare levels taken together, and then people who are alike."""
    if rows.is_empty():
        return rows
    few = _RARE * float(rows["people"].sum())
    merged = rows.with_columns(
        pl.when(pl.col("people").sum().over(name) >= few).then(name).otherwise(pl.lit("others")).alias(name) for name in names
    )
    by = ["exposed", "back", "placebo", *names]
    return merged.group_by(by).agg(pl.col("people").sum()).sort(by)


def by_delay(con: duckdb.DuckDBPyConnection, days: int) -> list[tuple[str, int, int]]:
    """Who came back, by how early or late their first order came."""
    return con.execute(
        f"""
        select case when delay_days < -14 then '1 over two weeks early' when delay_days < -7 then '2 second week early'
            when delay_days <= 0 then '3 up to a week early' when delay_days <= 7 then '4 up to a week late'
            else '5 over a week late' end as delay,
            count(*), count_if(coalesce(back <= delivered_date + {days}, false))
        from first_deliveries where delivered_date + {days} <= as_of group by 1 order by 1
        """
    ).fetchall()


def as_of(con: duckdb.DuckDBPyConnection) -> date | None:
    day: date | None = con.execute("select max(date) from dim_date where is_as_of").fetchall()[0][0]
    return day
