"""The sales forecast: methods compete in a backtest on the shop's own history, and the best one is published.

Here: the forecast series and their methods, the tables, and the state of the fit. Not here: the series (sales_series.py), the
methods (methods.py, weekly_pattern.py, sarimax.py, prophet_method.py), the backtest (contest.py), the end of an export without
full trading (fade_out.py), days that add up to months (reconciliation.py), categories (sales_by_category.py), the charts
(curves.py), the sentences (verdict.py). docs/decisions/0013-forecast.md and 0020-proven-horizons.md give the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.columns import MONEY
from ecom_lake.engine.contracts.fitted import Fitted, Past
from ecom_lake.engine.contracts.table import Table
from ecom_lake.shop.forecast import prophet_method as prophet_forecast
from ecom_lake.shop.forecast.contest import Contest, contest
from ecom_lake.shop.forecast.curves import curves
from ecom_lake.shop.forecast.fade_out import without_fade_out
from ecom_lake.shop.forecast.forecast_backtest import ForecastBacktest
from ecom_lake.shop.forecast.methods import PROPHET, SARIMAX, SEASONAL_SARIMAX, Ahead, Method, simple_methods
from ecom_lake.shop.forecast.month_lengths import by_mean_day, lengths
from ecom_lake.shop.forecast.one_thread import one_thread
from ecom_lake.shop.forecast.prediction_intervals import SHARES, Band, band
from ecom_lake.shop.forecast.reconciliation import days_ahead, reconciled
from ecom_lake.shop.forecast.rolling_origin import Backtest, origins_of
from ecom_lake.shop.forecast.sales_by_category import Categories, by_category
from ecom_lake.shop.forecast.sales_forecast import SalesForecast
from ecom_lake.shop.forecast.sales_series import DAYS, MONTHS, Floats, Sales, Series, sales_of
from ecom_lake.shop.forecast.sarimax import BY_DAY, BY_MONTH, BY_MONTH_OF_YEAR, Order, choose, sarimax
from ecom_lake.shop.forecast.verdict import LEAST_MONTHS, card, refusal
from ecom_lake.shop.forecast.weekly_pattern import LEAST_DAYS, RECENT_DAYS, methods_by_day, week, without_week
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("dim_date", "kpi_breakdown", "kpi_daily", "kpi_monthly", "reporting_period")
VERSION = 2

_A_YEAR = MONTHS.season

Row = dict[str, Any]


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    sales = without_fade_out(sales_of(con))
    if sales.months is None or sales.days is None or len(sales.months) < LEAST_MONTHS:
        nothing = {"sales_forecast": _table([], SalesForecast.table), "forecast_backtest": _table([], ForecastBacktest.table)}
        return Fitted(nothing, refusal(sales))
    with one_thread():
        return _fitted(sales, sales.months, sales.days, settings, past)


def _fitted(sales: Sales, monthly: Series, daily: Series, settings: MiningSettings, past: Past) -> Fitted:
    is_kept = past.serves(VERSION, settings, sales.as_of)
    notes = past.notes if is_kept else {}
    months, orders = _by_month(monthly, settings.forecast_months, notes if is_kept else None)
    steps = days_ahead(monthly, settings.forecast_months, daily)
    days, order_by_day = _by_day(daily, steps, notes if is_kept else None)
    agreed = reconciled(months, days, sales.faded, sales.running, settings.seed)
    months, days = agreed.months, agreed.days
    categories = by_category(sales.categories, months, notes.get("champion by category"), settings.seed)
    made = card(sales, agreed, past.fitted_as_of if is_kept else sales.as_of, settings.seed)
    return Fitted(
        _tables(months, days, sales.faded, categories),
        made,
        [
            *months.rivals(settings.seed),
            *days.rivals(settings.seed),
            *agreed.rivals,
            *(categories.rivals if categories else ()),
        ],
        curves(months, days, sales.faded),
        seen=_seen(months, days),
        notes=_notes(months, days, categories, {**orders, **order_by_day}),
    )


def _by_month(series: Series, steps: int, notes: Mapping[str, str] | None) -> tuple[Contest, dict[str, Order]]:
    """SARIMAX orders are chosen on the months before the first backtest origin, or read from the notes of a kept fit."""
    orders = {}
    methods = list(simple_methods())
    mean_days = series.values / lengths(series, len(series))
    for name, grid, least in ((SARIMAX, BY_MONTH, _A_YEAR), (SEASONAL_SARIMAX, BY_MONTH_OF_YEAR, MONTHS.seasonal_from)):
        order = _order(name, series, mean_days[: _first_origin(series, least)], least, grid, notes)
        if order is not None:
            orders[f"{name} by month"] = order
            methods.append(Method(name, least, _sarimax(order)))
    methods = [by_mean_day(method, series) for method in methods]
    if prophet_forecast.is_installed():
        methods.append(prophet_forecast.prophet_by_month(series.first))
    return contest(series, methods, steps, (notes or {}).get("champion by month")), orders


def _by_day(series: Series, steps: int, notes: Mapping[str, str] | None) -> tuple[Contest, dict[str, Order]]:
    known = series.values[: _first_origin(series, LEAST_DAYS)]
    deseasonalized = without_week(known, series.first) if len(known) >= LEAST_DAYS else known
    order = _order(SARIMAX, series, deseasonalized[-RECENT_DAYS:], LEAST_DAYS, BY_DAY, notes)
    found = contest(series, methods_by_day(series.first, order), steps, (notes or {}).get("champion by day"))
    return found, {f"{SARIMAX} by day": order} if order else {}


def _first_origin(series: Series, least: int) -> int:
    return next(iter(origins_of(series, least)), 0)


def _order(
    name: str, series: Series, known: Floats, least: int, grid: Sequence[Order], notes: Mapping[str, str] | None
) -> Order | None:
    if notes is not None:
        return Order.read(notes.get(f"{name} by {series.grain.name}", ""))
    return choose(known, grid) if len(known) >= least else None


def _sarimax(order: Order) -> Ahead:
    return lambda sold, steps: sarimax(sold, steps, order)


def _tables(months: Contest, days: Contest, faded: int, categories: Categories | None) -> dict[str, pl.DataFrame]:
    forecasts = [*_expected(months, 0), *_expected(days, faded)]
    tested = [row for found in (months, days) for name in found.tests for row in _tested(found, name)]
    if categories:
        forecasts += _expected_of(categories)
        for series, test in zip(categories.series, categories.tests, strict=True):
            tested += _rows_of(series, categories.method, test, months.origins)
    return {
        "sales_forecast": _table(forecasts, SalesForecast.table),
        "forecast_backtest": _table(tested, ForecastBacktest.table),
    }


def _expected(found: Contest, skipped: int) -> Iterator[Row]:
    for name, expected in found.expected.items():
        rows = _forecast_rows(found.series, name, expected, found.bands(name), name == found.champion)
        yield from rows[skipped:]


def _expected_of(categories: Categories) -> Iterator[Row]:
    for series, forecast, test in zip(categories.series, categories.forecast, categories.tests, strict=True):
        yield from _forecast_rows(series, categories.method, forecast, [band(forecast, series, test, of) for of in SHARES], True)


def _forecast_rows(series: Series, method: str, forecast: Floats, bands: Sequence[Band], is_champion: bool) -> list[Row]:
    (low_80, high_80), (low_95, high_95) = ((each.low, each.high) for each in bands)
    return [
        {
            "series": series.name,
            "grain": series.grain.name,
            "period": series.period(len(series) + step),
            "method": method,
            "step": step + 1,
            "forecast": forecast[step],
            "low_80": low_80[step],
            "high_80": high_80[step],
            "low_95": low_95[step],
            "high_95": high_95[step],
            "is_champion": is_champion,
        }
        for step in range(len(forecast))
    ]


def _tested(found: Contest, name: str) -> Iterator[Row]:
    return _rows_of(found.series, name, found.tests[name], found.origins)


def _rows_of(series: Series, method: str, test: Backtest, compared: Sequence[int]) -> Iterator[Row]:
    for row, origin in enumerate(test.origins):
        for step in np.flatnonzero(~np.isnan(test.actual[row])):
            yield {
                "method": method,
                "series": series.name,
                "grain": series.grain.name,
                "origin": series.period(origin - 1),
                "step": int(step) + 1,
                "period": series.period(origin + int(step)),
                "actual": test.actual[row, step],
                "forecast": test.forecast[row, step],
                "error": test.error[row, step],
                "is_compared": origin in compared,
            }


def _table(rows: Sequence[Row], table: Table) -> pl.DataFrame:
    """The rows as a table; money is converted through whole cents, so that decimals are exact."""
    kinds = {name: column.kind for name, column in table.columns.items()}
    cents = [
        (pl.col(name).fill_nan(None) * 100).round().cast(pl.Int64).cast(pl.Decimal(18, 2)) / 100
        for name, kind in kinds.items()
        if kind is MONEY
    ]
    return pl.DataFrame(rows, table.computed_schema).with_columns(cents).cast({name: kind.polars for name, kind in kinds.items()})


def _seen(months: Contest, days: Contest) -> dict[str, float]:
    """The numbers that are watched for drift: the level of sales, the forecast error, and the weekday factors."""
    factors = week(days.series)
    sizes = {
        "net sales of a recent month": float(months.series.values[-MONTHS.level :].mean()),
        "net sales of a recent day": float(days.series.values[-DAYS.level :].mean()),
    }
    scores = {found.label(found.champion): found.scores[found.champion] for found in (months, days)}
    known = {f"mase of {name}": score for name, score in scores.items() if score is not None}
    return {**sizes, **known, **{f"weekday {day}": float(of) for day, of in enumerate(factors, 1)}}


def _notes(months: Contest, days: Contest, categories: Categories | None, orders: Mapping[str, Order]) -> dict[str, str]:
    """The champions and the SARIMAX orders, which are kept; the coefficients are estimated at each run."""
    chosen = {"champion by month": months.champion, "champion by day": days.champion}
    by_category = {"champion by category": categories.method} if categories else {}
    missing = {} if prophet_forecast.is_installed() else {PROPHET: "not installed, so it is left out"}
    return {**chosen, **by_category, **{name: str(order) for name, order in orders.items()}, **missing}
