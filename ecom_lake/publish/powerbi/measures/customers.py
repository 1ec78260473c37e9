"""Customers: distinct persons, which never add up over periods or products."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures.measure import (
    DATES_ONLY,
    VALID_ORDERS,
    Measure,
    by_month,
    from_orders,
    kpi,
    of_dates,
    of_orders,
)
from ecom_lake.shop.vocabulary import KPIS, net_sales_per_customer

FOLDER = "Customers"
_NEEDS = ("fct_orders.customer_id",)

MEASURES = (
    Measure(
        "Customers",
        FOLDER,
        KPIS["customers"].column,
        of_orders(f"CALCULATE ( DISTINCTCOUNTNOBLANK ( Orders[customer_id] ), {VALID_ORDERS} )"),
        from_orders("count(distinct customer_id)"),
        kpi("customers"),
        _NEEDS,
    ),
    Measure(
        "New Customers",
        FOLDER,
        KPIS["new_customers"].column,
        of_dates("COUNTROWS ( FILTER ( Orders, Orders[Is First Order] ) )"),
        from_orders("count(*) filter (where is_first_order)"),
        kpi("new_customers"),
        (*_NEEDS, "fct_orders.is_first_order", "fct_orders.order_date"),
        DATES_ONLY,
    ),
    Measure(
        "Returning Customers",
        FOLDER,
        KPIS["returning_customers"].column,
        of_dates("[Customers] - [New Customers]"),
        by_month("count(distinct customer_id) - count(*) filter (where is_first_order)"),
        kpi("returning_customers"),
        (*_NEEDS, "fct_orders.is_first_order", "fct_orders.order_date"),
        "Of the whole period that is shown: over several months, customers who were new in one of them are not returning. "
        + DATES_ONLY,
    ),
    Measure(
        "Net Sales per Customer",
        FOLDER,
        net_sales_per_customer,
        "DIVIDE ( [Net Sales], [Customers] )",
        from_orders("sum(net_sales) / nullif(count(distinct customer_id), 0)"),
        "select month::varchar as label, net_sales / nullif(customers, 0) as value from kpi_monthly"
        " union all select 'all', max(value) filter (where metric = 'net_sales')"
        " / nullif(max(value) filter (where metric = 'customers'), 0) from kpi_summary",
        (*_NEEDS, "fct_sales.net_sales"),
    ),
    Measure(
        "Repeat Purchase Rate",
        FOLDER,
        KPIS["repeat_purchase_rate"].column,
        """\
DIVIDE (
    COUNTROWS ( FILTER ( 'Customer Profile', 'Customer Profile'[purchases] >= 2 ) ) + 0,
    COUNTROWS ( 'Customer Profile' )
)""",
        "select 'all' as label, count(*) filter (where purchases >= 2) / nullif(count(*), 0) as value from customer_metrics",
        "select 'all' as label, value from kpi_summary where metric = 'repeat_purchase_rate'",
        ("customer_metrics.purchases",),
        "Up to the as-of date: filters of dates, orders and products do not apply.",
    ),
)
