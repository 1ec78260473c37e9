from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Integer, Money, Month, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class CohortValue(Gold, group="customers"):
    """One row per first-order month and month since, up to the as-of date: what those who started then have brought."""

    cohort = Month("Month of the people's first valid order.", key=True)
    month_number = Integer("Months since the cohort's; 0 is the month itself.", key=True, at_least=0)
    month = Month("The calendar month; NULL past the end of the data, like all that is counted in it.", nullable=True)
    is_complete = Flag("Whether the cohort's month and this one count as complete; NULL past the end of the data.", nullable=True)
    cohort_size = Count("People who first bought in the cohort's month.", at_least=1)
    net_sales = Money("Their net sales in the month.", nullable=True)
    cumulative_net_sales = Money("Their net sales up to the month's end.", nullable=True)
    cumulative_net_sales_per_customer = Number("cumulative_net_sales / cohort_size.", nullable=True)
    cumulative_gross_profit_per_customer = Number(
        "Their gross profit so far / cohort_size; NULL where too little cost is known.", nullable=True
    )

    rules = (
        Rule(
            "month_is_so_many_ahead",
            "date_diff('month', cohort, month) = month_number",
            "The calendar month lies so many months after the cohort's.",
        ),
        ratio("value_is_per_customer", "cumulative_net_sales_per_customer", "cumulative_net_sales", "cohort_size"),
        Rule(
            "past_the_end_nothing_is_known",
            "(month IS NULL) = (is_complete IS NULL) AND (month IS NULL) = (net_sales IS NULL)"
            " AND (month IS NULL) = (cumulative_net_sales IS NULL)",
            "Past the end of the data nothing is known of a month.",
        ),
    )
    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "cohorts_have_their_peoples_sales",
            "At the end of the data each cohort has brought what its people have, to the cent.",
            "select cohort, max(cumulative_net_sales) from cohort_value group by cohort",
            "select date_trunc('month', first_order_date)::date, sum(net_sales) from customer_metrics"
            " where first_order_date is not null group by 1",
        ),
        agree(
            "cohorts_sum_to_months",
            "In each month that is over by the as-of date, the cohorts' net sales are the month's, to the cent.",
            "select month, sum(net_sales) from cohort_value"
            " where last_day(month) <= (select max(date) from dim_date where is_as_of)"
            " and month <= (select max(month) from kpi_monthly) group by month",
            "select month, net_sales from kpi_monthly"
            " where last_day(month) <= (select max(date) from dim_date where is_as_of)"
            " and month >= (select min(cohort) from cohort_value)",
        ),
        Identity(
            "sales_sum_to_the_cumulative",
            "select cohort, month_number from (select *, sum(net_sales) over so_far as sold from cohort_value"
            " window so_far as (partition by cohort order by month_number)) as walked where cumulative_net_sales <> sold",
            "Month by month the cohort's net sales sum to what it has brought so far, to the cent.",
        ),
    )
