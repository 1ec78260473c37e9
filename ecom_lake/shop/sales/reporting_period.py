from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Month
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule


class ReportingPeriod(Gold):
    """One row: the as-of date of the shop, and its complete months. Tables read these instead of the calendar."""

    as_of = Date(
        "As-of date of the shop: the last day of the last complete month, unless a setting states another. The day of the"
        " latest order where no month is complete; NULL where no order has a date.",
        nullable=True,
    )
    first_complete_month = Month("First complete month; NULL where no month is complete.", nullable=True)
    last_complete_month = Month("Last complete month; it may end after an as-of date that a setting states.", nullable=True)
    complete_months = Count("Number of complete months.", key=True)
    """The key, because it is never NULL."""

    rules = (
        Rule(
            "complete_months_from_first_to_last",
            "complete_months = coalesce(date_diff('month', first_complete_month, last_complete_month) + 1, 0)",
            "Complete months are all months from the first to the last.",
        ),
        Rule(
            "dated_where_complete",
            "(first_complete_month IS NULL) = (last_complete_month IS NULL) AND (complete_months = 0 OR as_of IS NOT NULL)",
            "The first and the last complete month are known together, and then there is an as-of date.",
        ),
    )
    identities = (
        agree(
            "reporting_period_is_the_calendars",
            "There is one row, with the as-of date and the complete months of the calendar.",
            "select as_of, first_complete_month, last_complete_month, complete_months from reporting_period",
            "select (select max(date) from dim_date where is_as_of), min(month_start), max(month_start),"
            " count(distinct month_start) from dim_date where is_complete_month",
        ),
    )
