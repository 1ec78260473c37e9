"""Money and units. They are sums of lines, so that every filter of the model reaches them."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures.measure import (
    DATES_ONLY,
    Measure,
    from_lines,
    from_orders,
    kpi,
    of_dates,
    of_orders,
    sum_of_lines,
)
from ecom_lake.shop.sales.payment_mix import PaymentMix
from ecom_lake.shop.vocabulary import KPIS

FOLDER = "Sales"
_PAID = "CALCULATE ( SUM ( Orders[payments] ), KEEPFILTERS ( Orders[is_valid] = TRUE () ) )"

_REFUNDED = (
    "select month::varchar as label, sum(amount) as value from fct_refunds"
    " where is_valid and month <= (select max(month) from fct_orders)"
)
"""kpi_monthly ends with the month of the last order; refunds may come later."""


def _of_lines(name: str, kpi_name: str, column: str, *needs: str) -> Measure:
    return Measure(
        name,
        FOLDER,
        KPIS[kpi_name].column,
        sum_of_lines(column),
        from_lines(f"sum({column})"),
        kpi(kpi_name),
        (f"fct_sales.{column}", *needs),
    )


MEASURES = (
    _of_lines("Net Sales", "net_sales", "net_sales"),
    _of_lines("Gross Sales", "gross_sales", "gross_sales"),
    _of_lines("Discounts", "discounts", "discount", "fct_orders.is_discounted", "discount_sensitivity.discounts"),
    _of_lines("Freight", "freight", "freight"),
    Measure(
        "GMV",
        FOLDER,
        KPIS["gmv"].column,
        "[Net Sales] + [Freight]",
        from_orders("sum(gmv)"),
        kpi("gmv"),
        ("fct_sales.net_sales", "fct_sales.freight"),
    ),
    _of_lines("Tax", "tax", "tax"),
    _of_lines("Units", "units", "quantity"),
    Measure(
        "Order Lines",
        FOLDER,
        KPIS["items"].column,
        "COUNTROWS ( FILTER ( Sales, Sales[is_valid] ) )",
        from_lines("count(*)"),
        kpi("items"),
        ("fct_sales.is_valid",),
    ),
    Measure(
        "Payments",
        FOLDER,
        KPIS["payments"].column,
        of_orders(_PAID),
        from_orders("sum(payments)"),
        kpi("payments"),
        ("fct_orders.payments",),
        "Where products or sellers are filtered, the payments of whole orders.",
    ),
    Measure(
        "Payments by Method",
        FOLDER,
        PaymentMix.table.columns["payments"],
        of_dates("SUM ( 'Payment Mix'[payments] )"),
        """\
select o.month || ' ' || p.method as label, sum(p.amount) as value
from payments as p join fct_orders as o on o.order_id = p.order_id
where p.status in ('paid', 'unknown') and o.is_valid and o.month is not null group by o.month, p.method""",
        "select month || ' ' || method as label, payments as value from payment_mix",
        ("payment_mix.method", "payment_mix.payments"),
        "By payment method and whole months, each on its first day. Blank where anything but dates and methods is filtered.",
    ),
    Measure(
        "Refunds",
        FOLDER,
        KPIS["refunds"].column,
        of_dates("CALCULATE ( SUM ( Refunds[amount] ), Refunds[is_valid] = TRUE () )"),
        f"select 'all' as label, sum(amount) as value from fct_refunds where is_valid union all {_REFUNDED} group by month",
        kpi("refunds"),
        ("fct_refunds.amount", "fct_refunds.refund_date"),
        DATES_ONLY,
    ),
    Measure(
        "Net Sales after Refunds",
        FOLDER,
        KPIS["net_sales_after_refunds"].column,
        of_dates("[Net Sales] - [Refunds]"),
        f"""\
select label, sum(value) as value from (
select 'all' as label, net_sales as value from fct_orders where is_valid
union all select month::varchar, net_sales from fct_orders where is_valid and month is not null
union all select 'all', -amount from fct_refunds where is_valid
union all select label, -value from ({_REFUNDED} group by month) as refunded
) as moved group by label""",
        kpi("net_sales_after_refunds"),
        ("fct_sales.net_sales", "fct_refunds.amount", "fct_refunds.refund_date"),
        DATES_ONLY,
    ),
)
