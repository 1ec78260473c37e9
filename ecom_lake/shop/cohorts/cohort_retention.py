from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Integer, Month, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class CohortRetention(Gold, group="customers"):
    """One row per first-order month and month since, up to the as-of date: how many of those who started then bought again."""

    cohort = Month("Month of the people's first valid order.", key=True)
    month_number = Integer("Months since the cohort's; 0 is the month itself.", key=True, at_least=0)
    month = Month("The calendar month; NULL past the end of the data, like all that is counted in it.", nullable=True)
    is_complete = Flag("Whether the cohort's month and this one count as complete; NULL past the end of the data.", nullable=True)
    cohort_size = Count("People who first bought in the cohort's month.", at_least=1)
    active_customers = Count("Those of them with a valid order in the month.", nullable=True)
    retention = Share("active_customers / cohort_size.", nullable=True)
    cumulative_retention = Share(
        "Share of the cohort with an order in months 1 to this one; NULL for month 0, which is none of them.", nullable=True
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "past_the_end_nothing_is_known",
            "(month is null) = (is_complete is null) and (month is null) = (active_customers is null)",
            "Past the end of the data a month is neither complete nor incomplete, and nobody is counted in it.",
        ),
        Rule(
            "month_is_so_many_ahead",
            "date_diff('month', cohort, month) = month_number",
            "The calendar month lies so many months after the cohort's.",
        ),
        ratio("retention_is_of_the_cohort", "retention", "active_customers", "cohort_size"),
        Rule(
            "cumulative_from_the_next_month",
            "(cumulative_retention IS NULL) = (month IS NULL OR month_number = 0)"
            " AND coalesce(cumulative_retention >= retention, true)",
            "Cumulative retention begins in month 1, and holds at least those who are active in the month.",
        ),
        Rule(
            "everybody_starts_in_month_zero",
            "month_number > 0 OR active_customers = cohort_size",
            "In month 0 the whole cohort is active.",
        ),
    )
    identities = (
        agree(
            "cohorts_are_the_people",
            "Each cohort has the people whose first order lies in its month.",
            "select cohort, cohort_size from cohort_retention",
            "select date_trunc('month', first_order_date)::date, count(*) from customer_metrics"
            " where first_order_date is not null group by 1",
        ),
        agree(
            "active_people_are_the_months",
            "In each month that is over by the as-of date, the active people are its new and its returning customers.",
            "select month, sum(active_customers) filter (where month_number = 0),"
            " coalesce(sum(active_customers) filter (where month_number > 0), 0) from cohort_retention"
            " where last_day(month) <= (select max(date) from dim_date where is_as_of)"
            " and month <= (select max(month) from kpi_monthly) group by month",
            "select month, nullif(new_customers, 0), returning_customers from kpi_monthly"
            " where last_day(month) <= (select max(date) from dim_date where is_as_of)"
            " and month >= (select min(cohort) from cohort_retention)",
        ),
        Identity(
            "cumulative_retention_never_falls",
            "select b.cohort, b.month_number from cohort_retention as a join cohort_retention as b on b.cohort = a.cohort"
            " and b.month_number = a.month_number + 1 where b.cumulative_retention < a.cumulative_retention",
            "Whoever came back stays counted.",
        ),
    )
