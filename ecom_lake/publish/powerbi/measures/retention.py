"""Cohorts and the forecast, each from the one table that it is read from."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import Money, Share
from ecom_lake.publish.powerbi.measures.measure import Measure
from ecom_lake.shop.vocabulary import forecast

_FORECAST = "series = 'total' and grain = 'month' and is_champion"


def _forecast(name: str, column: str, meaning: str, dax: str, note: str = "") -> Measure:
    return Measure(
        name,
        "Forecast",
        Money(meaning),
        dax,
        f"select period::varchar as label, sum({column}) as value from sales_forecast where {_FORECAST} group by period",
        f"select period::varchar as label, {column} as value from sales_forecast where {_FORECAST}",
        (f"sales_forecast.{column}",),
        f"Of the whole shop: no filter but that of the forecast's own months applies. {note}".strip(),
    )


def _bound(name: str, column: str, which: str) -> Measure:
    return _forecast(
        name,
        column,
        f"{which} bound of the forecast: four of five outcomes lie between low and high.",
        f"IF ( HASONEVALUE ( Forecast[Forecast Month] ), SUM ( Forecast[{column}] ) )",
        "Blank where several months are shown: the bounds of months do not add up to those of their sum.",
    )


MEASURES = (
    Measure(
        "Retention Rate",
        "Customers",
        Share("Share of the cohort's customers who ordered in the month; blank past the end of the data."),
        """\
VAR Known = FILTER ( Retention, NOT ISBLANK ( Retention[active_customers] ) )
RETURN
    DIVIDE ( SUMX ( Known, Retention[active_customers] ), SUMX ( Known, Retention[cohort_size] ) )""",
        """\
with firsts as (select customer_id, month as cohort from fct_orders where is_first_order),
sizes as (select cohort, count(*) as size from firsts group by cohort),
active as (
    select cohort, date_diff('month', cohort, fct_orders.month) as number,
        count(distinct fct_orders.customer_id) as customers
    from firsts join fct_orders on fct_orders.customer_id = firsts.customer_id
    where is_valid and order_date <= (select as_of from reporting_period)
    group by all
)
select cohort || '+' || month_number as label,
    case when active_customers is not null then coalesce(customers, 0) / size end as value
from cohort_retention join sizes using (cohort)
left join active on active.cohort = cohort_retention.cohort and number = month_number""",
        "select cohort || '+' || month_number as label, retention as value from cohort_retention",
        ("cohort_retention.active_customers", "fct_orders.order_date"),
    ),
    _forecast("Forecast Net Sales", "forecast", forecast.meaning, "SUM ( Forecast[forecast] )"),
    _bound("Forecast Low", "low_80", "Lower"),
    _bound("Forecast High", "high_80", "Upper"),
)
