"""What was known of an order on the day that it was shipped: one query, that sees nothing of what came later.

What sellers and categories were rated before is counted from reviews answered before that day; of an order with several answers
the first counts, so that a later one changes nothing that was known. The month is no feature: a year of orders has each month
once; how content the shop's people have been of late says more. Not here: what became of the order (review_risk.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.shop.rankings.reasons import Group

READS = ("fct_orders", "fct_sales", "orders", "reviews", "dim_product", "dim_seller", "places")

BAD = 2
"""A review is bad up to this score."""
_SMOOTHING = 10
"""Reviews of the whole shop added to those of each seller and category."""
_OF_LATE = 30


@dataclass(frozen=True)
class Feature:
    name: str
    sql: str
    """Over the columns of `known`, below."""


def _smooth(of: str) -> str:
    return f"(coalesce({of}.bad, 0) + {_SMOOTHING} * bad_rate) / (coalesce({of}.n, 0) + {_SMOOTHING})"


SELLER_BAD_SHARE = "seller_bad_share"
FEATURES = (
    Feature("wait_days", "date_diff('hour', ordered_at, shipped_at) / 24.0"),
    Feature("slack_days", "date_diff('day', shipped_on, promised_date)"),
    Feature("promise_days", "date_diff('day', order_date, promised_date)"),
    Feature("same_state", "(seller_state = state)::int"),
    Feature("distance_km", "round(distance_km, 3)"),
    Feature("net_sales", "net_sales"),
    Feature("freight_share", "freight::double / nullif((net_sales + freight)::double, 0)"),
    Feature("items", "items"),
    Feature("sellers", "sellers"),
    Feature("weight_kg", "weight_g / 1000"),
    Feature("instalments", "instalments"),
    Feature(SELLER_BAD_SHARE, _smooth("by_seller")),
    Feature("seller_reviews", "coalesce(by_seller.n, 0)"),
    Feature("category_bad_share", _smooth("by_category")),
    Feature(
        "bad_share_of_late", "(overall.bad - coalesce(earlier.bad, 0))::double / nullif(overall.n - coalesce(earlier.n, 0), 0)"
    ),
)

_ANSWERED = "coalesce(answered_at, created_at)::date"


def shipped_orders(con: duckdb.DuckDBPyConnection, until: date, features: Sequence[Feature] = FEATURES) -> pl.DataFrame:
    """A row for each valid order that was shipped by then, with its features on that day, in the order of their ids."""
    columns = ", ".join(f"({feature.sql})::double as {feature.name}" for feature in features)
    found: pl.DataFrame = con.sql(f"with {_known(until)} select order_id, shipped_on, {columns} {_JOINED} order by order_id").pl()
    return found


def answers(con: duckdb.DuckDBPyConnection, until: date, followed: int) -> pl.DataFrame:
    """The outcome of orders: whether the latest review answered within so many days of shipping, and by `until`, is bad; on which
    day the first was answered; and whether one was answered by the day of shipping."""
    found: pl.DataFrame = con.sql(f"""
        with given as (
            select r.order_id, r.score, o.shipped_at::date as shipped_on, {_ANSWERED} as answered_on,
                row(r.answered_at is not null, r.answered_at, r.created_at, r.review_id) as place
            from reviews as r
            join orders as o on o.order_id = r.order_id
            where o.shipped_at is not null and {_ANSWERED} <= date '{until}' and not r.is_score_imputed
        )
        select
            order_id,
            arg_max(score, place) filter (where answered_on <= shipped_on + {followed}) <= {BAD} as happened,
            min(answered_on) as first_answered_on,
            bool_or(answered_on <= shipped_on) as came_before
        from given group by order_id order by order_id
    """).pl()
    return found


def _known(until: date) -> str:
    return f"""
    lines as (
        select
            s.order_id,
            count(distinct s.seller_id) as sellers,
            arg_max(s.seller_id, row(s.net_sales, -s.line)) as seller_id,
            arg_max(s.category, row(s.net_sales, -s.line)) as category,
            max(p.weight_g) as weight_g
        from fct_sales as s
        left join dim_product as p on p.product_id = s.product_id
        where s.is_valid
        group by s.order_id
    ),
    sent as (
        select
            f.order_id, f.order_date, f.ordered_at, f.promised_date, f.state, f.zip,
            f.items, f.net_sales, f.freight, f.instalments,
            o.shipped_at, o.shipped_at::date as shipped_on,
            l.sellers, l.seller_id, coalesce(l.category, 'unknown') as category, l.weight_g
        from fct_orders as f
        join orders as o on o.order_id = f.order_id
        left join lines as l on l.order_id = f.order_id
        where f.is_valid and o.shipped_at::date <= date '{until}'
    ),
    first_answers as (
        select order_id, min({_ANSWERED}) as day, arg_min(score <= {BAD}, row({_ANSWERED}, review_id)) as is_bad
        from reviews
        where {_ANSWERED} < date '{until}' and not is_score_imputed
        group by order_id
    ),
    rated as (
        select l.seller_id, coalesce(l.category, 'unknown') as category, a.day, a.is_bad
        from first_answers as a left join lines as l on l.order_id = a.order_id
    ),
    {_so_far("so_far_of_sellers", "seller_id")},
    {_so_far("so_far_of_categories", "category")},
    so_far as (
        select day, sum(bad) over (order by day) as bad, sum(n) over (order by day) as n
        from (select day, count_if(is_bad) as bad, count(*) as n from rated group by day)
    )
    """


def _so_far(name: str, key: str) -> str:
    return f"""{name} as (
        select {key}, day, sum(bad) over sofar as bad, sum(n) over sofar as n
        from (select {key}, day, count_if(is_bad) as bad, count(*) as n from rated group by {key}, day)
        window sofar as (partition by {key} order by day)
    )"""


_RADIANS = "6371 * 2 * asin(sqrt(least(1, {across})))"
_ACROSS = (
    "pow(sin(radians(there.lat - here.lat) / 2), 2)"
    " + cos(radians(here.lat)) * cos(radians(there.lat)) * pow(sin(radians(there.lng - here.lng) / 2), 2)"
)
_JOINED = f"""
    from (
        select s.*, d.state as seller_state, {_RADIANS.format(across=_ACROSS)} as distance_km, s.shipped_on - {_OF_LATE} as before
        from sent as s
        left join dim_seller as d on d.seller_id = s.seller_id
        left join places as here on here.zip = d.zip
        left join places as there on there.zip = s.zip
    ) as known
    asof left join so_far_of_sellers as by_seller on by_seller.seller_id = known.seller_id and known.shipped_on > by_seller.day
    asof left join so_far_of_categories as by_category
        on by_category.category = known.category and known.shipped_on > by_category.day
    asof left join so_far as overall on known.shipped_on > overall.day
    asof left join so_far as earlier on known.before > earlier.day
    cross join lateral (select overall.bad::double / nullif(overall.n, 0) as bad_rate)
"""


def _known_as(feature: str, words: str) -> Group:
    return Group(feature, (feature,), lambda known: None if _unknown(known[feature]) else words.format(known[feature]))


def _wait(known: Mapping[str, float]) -> str | None:
    wait = known["wait_days"]
    return None if _unknown(wait) else f"was shipped {wait:.0f} days after the order"


def _promise(known: Mapping[str, float]) -> str | None:
    slack = known["slack_days"]
    if _unknown(slack):
        return None
    return f"{slack:.0f} days left to the promised day" if slack >= 0 else f"was shipped {-slack:.0f} days after the promised day"


def _way(known: Mapping[str, float]) -> str | None:
    distance = known["distance_km"]
    if not _unknown(distance):
        return f"has {distance:,.0f} km to go"
    return None if _unknown(known["same_state"]) else ("stays in its state" if known["same_state"] else "goes to another state")


def _content(known: Mapping[str, float]) -> str | None:
    items, sellers = known["items"], known["sellers"]
    several = f" from {sellers:.0f} sellers" if sellers > 1 else ""
    return f"has {items:.0f} item{'' if items == 1 else 's'}{several}"


def _seller(known: Mapping[str, float]) -> str | None:
    share = known[SELLER_BAD_SHARE]
    return None if _unknown(share) else f"{share:.0%} of the seller's reviews were bad before"


def _unknown(value: float) -> bool:
    return value != value


GROUPS = (
    Group("wait", ("wait_days",), _wait),
    Group("promise", ("slack_days", "promise_days"), _promise),
    Group("way", ("same_state", "distance_km"), _way),
    _known_as("net_sales", "costs {:,.2f}"),
    _known_as("freight_share", "freight is {:.0%} of what is paid"),
    Group("content", ("items", "sellers"), _content),
    _known_as("weight_kg", "its heaviest product weighs {:.1f} kg"),
    _known_as("instalments", "is paid in {:.0f} instalments"),
    Group("seller", (SELLER_BAD_SHARE, "seller_reviews"), _seller),
    _known_as("category_bad_share", "{:.0%} of the category's reviews were bad before"),
    _known_as("bad_share_of_late", "{:.0%} of the shop's latest reviews were bad"),
)
