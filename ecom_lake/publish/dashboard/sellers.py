"""The sellers of the chosen orders: how many of their orders were late, with the interval that the number of orders allows.

A rate of few orders has a wide interval: "late" ranks the sellers with enough orders by its lower bound, so that chance does not
rank them. The score and its rank are those of seller_scorecard, of all orders to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.forest import Estimated, Forest, ForestRow, forest
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.serving.tables import SELLER_CELLS
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake.statistics.intervals import wilson_interval

SHOWN = 12
_ARE = (
    "Late orders among a seller's valid orders that were delivered and have a promised date, with Wilson's 95% interval. Score"
    " and rank are those of seller_scorecard."
)


@dataclass(frozen=True)
class Seller:
    name: str
    place: str
    """The state, with the city for a reader who may see people."""
    orders: int
    net_sales: str
    late: str
    """Such as 12.3%."""
    row: ForestRow
    review: str
    score: str
    rank: str


BY_CHANCE = 0.025
"""Share of sellers whose 95% interval lies above their true rate by chance alone."""


@dataclass(frozen=True)
class Sellers:
    rows: Sequence[Seller]
    chart: Forest | None
    fewest: int
    """Promised orders from which on a seller is judged."""
    judged: int
    above: int
    """Sellers among them whose whole interval lies above the rate of all sellers."""
    rate: float | None
    """Late rate of all sellers together."""
    why: Why

    @property
    def by_chance(self) -> int:
        return round(BY_CHANCE * self.judged)


def sellers(view: View) -> Sellers | None:
    """None for a shop without sellers."""
    if not view.release.has("seller_scorecard"):
        return None
    query = _query(view)
    rows = view.release.rows(query)
    late = {row["seller_id"]: _late(row) for row in rows}
    promised, late_orders = sum(row["promised_orders"] for row in rows), sum(row["late_orders"] for row in rows)
    rate = late_orders / promised if promised else None
    fewest = view.release.site.shop.numbers.seller_min_orders
    judged = [row for row in rows if row["promised_orders"] >= fewest]
    shown = _ordered(rows, judged, late, view.options["sellers"])[:SHOWN]
    chart = forest([late[row["seller_id"]] for row in shown], percent_tick, rate)
    made = [_seller(view, row, drawn) for row, drawn in zip(shown, chart.rows if chart else (), strict=True)]
    above = sum(rate is not None and (late[row["seller_id"]].low or 0.0) > rate for row in judged)
    return Sellers(made, chart, fewest, len(judged), above, rate, why_of_history(view, _ARE, query, "seller_scorecard"))


def _ordered(rows: Sequence[Row], judged: Sequence[Row], late: Mapping[str, Estimated], order: str) -> list[Row]:
    if order == "largest":
        return sorted(rows, key=lambda row: (-row["net_sales"], row["seller_id"]))
    if order == "best":
        return sorted(rows, key=lambda row: (row["rank"] is None, row["rank"] or 0, row["seller_id"]))
    return sorted(judged, key=lambda row: (-(late[row["seller_id"]].low or 0.0), row["seller_id"]))


def _late(row: Row) -> Estimated:
    rate = row["late_orders"] / row["promised_orders"]
    low, high = wilson_interval(rate, row["promised_orders"])
    text = f"{row['late_orders']:,} of {row['promised_orders']:,} orders late: {percent(rate)}"
    return Estimated(row["seller_id"], rate, low, high, f"{text}, 95% interval {percent(low)} to {percent(high)}")


def _seller(view: View, row: Row, drawn: ForestRow) -> Seller:
    return Seller(
        row["seller_id"],
        ", ".join(filter(None, [row.get("city"), row["state"]])),
        row["orders"],
        amount(row["net_sales"], currency=view.release.currency),
        percent(row["late_orders"] / row["promised_orders"]),
        drawn,
        "" if row["avg_review"] is None else f"{row['avg_review']:.2f}",
        "" if row["score"] is None else f"{row['score']:.2f}",
        "not scored" if row["rank"] is None else f"{row['rank']:,}",
    )


def percent_tick(share: float) -> str:
    return f"{100 * share:g}%"


def _query(view: View) -> Query:
    """One row per seller; the lines of one order are grouped, so that the order and its review count once."""
    members = view.filters.members
    conditions = {
        "category": "s.category = $category",
        "product": "s.product_id = $product",
        "state": "coalesce(o.state, 'unknown') = $state",
        "segment": "case when o.customer_id is null then 'anonymous' else coalesce(g.segment, 'not scored') end = $segment",
    }
    chosen = [
        "s.is_valid",
        "s.seller_id is not null",
        *(["s.month between $first and $last", "o.month between $first and $last"] if view.span else []),
    ]
    chosen += [conditions[name] for name in members]
    segments = "\n    left join customer_segments as g on g.customer_id = o.customer_id" if "segment" in members else ""
    sold = f"""\
sold as (
    select s.seller_id, s.order_id, sum(s.net_sales) as net_sales, any_value(o.is_late) as is_late,
        any_value(o.review_score) as review_score
    from fct_sales as s
    join fct_orders as o on o.order_id = s.order_id{segments}
    where {" and ".join(chosen)}
    group by s.seller_id, s.order_id
),
rated as (
    select seller_id, count(*) as orders, sum(net_sales) as net_sales, count(is_late) as promised_orders,
        count(*) filter (where is_late) as late_orders, avg(review_score) as avg_review
    from sold
    group by seller_id
    having count(is_late) > 0
)"""
    months = {"first": view.span.first, "last": view.span.last} if view.span else {}
    place = "d.city, d.state" if view.sees_people else "d.state"
    served = _listed(_served(members), place) if view.span else None
    return Query(_listed(sold, place), {**months, **members}, served)


def _listed(sellers: str, place: str) -> str:
    return f"""\
with
{sellers}
select r.*, {place}, c.score, c.rank
from rated as r
left join dim_seller as d on d.seller_id = r.seller_id
left join seller_scorecard as c on c.seller_id = r.seller_id
order by r.seller_id"""


def _served(members: Mapping[str, str]) -> str:
    """The same rows from the serving file: an order is in one cell of its seller, and with a category in several."""
    columns = {"product": "product_id"}
    conditions = " and ".join(
        ["month between $first and $last", "seller_id is not null", *(f"{columns.get(name, name)} = ${name}" for name in members)]
    )
    cells = f"select * from seller_cells where {conditions}"
    if members.keys() & {"category", "product"}:
        cells = f"{SELLER_CELLS.format(conditions=conditions)}"
    return f"""\
rated as (
    select seller_id, sum(orders)::bigint as orders, sum(net_sales) as net_sales, sum(promised_orders)::bigint as promised_orders,
        sum(late_orders)::bigint as late_orders, sum(review_scores)::double / nullif(sum(reviews), 0) as avg_review
    from ({cells})
    group by seller_id
    having sum(promised_orders) > 0
)"""
