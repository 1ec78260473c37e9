from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Month, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class DimDate(Gold):
    """One row per day, contiguous, over whole years: all years with an order, and that of the as-of date."""

    date = vocabulary.date.replace(key=True)
    year = Integer("Calendar year.")
    quarter = Integer("Calendar quarter.", at_least=1, at_most=4)
    month = Integer("Month of the year.", at_least=1, at_most=12)
    day = Integer("Day of the month.", at_least=1, at_most=31)
    month_start = Month("First day of the month.")
    month_name = Text("English name of the month.")
    iso_year = Integer("Year of the ISO week.")
    iso_week = Integer("ISO week of the ISO year.", at_least=1, at_most=53)
    weekday = Integer("ISO weekday: 1 is Monday, 7 is Sunday.", at_least=1, at_most=7)
    weekday_name = vocabulary.weekday_name
    is_weekend = Flag("Whether the day is a Saturday or a Sunday.")
    is_complete_month = Flag(
        "Whether the month is complete: it belongs to the longest run of months with enough orders and is not cut"
        " off at the edge of the data."
    )
    is_as_of = Flag(
        "Whether the day is the shop's as-of date: the last day of the last complete month, unless a setting "
        "states another. One day is."
    )
    is_snapshot_date = Flag(
        "Whether the day is the end of a complete month, up to the as-of date: rfm_history, rfm_migration and kpi_churn have a"
        " snapshot as of each such day."
    )

    rules = (
        Rule(
            "parts_are_the_dates",
            "year = year(date) AND quarter = quarter(date) AND month = month(date) AND day = day(date)"
            " AND month_start = CAST(date_trunc('month', date) AS DATE) AND month_name = monthname(date)",
            "Year, quarter, month and day are those of the date.",
        ),
        Rule(
            "week_is_the_dates",
            "iso_year = isoyear(date) AND iso_week = weekofyear(date) AND weekday = isodow(date) AND weekday_name = dayname(date)"
            " AND is_weekend = (weekday >= 6)",
            "ISO week and weekday are those of the date; the weekend is Saturday and Sunday.",
        ),
    )
    identities = (
        Identity(
            "calendar_is_whole",
            "select days, first, last, as_of_days from (select count(*) as days, min(date) as first, max(date) as last,"
            " count(*) filter (where is_as_of) as as_of_days from dim_date) as calendar"
            " where days > 0 and (days <> date_diff('day', first, last) + 1 or as_of_days <> 1"
            " or first <> make_date(year(first), 1, 1) or last <> make_date(year(last), 12, 31))",
            "The calendar has whole years without a gap, and one day is the as-of date.",
        ),
        Identity(
            "snapshots_are_ends_of_complete_months",
            "select date from dim_date cross join (select max(date) as as_of from dim_date where is_as_of) as today"
            " where is_snapshot_date <> (is_complete_month and date = last_day(date) and date <= as_of)",
            "Snapshot dates are the ends of the complete months, up to the as-of date.",
        ),
        Identity(
            "every_order_date_is_a_day",
            "select distinct order_date from fct_orders where order_date is not null"
            " and not exists (select 1 from dim_date where dim_date.date = fct_orders.order_date)",
            "The day of every order is in the calendar.",
        ),
        Identity(
            "complete_months_are_one_run",
            "select months, first, last from (select count(*) as months, min(month_start) as first, max(month_start) as last"
            " from (select month_start from dim_date group by month_start having bool_or(is_complete_month)) as complete) as run"
            " where months > 0 and months <> date_diff('month', first, last) + 1"
            " union all select count(*), min(month_start), max(month_start) from dim_date group by month_start"
            " having count(distinct is_complete_month) > 1",
            "Complete months are consecutive, and all days of a month have the same flag.",
        ),
    )
