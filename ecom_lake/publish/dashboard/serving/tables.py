"""The tables of a serving file, each by a query over gold: orders and lines with numbers instead of ids, and sums in cells.

A cell is a month, a segment and a state, and a category or all of them. An order has one month, one customer and one state, so
orders add up over these cells. Customers do not: `customer_cells` counts the customers of a month by the month before it in which
they ordered, so that a span's customers are those whose month before is not in the span (decision 0051).
Not here: the file (serving_file.py), what pages ask it (conditions.py and the modules of the charts).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import product

from ecom_lake.publish.dashboard.kpi_query import OF_LINES
from ecom_lake.publish.dashboard.serving.whole_shop import kept_answers
from ecom_lake.shop.vocabulary import PLACED_SUMS, VALID_SUMS

STAGES = ("approval", "handling", "transit")
"""The stages of a delivery whose days are summed, apart from those from order to delivery."""
SUMS = {
    **PLACED_SUMS,
    **VALID_SUMS,
    **{f"{stage}_days": f"sum({stage}_days)" for stage in STAGES},
    **{f"{stage}_orders": f"count({stage}_days)" for stage in STAGES},
}
"""The sums of a cell, over its orders; the amounts of a cell of one category are those of the category's lines."""
COPIED = {
    "dim_product": "product_id, name, category",
    "product_performance": "product_id, abc_class, avg_review",
    "dim_seller": "seller_id, city, state",
    "seller_scorecard": "seller_id, score, rank",
    "kpi_monthly": "month, is_complete",
}
"""Columns of small gold tables that charts join."""
FACTS = ("fct_orders", "fct_sales", "customer_segments", "dim_customer", "rfm", "customer_value", "customer_metrics",
         "reporting_period")  # fmt: skip
"""The other gold tables that a serving file is made from."""
_IDENTIFYING = ("order_id", "customer_id", "segment", "state")
_READ = " ".join([*SUMS.values(), "month is_valid"])


def tables(order_columns: Sequence[str], known: Collection[str], churn_days: int) -> dict[str, str]:
    """The query of each table, in the order in which they are made; those whose name starts with `_` are not kept.

    `order_columns`: the columns of fct_orders; `known`: the gold tables that the release has."""
    has_segments = "customer_segments" in known
    made = {
        "_orders": _orders(order_columns, has_segments),
        "orders": "select * exclude (given_id) from _orders order by order_id",
        "order_lines": _LINES,
        "_lines_of_orders": f"""select order_id, category, {", ".join(f"{value} as {name}" for name, value in OF_LINES.items())}
            from order_lines group by order_id, category""",
        "kpi_cells": _KPI_CELLS,
        "_buyers": """select distinct customer_id, segment, month, state, null::varchar as category
            from orders where is_valid and customer_id is not null
            union all
            select distinct o.customer_id, o.segment, o.month, o.state, l.category
            from orders as o join _lines_of_orders as l on l.order_id = o.order_id
            where o.is_valid and o.customer_id is not null""",
        "customer_cells": _customer_cells(),
        "product_cells": """select product_id, category, month, segment, state, sum(net_sales)::decimal(18, 2) as net_sales,
                sum(quantity)::bigint as quantity, count(distinct order_id) as orders
            from order_lines group by all order by category, product_id, month""",
        "seller_cells": SELLER_CELLS.format(conditions="seller_id is not null") + " order by month",
        **{table: f"select {columns} from gold_{table}" for table, columns in COPIED.items() if table in known},
    }
    if "rfm" in known:
        made["rfm_cells"] = _rfm_cells(has_segments, "dim_customer" in known)
    for name, (query, reads) in kept_answers(churn_days).items():
        if reads <= set(known):
            made[name] = query.written
    return made


def _orders(columns: Sequence[str], has_segments: bool) -> str:
    """Numbers instead of ids, in the order of the months; only the columns that sums read."""
    kept = [column for column in columns if column not in _IDENTIFYING and re.search(rf"\b{column}\b", _READ)]
    return f"""with people as (
        select customer_id, row_number() over () as number
        from (select distinct customer_id from fct_orders where customer_id is not null)
    )
    select o.order_id as given_id, row_number() over (order by o.month) as order_id, p.number as customer_id,
        {", ".join(f"o.{column}" for column in kept)}, coalesce(o.state, 'unknown') as state,
        {_segment("o", has_segments)} as segment
    from fct_orders as o
    left join people as p on p.customer_id = o.customer_id{_segments("o", has_segments)}
    where o.month is not null"""


def _segment(table: str, has_segments: bool) -> str:
    known = "coalesce(g.segment, 'not scored')" if has_segments else "'not scored'"
    return f"case when {table}.customer_id is null then 'anonymous' else {known} end"


def _segments(table: str, has_segments: bool) -> str:
    return f"\n    left join customer_segments as g on g.customer_id = {table}.customer_id" if has_segments else ""


_LINES = """select l.month, l.order_date, o.order_id, o.customer_id, l.product_id, l.category, l.brand, o.state, l.region,
        l.channel, l.seller_id, l.status, o.segment, l.quantity, l.gross_sales, l.discount, l.net_sales, l.freight, l.cogs,
        l.is_returned, o.is_late, o.review_score
    from fct_sales as l
    join _orders as o on o.given_id = l.order_id
    where l.is_valid
    order by l.category, l.product_id, l.month"""
"""The valid lines, with what pages ask of their orders. Sorted so that a category or a product is in few row groups."""

_KPI_CELLS = f"""with counted as (
        select o.*, null::varchar as category from orders as o
        union all by name
        select o.* replace ({", ".join(f"l.{name} as {name}" for name in OF_LINES)}), l.category
        from orders as o join _lines_of_orders as l on l.order_id = o.order_id
    )
    select month, segment, state, category, is_valid, status = 'delivered' as is_delivered,
        {", ".join(f"{value} as {name}" for name, value in SUMS.items())}
    from counted group by all order by category nulls first, month"""


def _customer_cells() -> str:
    """With a state, without one, with a category and without one: customers of two states are one customer without it."""
    cells = []
    for state, by_category in product(("state", "null::varchar"), (False, True)):
        of_customer = ["customer_id", *(["state"] if state == "state" else []), *(["category"] if by_category else [])]
        cells.append(f"""select segment, month, {state} as state, category, previous_month, count(*) as customers
    from (
        select segment, month, state, category,
            lag(month) over (partition by {", ".join(of_customer)} order by month) as previous_month
        from (select distinct customer_id, segment, month, {state} as state, category from _buyers
            where category is {"not null" if by_category else "null"})
    )
    group by all""")
    return "\nunion all\n".join(cells) + "\norder by category nulls first, state nulls first, month"


SELLER_CELLS = """with sold as (
        select seller_id, order_id, month, segment, state, sum(net_sales) as net_sales, any_value(is_late) as is_late,
            any_value(review_score) as review_score
        from order_lines where {conditions} group by all
    )
    select seller_id, month, segment, state, count(*) as orders, sum(net_sales)::decimal(18, 2) as net_sales,
        count(is_late) as promised_orders, count(*) filter (where is_late) as late_orders,
        sum(review_score::decimal(9, 4))::decimal(18, 4) as review_scores, count(review_score) as reviews
    from sold group by all"""
"""Sales, lateness and reviews of each seller: an order counts once for each of its sellers."""


def _rfm_cells(has_segments: bool, has_customers: bool) -> str:
    state, customers = "null::varchar", ""
    if has_customers:
        state, customers = "coalesce(d.state, 'unknown')", "\n    left join dim_customer as d on d.customer_id = r.customer_id"
    segment = "coalesce(g.segment, 'not scored')" if has_segments else "null::varchar"
    return f"""select r.r, r.f, r.m, {segment} as segment, {state} as state, count(*) as customers,
        sum(r.monetary) as net_sales, min(r.frequency) as frequency_low, max(r.frequency) as frequency_high,
        min(r.monetary) as monetary_low, max(r.monetary) as monetary_high, max(r.as_of) as as_of
    from rfm as r{customers}{_segments("r", has_segments)}
    group by all"""
