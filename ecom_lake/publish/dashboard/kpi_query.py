"""The KPIs of any choice of months and members, with the vocabulary's formulas.

Here: SQL over the facts of a release, one row for each month and one for the whole span. A filter by category or product
leaves the matching lines of an order; the order itself counts once.
Not here: the choice itself (filters.py), the same rows from a serving file (serving/kpis.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.shop.vocabulary import GROSS_PROFIT, KPIS, PLACED_SUMS, VALID_SUMS

SHOWN = ("net_sales", "gross_profit", "orders", "customers", "aov", "units", "late_rate", "avg_review")
OF_LINES = {
    "items": "count(*)",
    "units": "sum(quantity)",
    "gross_sales": "sum(gross_sales)",
    "discounts": "sum(discount)",
    "net_sales": "sum(net_sales)",
    "freight": "sum(freight)",
    "gmv": "sum(net_sales + freight)",
    "cogs": "sum(cogs)",
    "costed_sales": "coalesce(sum(net_sales) filter (where cogs is not null), 0)",
    "returned_sales": "sum(net_sales) filter (where is_returned)",
    "returned_units": "sum(quantity) filter (where is_returned)",
}
"""The amounts of an order that its lines add up to. Payments are of the whole order: they have no lines."""


def kpi_query(filters: Filters, span: Span | None, cost_coverage: float, names: Sequence[str] = SHOWN) -> Query:
    """One row per month with a KPI of each name, and a last one, with month NULL, for the whole span.

    `span`: None for a shop without dates, which has the last row only."""
    sql = kpis_of(chosen_orders(filters, span), span, names)
    return Query(sql, {**chosen_values(filters, span), "cost_coverage": cost_coverage})


def kpis_of(chosen: str, span: Span | None, names: Sequence[str]) -> str:
    """SQL of the KPIs of the orders in the common table expression `chosen`."""
    month, groups = ("month", "\n    group by grouping sets ((month), ())") if span else ("null::date as month", "")
    return f"""\
with
{chosen},
placed as (
    select {month}, {listed(PLACED_SUMS)}
    from chosen{groups}
),
sold as (
    select {month}, count(distinct customer_id) as customers, {listed(VALID_SUMS)}
    from chosen
    where is_valid{groups}
),
sums as (
    select p.*, s.* exclude (month), {GROSS_PROFIT} as gross_profit
    from placed as p
    left join sold as s on s.month is not distinct from p.month
    cross join (select $cost_coverage::double as cost_coverage) as settings
)
select month, {listed({name: KPIS[name].formula for name in names})}
from sums
order by month nulls last"""


def chosen_orders(filters: Filters, span: Span | None) -> str:
    """The orders under the filters, as the common table expression `chosen` with the columns of fct_orders."""
    members = filters.members
    by_line = [name for name in ("category", "product") if name in members]
    return f"""\
{_lines(by_line, span)}chosen as (
    select o.* {_replaced(bool(by_line))}
    from fct_orders as o
    {"join lines as l on l.order_id = o.order_id" if by_line else ""}
    {"left join customer_segments as g on g.customer_id = o.customer_id" if "segment" in members else ""}
    where {"o.month between $first and $last" if span else "true"}{_conditions(members)}
)"""


def chosen_values(filters: Filters, span: Span | None) -> dict[str, Any]:
    """The values of the parameters of `chosen_orders`."""
    return {**({"first": span.first, "last": span.last} if span else {}), **filters.members}


def _lines(by_line: list[str], span: Span | None) -> str:
    if not by_line:
        return ""
    conditions = " and ".join({"category": "category = $category", "product": "product_id = $product"}[name] for name in by_line)
    months = " and month between $first and $last" if span else ""
    return f"""lines as (
    select order_id, {listed(OF_LINES)}
    from fct_sales
    where is_valid and {conditions}{months}
    group by order_id
),
"""


def _replaced(by_line: bool) -> str:
    return f"replace ({', '.join(f'l.{name} as {name}' for name in OF_LINES)})" if by_line else ""


def _conditions(members: Mapping[str, str]) -> str:
    conditions = {
        "state": "coalesce(o.state, 'unknown') = $state",
        "segment": "case when o.customer_id is null then 'anonymous' else coalesce(g.segment, 'not scored') end = $segment",
    }
    return "".join(f"\n        and {condition}" for name, condition in conditions.items() if name in members)


def listed(values: Mapping[str, str]) -> str:
    """Expressions by name, as the columns of a query."""
    return ", ".join(value if value == name else f"{value} as {name}" for name, value in values.items())
