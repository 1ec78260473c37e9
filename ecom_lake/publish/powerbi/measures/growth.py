"""Net sales of other periods, and growth. Growth against or from an incomplete month is blank, as in kpi_monthly."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import Money
from ecom_lake.publish.powerbi.measures.measure import Measure
from ecom_lake.shop.kpis.kpi_monthly import KpiMonthly

FOLDER = "Growth"
_NEEDS = ("fct_sales.net_sales", "fct_orders.order_date", "dim_date.date")
_MONTHS = """\
with sold as (select month, sum(net_sales) as net_sales from fct_orders where is_valid group by month),
months as (
    select month_start as month, bool_or(is_complete_month) as is_complete, coalesce(any_value(net_sales), 0) as net_sales
    from dim_date left join sold on sold.month = dim_date.month_start group by month_start
)"""


def _before(name: str, meaning: str, shift: str, months: int) -> Measure:
    return Measure(
        name,
        FOLDER,
        Money(meaning),
        f"CALCULATE ( [Net Sales], {shift} )",
        f"""{_MONTHS}
select now.month::varchar as label, before.net_sales as value
from months as now join months as before on before.month = (now.month - interval {months} month)::date
where now.month between (select min(month) from kpi_monthly) and (select max(month) from kpi_monthly)""",
        f"select month::varchar as label, lag(net_sales, {months}) over (order by month) as value from kpi_monthly",
        _NEEDS,
    )


def _growth(name: str, kpi_name: str, shift: str, months: int) -> Measure:
    before = {1: "[Net Sales PM]", 12: "[Net Sales PY]"}[months]
    incomplete = "COUNTROWS ( FILTER ( 'Date', NOT 'Date'[Is Complete Month] ) )"
    return Measure(
        name,
        FOLDER,
        KpiMonthly.table.columns[kpi_name],
        f"""\
VAR Incomplete = {incomplete}
VAR IncompleteBefore = CALCULATE ( {incomplete}, {shift} )
VAR Before = {before}
RETURN
    IF ( ISBLANK ( Incomplete ) && ISBLANK ( IncompleteBefore ), DIVIDE ( [Net Sales] - Before, Before ) )""",
        f"""{_MONTHS}
select now.month::varchar as label, now.net_sales / nullif(before.net_sales, 0) - 1 as value
from months as now join months as before on before.month = (now.month - interval {months} month)::date
where now.is_complete and before.is_complete""",
        f"select month::varchar as label, {kpi_name} as value from kpi_monthly",
        _NEEDS,
    )


_YEAR_AGO = "SAMEPERIODLASTYEAR ( 'Date'[Date] )"
_MONTH_AGO = "DATEADD ( 'Date'[Date], -1, MONTH )"
_LATEST = """\
VAR LatestMonth = CALCULATE ( MAX ( 'Date'[Month Start] ), REMOVEFILTERS ( 'Date' ), 'Date'[is_as_of] = TRUE () )
RETURN
    CALCULATE ( {measure}, REMOVEFILTERS ( 'Date' ), 'Date'[Month Start] = LatestMonth )"""


def _latest(name: str, column: str, measure: str, sql: str) -> Measure:
    """The value of a measure in the month of the as-of date, whatever the date filters are."""
    return Measure(
        name,
        FOLDER,
        KpiMonthly.table.columns[column],
        _LATEST.format(measure=measure),
        f"{_MONTHS}\n{sql}",
        f"select 'latest' as label, {column} as value from kpi_monthly"
        " where month = (select month_start from dim_date where is_as_of)",
        _NEEDS,
        "Of the latest complete month: date filters do not change it.",
    )


MEASURES = (
    _before("Net Sales PM", "Net sales of the previous month: every date is moved back by a month.", _MONTH_AGO, 1),
    _before("Net Sales PY", "Net sales of the same period a year earlier.", _YEAR_AGO, 12),
    _growth("Net Sales MoM", "net_sales_mom", _MONTH_AGO, 1),
    _growth("Net Sales YoY", "net_sales_yoy", _YEAR_AGO, 12),
    Measure(
        "Net Sales YTD",
        FOLDER,
        Money("Net sales from the first of January to the end of the period."),
        "TOTALYTD ( [Net Sales], 'Date'[Date] )",
        f"""{_MONTHS}
select month::varchar as label, sum(net_sales) over (partition by year(month) order by month) as value from months
where month between (select min(month) from kpi_monthly) and (select max(month) from kpi_monthly)""",
        "select month::varchar as label, sum(net_sales) over (partition by year(month) order by month) as value from kpi_monthly",
        _NEEDS,
    ),
    _latest(
        "Latest Month Net Sales",
        "net_sales",
        "[Net Sales]",
        "select 'latest' as label, net_sales as value from months"
        " where month = (select month_start from dim_date where is_as_of)",
    ),
    _latest(
        "Latest Month MoM",
        "net_sales_mom",
        "[Net Sales MoM]",
        "select 'latest' as label, now.net_sales / nullif(before.net_sales, 0) - 1 as value from months as now"
        " join months as before on before.month = (now.month - interval 1 month)::date"
        " where now.month = (select month_start from dim_date where is_as_of) and now.is_complete and before.is_complete",
    ),
    _latest(
        "Latest Month YoY",
        "net_sales_yoy",
        "[Net Sales YoY]",
        "select 'latest' as label, now.net_sales / nullif(before.net_sales, 0) - 1 as value from months as now"
        " join months as before on before.month = (now.month - interval 12 month)::date"
        " where now.month = (select month_start from dim_date where is_as_of) and now.is_complete and before.is_complete",
    ),
)
