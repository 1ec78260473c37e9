from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Flag, Integer, Key, Money
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

GRAINS = ("month", "day")


class SalesForecast(Gold, group="models", extra="models"):
    """One row per series, month or day to come, and method: the net sales that it lets expect."""

    series = Key("`total`, a category, or `other categories`: those too young or too rarely sold to be a series of their own.")
    grain = Key("Whether the period is a month or a day; categories are forecast by month.", one_of=GRAINS)
    period = Date("First day of the month, or the day.", key=True)
    method = Key(
        "How it is forecast. Of the total every method that was tested; of categories one, which is fitted to the total."
    )
    step = Integer("Periods from the last one that was learnt from to this one.", at_least=1)
    forecast = Money("Net sales that are expected.", at_least=0)
    low_80 = Money(
        "Lower end of the interval meant to hold 4 of 5; NULL where too few misses are known.", nullable=True, at_least=0
    )
    high_80 = Money("Upper end of it. How often such intervals held is in model_rivals.", nullable=True)
    low_95 = Money(
        "Lower end of the interval meant to hold 19 of 20; NULL where too few misses are known.", nullable=True, at_least=0
    )
    high_95 = Money("Upper end of it.", nullable=True)
    is_champion = Flag(
        "Whether this is the one to go by: of the series and grain the method that missed least. Of the champions months are the"
        " sum of their days, and of their categories; the days are scaled to that."
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule("forecast_lies_in_its_interval", "low_80 <= forecast and forecast <= high_80", "The interval holds the forecast."),
        Rule("wider_is_surer", "low_95 <= low_80 and high_80 <= high_95", "The interval of 95% holds that of 80%."),
        Rule(
            "bounds_come_in_pairs",
            "(low_80 IS NULL) = (high_80 IS NULL) AND (low_95 IS NULL) = (high_95 IS NULL)",
            "An interval has both ends or none.",
        ),
    )
    identities = (
        Identity(
            "each_period_has_one_champion",
            "select series, grain, period from sales_forecast group by 1, 2, 3 having count(*) filter (where is_champion) <> 1",
            "Of every series and period one forecast is the champion's.",
        ),
        Identity(
            "categories_add_up_to_the_total",
            "select period from sales_forecast where grain = 'month' and is_champion and exists"
            " (select 1 from sales_forecast where series <> 'total') group by period"
            " having sum(forecast) filter (where series = 'total') <> sum(forecast) filter (where series <> 'total')",
            "The categories' forecasts are together the total's, to the cent.",
        ),
        Identity(
            "days_add_up_to_the_months",
            "select m.period, m.forecast, sum(d.forecast) as of_days from sales_forecast as m left join sales_forecast as d"
            " on d.grain = 'day' and d.is_champion and date_trunc('month', d.period)::date = m.period"
            " where m.grain = 'month' and m.series = 'total' and m.is_champion group by m.period, m.forecast"
            " having coalesce(sum(d.forecast), 0) + coalesce((select sum(net_sales) from kpi_daily"
            " where date >= m.period and date <= last_day(m.period)"
            " and date < (select min(period) from sales_forecast where grain = 'day')), 0) <> m.forecast"
            " or count(d.period) <> last_day(m.period) - greatest(m.period,"
            " (select min(period) from sales_forecast where grain = 'day')) + 1",
            "Each month's forecast is, to the cent, that of all its days: of days that are known already, what they sold.",
        ),
        Identity(
            "it_begins_after_what_is_known",
            "select period from sales_forecast where grain = 'month' and period <="
            " (select max(month) from kpi_monthly where is_complete and last_day(month) <="
            " (select date from dim_date where is_as_of))",
            "No month is forecast that is known.",
        ),
    )
