from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Flag, Integer, Key, Money
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop.forecast.sales_forecast import GRAINS


class ForecastBacktest(Gold, group="models", beside="sales_forecast"):
    """One row per method, series, origin and step: what would have been forecast then, and what came."""

    method = Key("How it is forecast; of categories the champion only.")
    series = Key("`total`, a category, or `other categories`.")
    grain = Key("Whether the periods are months or days.", one_of=GRAINS)
    origin = Date("Last month or day that the method knew.", key=True)
    step = Integer("Periods from the origin to the one forecast.", key=True, at_least=1)
    period = Date("The month or day that is forecast.")
    actual = Money("Net sales that came.")
    forecast = Money("Net sales that were expected.", at_least=0)
    error = Money("forecast - actual.")
    is_compared = Flag("Whether every method was tested at this origin: MASE and MAPE are of these, intervals of all.")

    needs = ("orders.ordered_at",)
    rules = (
        Rule("error_is_the_difference", "error = forecast - actual", "The error is the forecast less what came."),
        Rule("origin_comes_before", "origin < period", "Nothing of the period was known."),
        Rule(
            "period_is_so_many_months_ahead",
            "grain <> 'month' OR date_diff('month', origin, period) = step",
            "A month that is forecast lies so many months after the origin.",
        ),
    )
    identities = (
        agree(
            "what_came_is_what_was_sold",
            "The total's actual sales are those of kpi_monthly and kpi_daily.",
            "select grain, period, actual from forecast_backtest where series = 'total'",
            "select b.grain, b.period, coalesce(m.net_sales, d.net_sales, 0) from"
            " (select distinct grain, period from forecast_backtest where series = 'total') as b"
            " left join kpi_monthly as m on b.grain = 'month' and m.month = b.period"
            " left join kpi_daily as d on b.grain = 'day' and d.date = b.period",
        ),
        Identity(
            "categories_added_up_then_too",
            "select c.origin, c.step from (select origin, step, sum(forecast) as forecast, sum(actual) as actual"
            " from forecast_backtest where series <> 'total' group by 1, 2) as c"
            " join forecast_backtest as t on t.series = 'total' and t.grain = 'month' and t.origin = c.origin and t.step = c.step"
            " where t.method in (select method from sales_forecast where series = 'total' and grain = 'month' and is_champion)"
            " and (t.forecast <> c.forecast or t.actual <> c.actual)",
            "At each origin the categories' forecasts, and what came of them, are together the total's.",
        ),
    )
