from __future__ import annotations

from ecom_lake.engine.contracts.columns import Money
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

GRAINS = ("month", "day")


class SalesForecast(Gold, extra="models"):
    """One row per series, future month or day, and method: the forecast of net sales."""

    series = vocabulary.forecast_series.replace(key=True)
    grain = vocabulary.grain.replace(key=True)
    period = vocabulary.period.replace(key=True)
    method = vocabulary.forecast_method.replace(key=True)
    step = vocabulary.steps_ahead
    forecast = vocabulary.forecast
    low_80 = Money("Lower bound of the 80% interval; NULL where too few forecast errors are known.", nullable=True, at_least=0)
    high_80 = Money(
        "Upper bound of the 80% interval; model_rivals has its coverage in the backtest, that of days before scaling.",
        nullable=True,
    )
    low_95 = Money("Lower bound of the 95% interval; NULL where too few forecast errors are known.", nullable=True, at_least=0)
    high_95 = Money("Upper bound of the 95% interval.", nullable=True)
    is_champion = vocabulary.is_champion

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "forecast_lies_in_its_interval", "low_80 <= forecast and forecast <= high_80", "The interval contains the forecast."
        ),
        Rule("wider_is_surer", "low_95 <= low_80 and high_80 <= high_95", "The 95% interval contains the 80% interval."),
        Rule(
            "bounds_come_in_pairs",
            "(low_80 IS NULL) = (high_80 IS NULL) AND (low_95 IS NULL) = (high_95 IS NULL)",
            "An interval has both bounds or none.",
        ),
    )
    identities = (
        Identity(
            "each_period_has_one_champion",
            "select series, grain, period from sales_forecast group by 1, 2, 3 having count(*) filter (where is_champion) <> 1",
            "Each series and period has one champion forecast.",
        ),
        Identity(
            "categories_add_up_to_the_total",
            "select period from sales_forecast where grain = 'month' and is_champion and exists"
            " (select 1 from sales_forecast where series <> 'total') group by period"
            " having sum(forecast) filter (where series = 'total') <> sum(forecast) filter (where series <> 'total')",
            "The categories' forecasts sum to the total's, to the cent.",
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
            "The days of each month sum to its forecast, to the cent; past days count with their actual net sales.",
        ),
        Identity(
            "it_begins_after_what_is_known",
            "select period from sales_forecast where grain = 'month' and period <="
            " (select max(month) from kpi_monthly where is_complete and last_day(month) <="
            " (select as_of from reporting_period))",
            "Only months after the last known month are forecast.",
        ),
    )
