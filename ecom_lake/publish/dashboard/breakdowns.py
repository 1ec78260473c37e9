"""Net sales by the members of a dimension, as bars that filter.

A filter by the dimension itself marks its member and does not hide the others. Amounts come from sales_cube where it has the
answer, and from the order lines for products and for a shop without dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, axis_amount

TOP = 10


@dataclass(frozen=True)
class Bar:
    member: str
    value: str
    width: float
    """Percent of the longest bar."""
    share: float | None
    url: str
    is_chosen: bool


def bars(view: View, dimension: str) -> Sequence[Bar]:
    """The ten largest members, and the chosen one."""
    if dimension == "segment" and not view.release.has("customer_segments"):
        return ()
    chosen = view.filters.members.get(dimension)
    rows = view.release.rows(members_query(view, dimension))
    total = float(sum(row["net_sales"] for row in rows)) or None
    largest = max((float(row["net_sales"]) for row in rows), default=0.0) or 1.0
    return [
        Bar(
            row["member"],
            money(view)(row["net_sales"]),
            round(100 * float(row["net_sales"]) / largest, 2),
            float(row["net_sales"]) / total if total else None,
            view.toggled(dimension, row["member"]),
            row["member"] == chosen,
        )
        for place, row in enumerate(rows)
        if place < TOP or row["member"] == chosen
    ]


def members_query(view: View, dimension: str) -> Query:
    """All members of a dimension, the largest first."""
    conditions, values = conditions_of(view, view.span, without=dimension)
    sql = f"""select {dimension} as member, sum(net_sales) as net_sales
from {source(view)}
where {conditions}
group by {dimension}
order by sum(net_sales) desc, {dimension}"""
    return Query(sql, values, over_served(view, sql))


def products(view: View) -> Sequence[Bar]:
    """The ten largest products."""
    rows = view.release.rows(products_query(view))
    largest = max((float(row["net_sales"]) for row in rows), default=0.0) or 1.0
    chosen = view.filters.members.get("product")
    return [
        Bar(
            row["name"] or f"{row['category']} · {row['product'][:8]}",
            money(view)(row["net_sales"]),
            round(100 * float(row["net_sales"]) / largest, 2),
            None,
            view.toggled("product", row["product"]),
            row["product"] == chosen,
        )
        for row in rows
    ]


def products_query(view: View) -> Query:
    conditions, values = conditions_of(view, view.span, without="product")
    sql = f"""select s.product_id as product, max(p.name) as name, max(s.category) as category, sum(s.net_sales) as net_sales
from ({lines_of(view)}) as s
join dim_product as p on p.product_id = s.product_id
where {conditions}
group by s.product_id
order by sum(s.net_sales) desc, s.product_id
limit {TOP}"""
    return Query(sql, values, over_served(view, sql, "product_cells"))


def money(view: View) -> Any:
    return partial(amount, currency=view.release.currency)


def axis_money(view: View) -> Any:
    return partial(axis_amount, currency=view.release.currency)


def source(view: View) -> str:
    """The cube, except for a filter by product, which it does not have, and for a shop without the cube."""
    if view.filters.members.get("product") or not view.release.has("sales_cube"):
        return f"({lines_of(view)}) as s"
    return "sales_cube as s"


def conditions_of(view: View, span: Span | None, without: str = "") -> tuple[str, dict[str, Any]]:
    """The conditions of the filters on the rows of `source`, and their values; `without` leaves out a dimension."""
    columns = {"product": "s.product_id", "category": "s.category", "state": "s.state", "segment": "s.segment"}
    members = {name: member for name, member in view.filters.members.items() if name != without}
    months = ["s.month between $first and $last"] if span else []
    conditions = [*months, *(f"{columns[name]} = ${name}" for name in members)]
    values = {"first": span.first, "last": span.last} if span else {}
    return " and ".join(conditions) or "true", {**values, **members}


def over_served(view: View, sql: str, table: str = "order_lines") -> str | None:
    """The SQL over a table of the serving file instead of `lines_of`; None where it does not read the lines of months."""
    served = sql.replace(f"({lines_of(view)})", table)
    return None if served == sql or view.span is None else served


def lines_of(view: View) -> str:
    """SQL of the valid order lines, each with the members that filters know."""
    has_segments = view.release.has("customer_segments")
    segment = "coalesce(g.segment, 'not scored')" if has_segments else "'not scored'"
    join = "\nleft join customer_segments as g on g.customer_id = l.customer_id" if has_segments else ""
    return f"""select l.* exclude (state), coalesce(l.state, 'unknown') as state,
    case when l.customer_id is null then 'anonymous' else {segment} end as segment
from fct_sales as l{join}
where l.is_valid"""
