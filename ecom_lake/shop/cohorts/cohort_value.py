from __future__ import annotations

from ecom_lake.engine.contracts.columns import Money, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class CohortValue(Gold):
    """One row per first-order month and month since, up to the as-of date and the latest order: the cohort's net sales."""

    cohort = vocabulary.cohort.replace(key=True)
    month_number = vocabulary.month_number.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    is_complete = vocabulary.is_complete.replace(nullable=True)
    cohort_size = vocabulary.cohort_size
    net_sales = vocabulary.net_sales.replace(nullable=True)
    cumulative_net_sales = Money("Net sales of the cohort up to the end of the month.", nullable=True)
    cumulative_net_sales_per_customer = Number("cumulative_net_sales / cohort_size.", nullable=True, unit="money")
    cumulative_gross_profit_per_customer = Number(
        "Gross profit up to the end of the month / cohort_size; NULL where cost is known for too small a share of net sales.",
        nullable=True,
        unit="money",
    )

    rules = (
        Rule(
            "month_is_so_many_ahead",
            "date_diff('month', cohort, month) = month_number",
            "month is month_number months after the cohort's month.",
        ),
        ratio("value_is_per_customer", "cumulative_net_sales_per_customer", "cumulative_net_sales", "cohort_size"),
        Rule(
            "past_the_end_nothing_is_known",
            "(month IS NULL) = (is_complete IS NULL) AND (month IS NULL) = (net_sales IS NULL)"
            " AND (month IS NULL) = (cumulative_net_sales IS NULL)",
            "After the end of the data, all values of a month are NULL.",
        ),
    )
    needs = ("orders.ordered_at",)
    identities = (
        agree(
            "cohorts_have_their_peoples_sales",
            "At the end of the data, each cohort has the net sales of its customers, to the cent.",
            "select cohort, max(cumulative_net_sales) from cohort_value group by cohort",
            "select date_trunc('month', first_order_date)::date, sum(net_sales) from customer_metrics"
            " where first_order_date is not null group by 1",
        ),
        agree(
            "cohorts_sum_to_months",
            "In each month up to the as-of date, the cohorts' net sales and the anonymous ones sum to the month's, to the cent.",
            "select c.month, c.net_sales + m.anonymous_net_sales from (select month, sum(net_sales) as net_sales"
            " from cohort_value where last_day(month) <= (select as_of from reporting_period) group by month) as c"
            " left join kpi_monthly as m on m.month = c.month",
            "select month, net_sales from kpi_monthly"
            " where last_day(month) <= (select as_of from reporting_period)"
            " and month >= (select min(cohort) from cohort_value)",
        ),
        Identity(
            "sales_sum_to_the_cumulative",
            "select cohort, month_number from (select *, sum(net_sales) over so_far as sold from cohort_value"
            " window so_far as (partition by cohort order by month_number)) as walked where cumulative_net_sales <> sold",
            "A cohort's monthly net sales sum to its cumulative net sales, to the cent.",
        ),
    )
