"""Profit, where the shop knows costs, and what was returned."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures.measure import (
    VALID_LINES,
    Measure,
    by_month,
    from_lines,
    from_orders,
    kpi,
    sum_of_lines,
)
from ecom_lake.shop.vocabulary import KPIS

_COSTED = f"CALCULATE ( SUM ( Sales[net_sales] ), {VALID_LINES}, KEEPFILTERS ( NOT ISBLANK ( Sales[cogs] ) ) )"
_COSTS = ("fct_sales.cogs", "fct_sales.net_sales")
_RETURNS = ("fct_orders.is_returned", "fct_orders.status", "fct_sales.is_returned")
_KNOWN_LINES = "sum(net_sales) filter (where cogs is not null)"
_PROFIT = f"case when {_KNOWN_LINES} >= $cost_coverage * nullif(sum(net_sales), 0) then sum(net_sales) - sum(cogs) end"
_DELIVERIES_KNOWN = "(select count(*) from fct_orders where status = 'delivered') > 0"
_OF_LINES = "Where products or sellers are filtered, an order is returned if one of these lines is."


def _orders_with(of_lines: str, of_orders: str) -> str:
    """DAX: the orders with a line for which a condition is true where lines are filtered, else those with another condition."""
    return f"""\
IF (
    $by_lines,
    CALCULATE ( DISTINCTCOUNTNOBLANK ( Sales[order_id] ), FILTER ( Sales, Sales[is_valid] && {of_lines} ) ),
    COUNTROWS ( FILTER ( Orders, Orders[is_valid] && {of_orders} ) )
)"""


MEASURES = (
    Measure("COGS", "Profit", KPIS["cogs"].column, sum_of_lines("cogs"), from_lines("sum(cogs)"), kpi("cogs"), _COSTS),
    Measure(
        "Cost Coverage",
        "Profit",
        KPIS["cogs_coverage"].column,
        f"DIVIDE ( {_COSTED} + 0, [Net Sales] )",
        by_month(f"coalesce({_KNOWN_LINES}, 0) / nullif(sum(net_sales), 0)", table="fct_sales"),
        kpi("cogs_coverage"),
        _COSTS,
    ),
    Measure(
        "Gross Profit",
        "Profit",
        KPIS["gross_profit"].column,
        "IF ( [Cost Coverage] >= $cost_coverage, [Net Sales] - [COGS] )",
        from_lines(_PROFIT),
        kpi("gross_profit"),
        _COSTS,
        "The smallest share is $cost_coverage.",
    ),
    Measure(
        "Gross Margin",
        "Profit",
        KPIS["margin"].column,
        "DIVIDE ( [Gross Profit], [Net Sales] )",
        by_month(f"({_PROFIT}) / nullif(sum(net_sales), 0)", table="fct_sales"),
        kpi("margin"),
        _COSTS,
    ),
    Measure(
        "Returned Orders",
        "Returns",
        KPIS["returned_orders"].column,
        _orders_with("Sales[is_returned]", "Orders[is_returned]"),
        from_orders("count(*) filter (where is_returned)"),
        kpi("returned_orders"),
        _RETURNS,
        _OF_LINES,
    ),
    Measure(
        "Returned Sales",
        "Returns",
        KPIS["returned_sales"].column,
        f"CALCULATE ( SUM ( Sales[net_sales] ), {VALID_LINES}, KEEPFILTERS ( Sales[is_returned] = TRUE () ) )",
        from_lines("sum(net_sales) filter (where is_returned)"),
        kpi("returned_sales"),
        ("fct_sales.is_returned", "fct_sales.net_sales"),
    ),
    Measure(
        "Return Rate",
        "Returns",
        KPIS["return_rate"].column,
        "VAR Returnable = "
        + _orders_with(
            "NOT ISBLANK ( Sales[is_returned] )"
            ' && ( Sales[is_returned] || RELATED ( Orders[Status] ) IN { "delivered", "returned" } )',
            'NOT ISBLANK ( Orders[is_returned] ) && ( Orders[is_returned] || Orders[Status] = "delivered" )',
        )
        + '\nRETURN\n    IF ( "delivered" IN ALL ( Orders[Status] ), DIVIDE ( [Returned Orders] + 0, Returnable ) )',
        from_orders(
            f"case when {_DELIVERIES_KNOWN} then count(*) filter (where is_returned)"
            " / nullif(count(is_returned) filter (where is_returned or status = 'delivered'), 0) end"
        )
        + f"""
union all select 'product ' || product_id, case when {_DELIVERIES_KNOWN} then
    count(distinct order_id) filter (where is_returned)
    / nullif(count(distinct order_id) filter (where is_returned or (not is_returned and status in ('delivered', 'returned'))), 0)
end from fct_sales where is_valid group by product_id""",
        kpi("return_rate") + " union all select 'product ' || product_id, return_rate from product_performance",
        _RETURNS,
        _OF_LINES,
    ),
)
