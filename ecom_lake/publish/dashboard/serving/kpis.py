"""The KPIs and the delivered orders of any filters from the cells of a serving file: the same rows as from the facts.

Here: SQL over the cells, or over the orders and lines with numbers where a filter by product acts.
Not here: the same over gold (kpi_query.py, delivery.py), the cells (tables.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.kpi_query import OF_LINES, kpis_of, listed
from ecom_lake.publish.dashboard.serving.tables import STAGES
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.shop.vocabulary import GROSS_PROFIT, KPIS, PLACED_SUMS, VALID_SUMS

_MONTHS = "month between $first and $last"


def served_kpis(filters: Filters, span: Span | None, names: Sequence[str]) -> str | None:
    """None for a shop without dates, which has no cells."""
    if span is None:
        return None
    if "product" in filters.members:
        return kpis_of(_orders_of_product(filters.members), span, names)
    cells, customers = _cells(filters.members), _customer_cells(filters.members)
    groups = "group by grouping sets ((month), ())"
    return f"""\
with
placed as (select month, {_added(PLACED_SUMS)} from kpi_cells where {cells} {groups}),
sold as (select month, {_added(VALID_SUMS)} from kpi_cells where {cells} and is_valid {groups}),
buyers as (
    select month, sum(customers) as customers from customer_cells where {customers} group by month
    union all
    select null, coalesce(sum(customers), 0) from customer_cells where {customers} and {first_in_span("$first")}
),
sums as (
    select p.*, s.* exclude (month), b.customers, {GROSS_PROFIT} as gross_profit
    from placed as p
    left join sold as s on s.month is not distinct from p.month
    left join buyers as b on b.month is not distinct from p.month
    cross join (select $cost_coverage::double as cost_coverage) as settings
)
select month, {listed({name: KPIS[name].formula for name in names})}
from sums
order by month nulls last"""


def first_in_span(first: str) -> str:
    """Of a customer's months in a span that begins with `first`, the first one: each customer of the span has exactly one."""
    return f"(previous_month is null or previous_month < {first})"


def served_deliveries(filters: Filters) -> str:
    """The delivered orders by month and state, with the columns of `delivered_query`."""
    if "product" in filters.members:
        source = f"with\n{_orders_of_product(filters.members)}\n"
        sums = {"delivered_orders": "count(*)", "promised_orders": "count(is_late)"}
        sums["late_orders"] = "count(*) filter (where is_late)"
        for stage in ("lead", *STAGES):
            sums |= {f"{stage}_days": f"sum({stage}_days)", f"{stage}_orders": f"count({stage}_days)"}
        table, condition = "chosen", "is_valid and status = 'delivered'"
    else:
        source, table, condition = "", "kpi_cells", f"{_cells(filters.members)} and is_valid and is_delivered"
        names = {"delivered_orders": "orders", "promised_orders": "promised_orders", "late_orders": "late_orders"}
        names |= {"lead_days": "lead_days", "lead_orders": "timed_orders"}
        names |= {f"{stage}_{what}": f"{stage}_{what}" for stage in STAGES for what in ("days", "orders")}
        sums = {name: f"sum({column})" for name, column in names.items()}
    return f"""{source}select month, state, {listed(sums)}
from {table}
where {condition}
group by month, state
order by month, state"""


def _cells(members: Mapping[str, str]) -> str:
    """The condition on kpi_cells: an order is counted in the cell of its category, or in that of all categories."""
    others = [f"{name} = ${name}" for name in ("segment", "state") if name in members]
    category = "category = $category" if "category" in members else "category is null"
    return " and ".join([category, _MONTHS, *others])


def _customer_cells(members: Mapping[str, str]) -> str:
    """The condition on customer_cells, which count the customers of one state and those of all states apart."""
    fixed = [f"{name} = ${name}" if name in members else f"{name} is null" for name in ("category", "state")]
    return " and ".join([*fixed, _MONTHS, *(["segment = $segment"] if "segment" in members else [])])


def _added(sums: Mapping[str, str]) -> str:
    """Sums of sums: no cells count 0 and have no amount."""
    return listed(
        {name: f"coalesce(sum({name}), 0)" if value.startswith("count(") else f"sum({name})" for name, value in sums.items()}
    )


def _orders_of_product(members: Mapping[str, str]) -> str:
    """As `chosen_orders` of a product, over the orders and lines of the serving file."""
    category = " and category = $category" if "category" in members else ""
    others = "".join(f" and o.{name} = ${name}" for name in ("segment", "state") if name in members)
    return f"""\
lines as (
    select order_id, {listed(OF_LINES)}
    from order_lines
    where product_id = $product{category} and {_MONTHS}
    group by order_id
),
chosen as (
    select o.* replace ({", ".join(f"l.{name} as {name}" for name in OF_LINES)})
    from orders as o
    join lines as l on l.order_id = o.order_id
    where o.{_MONTHS}{others}
)"""
