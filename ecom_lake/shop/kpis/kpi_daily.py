from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class KpiDaily(Gold):
    """One row per day, from the first order's to the last one's, with none missing."""

    date = vocabulary.date.replace(key=True)
    orders = vocabulary.orders
    customers = vocabulary.customers.replace(nullable=True)
    units = vocabulary.units
    gross_sales = vocabulary.gross_sales
    discounts = vocabulary.discounts.replace(nullable=True)
    net_sales = vocabulary.net_sales
    freight = vocabulary.freight
    gmv = vocabulary.gmv
    aov = vocabulary.aov.replace(nullable=True)

    additive = ("orders", "units", "gross_sales", "discounts", "net_sales", "freight", "gmv")
    rules = (
        Rule(
            "net_is_gross_less_discounts",
            "net_sales = gross_sales - coalesce(discounts, 0)",
            "Net sales are gross sales less discounts.",
        ),
        Rule("gmv_is_net_and_freight", "gmv = net_sales + freight", "GMV is net sales plus freight."),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule("customers_within_orders", "customers <= orders", "Every customer has at least one order on the day."),
    )
    needs = ("orders.ordered_at",)

    identities = (
        Identity(
            "no_day_is_missing",
            "select days, first, last from (select count(*) as days, min(date) as first, max(date) as last from kpi_daily) as d"
            " where days > 0 and days <> date_diff('day', first, last) + 1",
            "No day is missing from the first to the last.",
        ),
        agree(
            "days_sum_to_months",
            "Days sum to the month's orders, units and amounts, to the cent.",
            "select date_trunc('month', date)::date as month, sum(orders), sum(units), sum(gross_sales), sum(discounts),"
            " sum(net_sales), sum(freight), sum(gmv) from kpi_daily group by date_trunc('month', date)::date",
            "select month, orders, units, gross_sales, discounts, net_sales, freight, gmv from kpi_monthly",
        ),
    )
