"""The SQL of the breakdown explorer: the members of one dimension with their measures, and the same months before.

Here: which table has the answer. kpi_breakdown has one dimension at a time; with filters, the order lines have the dimensions
that lines have. Customers of kpi_breakdown are known for one month, one year or the whole history: they do not add up.
Not here: what the page shows of it (breakdown_explorer.py).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ecom_lake.publish.dashboard.breakdowns import conditions_of, lines_of, over_served
from ecom_lake.publish.dashboard.query import Query, named_before, values_before
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View

MEASURES = ("net_sales", "orders", "units", "aov", "customers")
LINE_COLUMNS = {
    "category": "s.category",
    "product": "s.product_id",
    "brand": "coalesce(s.brand, 'unknown')",
    "segment": "s.segment",
    "state": "s.state",
    "region": "coalesce(s.region, 'unknown')",
    "channel": "coalesce(s.channel, 'unknown')",
    "seller": "coalesce(s.seller_id, 'unknown')",
    "status": "s.status",
}
"""The dimensions that order lines have, as SQL on lines_of."""
_SUMS = """sum(net_sales)::decimal(18, 2) as net_sales, sum(orders)::bigint as orders, sum(units)::bigint as units,
        sum(net_sales)::double / nullif(sum(orders), 0)::double as aov"""


def reads_lines(view: View, by: str) -> bool:
    """Whether the order lines have the answer: where other filters act, and where kpi_breakdown is not built."""
    others = view.filters.members.keys() - {by}
    return by in LINE_COLUMNS and (bool(others) or by == "segment" or not view.release.has("kpi_breakdown"))


def members_query(view: View, by: str, measure: str, chosen: str, most: int | None) -> Query:
    """The members by falling measure, each with the measure in the span before: the `most` largest and the chosen one; None for
    all. `members` counts them all, and `share` is of their net sales."""
    now, values = _members(view, by, view.span)
    ctes = [f"shown as (\n    {now}\n)"]
    joins = []
    if view.before:
        earlier, values_of_earlier = _members(view, by, view.before)
        ctes.append(f"earlier as (\n    {named_before(earlier)}\n)")
        joins.append("left join earlier as e on e.member = n.member")
        values |= values_before(values_of_earlier)
    if by == "product":
        joins.append("left join dim_product as p on p.product_id = n.member")
    if most:
        joins.append("qualify place <= $most or n.member = $chosen")
        values |= {"most": most, "chosen": chosen}
    with_, rest = ",\n".join(ctes), "".join(f"\n{line}" for line in joins)
    label = "coalesce(p.name, p.category || ' · ' || left(n.member, 8), n.member)" if by == "product" else "n.member"
    sql = f"""with {with_}
select n.member, {label} as label, n.net_sales, n.orders, n.units, n.aov, n.customers,
    {f"e.{measure}" if view.before else "null"} as before, count(*) over () as members,
    n.net_sales::double / nullif(sum(n.net_sales) over (), 0)::double as share,
    row_number() over (order by n.{measure} desc nulls last, n.net_sales desc, n.member) as place
from shown as n{rest}
order by place"""
    return Query(sql, values, over_served(view, sql) if reads_lines(view, by) else None)


def months_query(view: View, by: str, member: str, span: Span) -> Query:
    """The measures of one member by month."""
    if not reads_lines(view, by):
        sql = f"""select period as month, {", ".join(MEASURES)}
from kpi_breakdown
where period_type = 'month' and dimension = $by and member = $member and period between $first and $last
order by period"""
        return Query(sql, {"by": by, "member": member, "first": span.first, "last": span.last})
    conditions, values = conditions_of(view, span, without=by)
    sql = f"""select s.month, {_of_lines()}
from ({lines_of(view)}) as s
where {conditions} and {LINE_COLUMNS[by]} = $member
group by s.month
order by s.month"""
    return Query(sql, {**values, "member": member}, over_served(view, sql))


def one_period(view: View, span: Span) -> tuple[str, date] | None:
    """The period of kpi_breakdown that the span is: a month, a year, or the whole history; None for other spans."""
    known = [month.month for month in view.months]
    if span.first == span.last:
        return "month", span.first
    if (span.first, span.last) == (known[0], known[-1]):
        return "all", known[0]
    year = [month for month in known if month.year == span.first.year]
    return ("year", date(span.first.year, 1, 1)) if (span.first, span.last) == (year[0], year[-1]) else None


def _members(view: View, by: str, span: Span | None) -> tuple[str, dict[str, Any]]:
    if reads_lines(view, by) or span is None:
        conditions, values = conditions_of(view, span, without=by)
        sql = f"""select {LINE_COLUMNS[by]} as member, {_of_lines()}
    from ({lines_of(view)}) as s
    where {conditions}
    group by {LINE_COLUMNS[by]}"""
        return sql, values
    if period := one_period(view, span):
        sql = f"""select member, {", ".join(MEASURES)}
    from kpi_breakdown
    where period_type = $type and dimension = $by and period = $period"""
        return sql, {"type": period[0], "by": by, "period": period[1]}
    sql = f"""select member, {_SUMS},
        null::bigint as customers
    from kpi_breakdown
    where period_type = 'month' and dimension = $by and period between $first and $last
    group by member"""
    return sql, {"by": by, "first": span.first, "last": span.last}


def _of_lines() -> str:
    return """sum(s.net_sales)::decimal(18, 2) as net_sales, count(distinct s.order_id) as orders,
        sum(s.quantity)::bigint as units, sum(s.net_sales)::double / count(distinct s.order_id) as aov,
        nullif(count(distinct s.customer_id), 0) as customers"""
