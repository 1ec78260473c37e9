from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Money, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class KpiDaily(Gold, group="kpis"):
    """One row per day, from the first order's to the last one's, with none missing."""

    date = Date("The day on which orders were placed.", key=True)
    orders = Count("Valid orders.")
    customers = Count("Persons with a valid order.")
    units = Count("Units on their lines.")
    gross_sales = Money("Sales before discount.")
    discounts = Money("Discounts given.")
    net_sales = Money("gross_sales - discounts.")
    freight = Money("Freight charged.")
    gmv = Money("net_sales + freight.")
    aov = Number("Net sales per valid order; NULL on a day without one.", nullable=True)

    rules = (
        Rule("net_is_gross_less_discounts", "net_sales = gross_sales - discounts", "Net sales are gross sales less discounts."),
        Rule("gmv_is_net_and_freight", "gmv = net_sales + freight", "GMV is net sales and freight."),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule("customers_within_orders", "customers <= orders", "Every person has an order on the day."),
    )
    needs = ("orders.ordered_at",)

    identities = (
        Identity(
            "no_day_is_missing",
            "select days, first, last from (select count(*) as days, min(date) as first, max(date) as last from kpi_daily) as d"
            " where days > 0 and days <> date_diff('day', first, last) + 1",
            "From the first day to the last none is missing.",
        ),
        agree(
            "days_sum_to_months",
            "A month's days have its orders, units and money, to the cent.",
            "select date_trunc('month', date)::date as month, sum(orders), sum(units), sum(gross_sales), sum(discounts),"
            " sum(net_sales), sum(freight), sum(gmv) from kpi_daily group by date_trunc('month', date)::date",
            "select month, orders, units, gross_sales, discounts, net_sales, freight, gmv from kpi_monthly",
        ),
    )
