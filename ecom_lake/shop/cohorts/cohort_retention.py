from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class CohortRetention(Gold):
    """One row per first-order month and month since, up to the as-of date and the latest order: the share of the cohort that
    bought again."""

    cohort = vocabulary.cohort.replace(key=True)
    month_number = vocabulary.month_number.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    is_complete = vocabulary.is_complete.replace(nullable=True)
    cohort_size = vocabulary.cohort_size
    active_customers = Count("Customers of the cohort with a valid order in the month.", nullable=True)
    retention = Share("active_customers / cohort_size.", nullable=True)
    cumulative_retention = Share("Share of the cohort with an order in months 1 to this one; NULL for month 0.", nullable=True)

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "past_the_end_nothing_is_known",
            "(month is null) = (is_complete is null) and (month is null) = (active_customers is null)",
            "After the end of the data, all values of a month are NULL.",
        ),
        Rule(
            "month_is_so_many_ahead",
            "date_diff('month', cohort, month) = month_number",
            "month is month_number months after the cohort's month.",
        ),
        ratio("retention_is_of_the_cohort", "retention", "active_customers", "cohort_size"),
        Rule(
            "cumulative_from_the_next_month",
            "(cumulative_retention IS NULL) = (month IS NULL OR month_number = 0)"
            " AND coalesce(cumulative_retention >= retention, true)",
            "Cumulative retention starts in month 1 and is at least the retention of the month.",
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
            "Each cohort has the customers whose first order lies in its month.",
            "select cohort, cohort_size from cohort_retention",
            "select date_trunc('month', first_order_date)::date, count(*) from customer_metrics"
            " where first_order_date is not null group by 1",
        ),
        agree(
            "active_people_are_the_months",
            "In each month up to the as-of date, active customers are the month's new and returning customers.",
            "select month, sum(active_customers) filter (where month_number = 0),"
            " coalesce(sum(active_customers) filter (where month_number > 0), 0) from cohort_retention"
            " where last_day(month) <= (select as_of from reporting_period) group by month",
            "select month, nullif(new_customers, 0), coalesce(returning_customers, 0) from kpi_monthly"
            " where last_day(month) <= (select as_of from reporting_period)"
            " and month >= (select min(cohort) from cohort_retention)",
        ),
        Identity(
            "cumulative_retention_never_falls",
            "select b.cohort, b.month_number from cohort_retention as a join cohort_retention as b on b.cohort = a.cohort"
            " and b.month_number = a.month_number + 1 where b.cumulative_retention < a.cumulative_retention",
            "Cumulative retention never decreases.",
        ),
    )
