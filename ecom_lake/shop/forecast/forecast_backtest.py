from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Flag, Money
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ForecastBacktest(Gold, beside="sales_forecast"):
    """One row per method, series, origin and step: the forecast made at the origin, and the actual value. Forecasts
    of days are those before they are scaled to the months."""

    method = vocabulary.forecast_method.replace(key=True)
    series = vocabulary.forecast_series.replace(key=True)
    grain = vocabulary.grain.replace(key=True)
    origin = Date("Last month or day that the method was fitted on.", key=True)
    step = vocabulary.steps_ahead.replace(key=True)
    period = vocabulary.period
    actual = Money("Actual net sales.")
    forecast = vocabulary.forecast
    error = Money("forecast - actual.")
    is_compared = Flag(
        "Whether every method was tested at this origin: MASE and MAPE use only these rows, interval coverage all."
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule("error_is_the_difference", "error = forecast - actual", "The error is the forecast less the actual value."),
        Rule("origin_comes_before", "origin < period", "The forecast period lies after the origin."),
        Rule(
            "period_is_so_many_months_ahead",
            "grain <> 'month' OR date_diff('month', origin, period) = step",
            "A forecast month is step months after the origin.",
        ),
    )
    identities = (
        agree(
            "what_came_is_what_was_sold",
            "The total's actual net sales are those of kpi_monthly and kpi_daily.",
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
            "At each origin, the categories' forecasts and actual values sum to the total's.",
        ),
    )
