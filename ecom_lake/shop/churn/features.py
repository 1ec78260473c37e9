"""What was known of a person on a day: one query, that sees nothing of what came later.

An order is known from its day on, a delivery from the day of its arrival, a review from the day of its answer; a parcel that is
still on its way after the promised day is known to be late. Whether an order was canceled is believed as of today, since no shop
says when it was. Not here: what a person does next (churn_scores.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.shop.rankings.reasons import Group

READS = ("fct_orders", "fct_sales", "orders", "reviews")


@dataclass(frozen=True)
class Feature:
    name: str
    sql: str
    """Over the columns of `known`, below."""
    once: bool = True
    """Whether it tells people of a single purchase apart."""


FEATURES = (
    Feature("recency_days", "date_diff('day', last_day, today)"),
    Feature("tenure_days", "date_diff('day', first_day, today)", once=False),
    Feature("purchases", "purchases", once=False),
    Feature("mean_gap_days", "date_diff('day', first_day, last_day)::double / nullif(purchases - 1, 0)", once=False),
    Feature("last_gap_days", "last_gap_days", once=False),
    Feature(
        "overdue",
        "date_diff('day', last_day, today)::double * (purchases - 1) / nullif(date_diff('day', first_day, last_day), 0)",
        once=False,
    ),
    Feature("net_sales", "net_sales::double"),
    Feature("last_net_sales", "last_net_sales::double", once=False),
    Feature("units", "units"),
    Feature("categories", "categories"),
    Feature("discount_share", "discounts::double / nullif(gross_sales::double, 0)"),
    Feature("freight_share", "freight::double / nullif((net_sales + freight)::double, 0)"),
    Feature("last_delay_days", "greatest(-30, least(60, last_delay_days))"),
    Feature("late_share", "late_orders::double / nullif(promised_orders, 0)", once=False),
    Feature("last_score", "last_score"),
    Feature("instalments", "instalments"),
    Feature("state_share", "state_share"),
    Feature("category_repeat_rate", "category_repeat_rate"),
)

_MOST = 1_000_000
"""More categories than any shop has."""
_SMOOTHING = 20
"""People of the whole shop added to each category, so that a category of three people is no promise."""


def features_at(con: duckdb.DuckDBPyConnection, day: date, features: Sequence[Feature] = FEATURES) -> pl.DataFrame:
    """A row for each person with a purchase by then, in the order of their ids, with `purchases_made` to tell forms apart."""
    columns = ", ".join(f"({feature.sql})::double as {feature.name}" for feature in features)
    found: pl.DataFrame = con.sql(
        f"with {_known(day)} select customer_id, purchases as purchases_made, {columns} from known order by customer_id"
    ).pl()
    return found


def buyers_after(con: duckdb.DuckDBPyConnection, day: date, horizon: int) -> pl.DataFrame:
    """Who ordered within so many days after it: the label, and the only thing that looks ahead."""
    found: pl.DataFrame = con.sql(
        "select distinct customer_id from fct_orders"
        f" where is_valid and order_date > date '{day}' and order_date <= date '{day}' + {horizon}"
    ).pl()
    return found


def _known(day: date) -> str:
    return f"""
    answered as (
        select order_id, score
        from reviews
        where coalesce(answered_at, created_at)::date <= date '{day}' and not is_score_imputed
        qualify
            row_number() over (
                partition by order_id order by answered_at desc nulls last, created_at desc nulls last, review_id desc
            ) = 1
    ),
    placed as (
        select
            f.customer_id, f.order_date, f.net_sales, f.gross_sales, f.discounts, f.freight, f.units, f.instalments,
            f.gap_days, f.state, r.score, f.opens_purchase,
            f.order_number as place,
            case
                when o.delivered_at::date <= date '{day}' or f.promised_date < date '{day}'
                    then date_diff('day', f.promised_date, least(o.delivered_at::date, date '{day}'))
            end as delay_days
        from fct_orders as f
        left join orders as o on o.order_id = f.order_id and o.delivered_at is not null
        left join answered as r on r.order_id = f.order_id
        where f.is_valid and f.order_date <= date '{day}'
    ),
    people as (
        select
            customer_id,
            date '{day}' as today,
            count_if(opens_purchase) as purchases,
            min(order_date) as first_day,
            max(order_date) as last_day,
            arg_max(gap_days, place) as last_gap_days,
            sum(net_sales) as net_sales,
            sum(gross_sales) as gross_sales,
            sum(discounts) as discounts,
            sum(freight) as freight,
            sum(units)::bigint as units,
            arg_max(net_sales, place) as last_net_sales,
            arg_max(delay_days, place) as last_delay_days,
            count_if(delay_days > 0) as late_orders,
            count(delay_days) as promised_orders,
            arg_max(score, place) as last_score,
            max(instalments) as instalments,
            arg_max(state, place) as state
        from placed
        group by customer_id
    ),
    sold as (select customer_id, category, net_sales from fct_sales where is_valid and order_date <= date '{day}'),
    numbered as (select category, row_number() over (order by category) as number from (select distinct category from sold)),
    -- The category of the dearest line, as one number to be compared: structs took three times as long.
    bought as (
        select
            customer_id,
            count(distinct number) as categories,
            max((net_sales * 100)::bigint * {_MOST} + number) % {_MOST} as number
        from sold join numbered on numbered.category = sold.category
        group by customer_id
    ),
    -- Of a person's own repeat purchase this knows what the person's other features know too.
    by_category as (
        select b.number, count_if(p.purchases > 1) as back, count(*) as n
        from people as p join bought as b on b.customer_id = p.customer_id
        group by b.number
    ),
    by_state as (select state, count(*)::double / sum(count(*)) over () as state_share from people group by state),
    overall as (select count_if(purchases > 1)::double / nullif(count(*), 0) as rate from people),
    known as (
        select
            p.*, b.categories, s.state_share,
            case
                when c.n is not null then (c.back + {_SMOOTHING} * overall.rate) / (c.n + {_SMOOTHING})
            end as category_repeat_rate
        from people as p
        cross join overall
        left join bought as b on b.customer_id = p.customer_id
        left join by_category as c on c.number = b.number
        left join by_state as s on s.state = p.state
    )
    """


def _recency(known: Mapping[str, float]) -> str | None:
    return f"last bought {known['recency_days']:.0f} days ago"


def _habit(known: Mapping[str, float]) -> str | None:
    gap = known.get("mean_gap_days", float("nan"))
    return f"has bought {known['purchases']:.0f} times" + ("" if _unknown(gap) else f", every {gap:.0f} days or so")


def _money(known: Mapping[str, float]) -> str | None:
    return f"has spent {known['net_sales']:,.2f}"


def _basket(known: Mapping[str, float]) -> str | None:
    return _counted("has bought", known["units"], "unit")


def _discount(known: Mapping[str, float]) -> str | None:
    return None if _unknown(known["discount_share"]) else f"got {known['discount_share']:.0%} off"


def _freight(known: Mapping[str, float]) -> str | None:
    return None if _unknown(known["freight_share"]) else f"freight was {known['freight_share']:.0%} of what was paid"


def _delivery(known: Mapping[str, float]) -> str | None:
    delay = known["last_delay_days"]
    which = "last" if known.get("purchases", 1) > 1 else "first"
    if _unknown(delay):
        return f"the {which} parcel has not come yet"
    if delay > 0:
        return f"the {which} parcel was {_counted('', delay, 'day')} late"
    return f"the {which} parcel came {_counted('', -delay, 'day')} early" if delay < 0 else f"the {which} parcel came on the day"


def _review(known: Mapping[str, float]) -> str | None:
    score = known["last_score"]
    return "has given no review" if _unknown(score) else f"gave {score:g} of 5 in the last review"


def _payment(known: Mapping[str, float]) -> str | None:
    return None if _unknown(known["instalments"]) else _counted("paid in", known["instalments"], "instalment")


def _place(known: Mapping[str, float]) -> str | None:
    share = known["state_share"]
    return None if _unknown(share) else f"lives in a state with {share:.1%} of the customers"


def _category(known: Mapping[str, float]) -> str | None:
    rate = known["category_repeat_rate"]
    return None if _unknown(rate) else f"bought from a category of whose customers {rate:.1%} came back"


def _counted(before: str, n: float, noun: str) -> str:
    return f"{before} {n:.0f} {noun}{'' if round(n) == 1 else 's'}".strip()


def _unknown(value: float) -> bool:
    return value != value


GROUPS = (
    Group("recency", ("recency_days", "overdue"), _recency),
    Group("habit", ("tenure_days", "purchases", "mean_gap_days", "last_gap_days"), _habit),
    Group("money", ("net_sales", "last_net_sales"), _money),
    Group("basket", ("units", "categories"), _basket),
    Group("discount", ("discount_share",), _discount),
    Group("freight", ("freight_share",), _freight),
    Group("delivery", ("last_delay_days", "late_share"), _delivery),
    Group("review", ("last_score",), _review),
    Group("payment", ("instalments",), _payment),
    Group("place", ("state_share",), _place),
    Group("category", ("category_repeat_rate",), _category),
)
