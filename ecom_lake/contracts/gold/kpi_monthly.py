from __future__ import annotations

from ecom_lake.contracts.columns import Count, Flag, Money, Month, Number, Share
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold, Identity, Rule


def _sums(*amounts: str) -> str:
    return ", ".join(f"coalesce(sum({amount}) filter (where is_valid), 0)" for amount in amounts)


class KpiMonthly(Gold, group="kpis"):
    """One row per month, from the first order's to the last one's, with none missing."""

    month = Month("The month in which orders were placed.", key=True)
    is_complete = Flag("Whether the month counts as complete; growth against or from an incomplete one is NULL.")
    orders = Count("Valid orders.")
    customers = Count("Persons with a valid order in the month.")
    new_customers = Count("Persons whose first valid order lies in the month.")
    returning_customers = Count("Persons with a valid order in the month whose first one lies in an earlier month.")
    items = Count("Lines of valid orders.")
    units = Count("Units on them.")
    gross_sales = Money("Sales before discount.")
    discounts = Money("Discounts given.")
    net_sales = Money("gross_sales - discounts: revenue.")
    freight = Money("Freight charged.")
    gmv = Money("net_sales + freight.")
    payments = Money("Value of the payments of valid orders; never revenue.", nullable=True)
    cogs = Money("Cost of what was sold, where it is known.", nullable=True)
    cogs_coverage = Share("Share of net sales with a known cost; NULL where the shop knows no cost at all.", nullable=True)
    gross_profit = Money("net_sales - cogs; NULL where too little cost is known.", nullable=True)
    margin = Number("gross_profit / net_sales.", nullable=True)
    aov = Number("Net sales per valid order.", nullable=True)
    items_per_order = Number("Lines per valid order.", nullable=True)
    placed_orders = Count("Orders placed, valid or not.")
    canceled_orders = Count("Orders canceled or unavailable.")
    cancel_rate = Share("canceled_orders / placed_orders.", nullable=True)
    returned_orders = Count(
        "Valid orders returned, as a whole or in part; NULL where the shop knows of no returns.", nullable=True
    )
    returned_sales = Money("Net sales of what was sent back; NULL where the shop knows of no returns.", nullable=True)
    return_rate = Share("Returned orders among those delivered or returned.", nullable=True)
    return_rate_units = Share("Returned units among those delivered or returned.", nullable=True)
    return_share = Share("Returned orders among all valid ones.", nullable=True)
    unknown_status_orders = Count("Valid orders whose status is unknown.")
    late_rate = Share("Orders delivered after the promised day, among those delivered with both days known.", nullable=True)
    avg_lead_days = Number("Mean days from placing to delivery.", nullable=True)
    avg_review = Number("Mean score of the orders' latest reviews.", nullable=True, at_least=1, at_most=5)
    nps_proxy = Number(
        "Share of 5s less share of 1 to 3, times 100, of the orders' latest reviews: a proxy.",
        nullable=True,
        at_least=-100,
        at_most=100,
    )
    net_sales_mom = Number("Growth of net sales on the month before; NULL unless both are complete.", nullable=True)
    net_sales_yoy = Number("Growth of net sales on the same month a year before; NULL unless both are complete.", nullable=True)

    rules = (
        Rule(
            "aov_is_sales_per_order", "abs(aov * orders - net_sales) < 0.005", "The average order value is net sales per order."
        ),
        Rule(
            "customers_are_new_or_returning", "customers = new_customers + returning_customers", "A customer is new or returning."
        ),
        Rule("net_is_gross_less_discounts", "net_sales = gross_sales - discounts", "Net sales are gross sales less discounts."),
    )
    needs = ("orders.ordered_at",)

    identities = (
        Identity(
            "no_month_is_missing",
            "select months, first, last from (select count(*) as months, min(month) as first, max(month) as last"
            " from kpi_monthly) as m where months > 0"
            " and months <> 12 * (year(last) - year(first)) + month(last) - month(first) + 1",
            "From the first month to the last none is missing.",
        ),
        agree(
            "months_sum_to_orders",
            "Each month has its orders, its people once, and its money to the cent.",
            "select month, placed_orders, orders, customers, units, gross_sales, discounts, net_sales, freight, gmv,"
            " coalesce(payments, 0), coalesce(cogs, 0), coalesce(returned_sales, 0) from kpi_monthly where placed_orders > 0",
            "select month, count(*), count(*) filter (where is_valid), count(distinct customer_id) filter (where is_valid),"
            f" {_sums('units', 'gross_sales', 'discounts', 'net_sales', 'freight', 'gmv', 'payments', 'cogs', 'returned_sales')}"
            " from fct_orders where month is not null group by month",
        ),
        agree(
            "people_are_new_once",
            "Every person with a valid order is new in one month.",
            "select coalesce(sum(new_customers), 0) from kpi_monthly",
            "select count(distinct customer_id) from fct_orders where is_valid and month is not null",
        ),
    )
