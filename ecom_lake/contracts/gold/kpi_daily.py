from __future__ import annotations

from ecom_lake.contracts.columns import Count, Date, Money, Number
from ecom_lake.contracts.table import Gold, Identity


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

    identities = (
        Identity(
            "days_sum_to_months",
            "select m.month, m.net_sales, d.net_sales as of_days from kpi_monthly as m"
            " left join (select date_trunc('month', date)::date as month, sum(orders) as orders, sum(net_sales) as net_sales"
            " from kpi_daily group by date_trunc('month', date)::date) as d on d.month = m.month"
            " where m.orders <> d.orders or m.net_sales <> d.net_sales or d.month is null",
            "A month's days have its orders and its net sales, to the cent.",
        ),
    )
