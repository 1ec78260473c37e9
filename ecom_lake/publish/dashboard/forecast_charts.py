"""The sales forecast: the published method with its intervals, its rivals, what each would have predicted, and their errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.forest import Estimated, Forest, forest
from ecom_lake.publish.dashboard.lines import Band, LineChart, Series, line_chart
from ecom_lake.publish.dashboard.model_cards import ModelCard, model_card
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.span import shifted
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.month_chart import MonthLabel, month_labels
from ecom_lake.publish.pages.rendering import amount, axis_amount, percent
from ecom_lake.words import three_digits

MONTHS, DAYS = 18, 60
"""Actual months or days before the forecast that the chart shows at most."""
_FORECAST = """\
select period, method, forecast, low_80, high_80, is_champion
from sales_forecast
where series = $series and grain = $grain
order by is_champion desc, method, period"""
_ACTUAL = {
    "month": "select month as period, net_sales from kpi_monthly where is_complete order by month",
    "day": "select date as period, net_sales from kpi_daily order by date",
}
_ACTUAL_OF_CATEGORY = """\
select c.month as period, sum(c.net_sales) as net_sales
from sales_cube as c
join kpi_monthly as m on m.month = c.month
where m.is_complete and c.category = $category
group by c.month
order by c.month"""
_BACKTEST = """\
select method, origin, period, forecast, actual
from forecast_backtest
where series = $series and grain = $grain and step = 1 and is_compared
order by method, period"""
_RIVALS = Query("""\
select metric, rival, value, low, high
from model_rivals
where model = 'sales_forecast' and metric in ('mase', 'coverage_80')
order by metric, value, rival""")
_FORECAST_IS = (
    "Net sales that each method forecasts; the published one with its 80% interval. The forecast begins after the last complete"
    " month of known sales."
)
_BACKTEST_IS = (
    "What each method forecast one step ahead, fitted on nothing later than the step before, with the actual net sales."
)
_RIVALS_ARE = (
    "MASE: mean absolute error of the forecasts in the back-test, relative to that of a naive forecast within the known sales."
    " Coverage: share of the actual values that lay within the 80% interval."
)


@dataclass(frozen=True)
class Rival:
    method: str
    mase: str
    coverage: str
    """Measured coverage of the 80% interval; empty where too few errors are known."""


@dataclass(frozen=True)
class SalesOutlook:
    series: str
    chart: LineChart | None
    """None where the series has no forecast."""
    labels: Sequence[MonthLabel]
    dates: str
    """The range of the x axis, for a forecast by day."""
    method: str
    coverage: str
    next: str
    """The next period's forecast in words."""
    backtest: LineChart | None
    backtest_labels: Sequence[MonthLabel]
    errors: Forest | None
    rivals: Sequence[Rival]
    card: ModelCard | None
    why: Why
    why_backtest: Why
    why_rivals: Why


def sales_outlook(view: View) -> SalesOutlook | None:
    if not view.release.has("sales_forecast"):
        return None
    category = view.filters.members.get("category")
    grain = "month" if category else view.options["grain"]
    values = {"series": category or "total", "grain": grain}
    query, tested = Query(_FORECAST, values), Query(_BACKTEST, values)
    actual_query = Query(_ACTUAL_OF_CATEGORY, {"category": category}) if category else Query(_ACTUAL[grain])
    money = partial(amount, currency=view.release.currency)
    rows = view.release.rows(query)
    champion = next((row["method"] for row in rows if row["is_champion"]), "")
    actual = _before(view.release.rows(actual_query), rows, grain)
    tick = partial(axis_amount, currency=view.release.currency)
    chart, dates = _forecast_chart(rows, actual, grain, money, tick)
    backtest_rows = view.release.rows(tested)
    backtest, backtest_dates = _backtest_chart(backtest_rows, champion, grain, money, tick)
    found = view.release.rows(_RIVALS) if view.release.has("model_rivals") else ()
    suffix = " by category" if category else f" by {grain}"
    rivals = _rivals(found, suffix)
    coverage = next((rival.coverage for rival in rivals if rival.method == champion), "")
    by_month = grain == "month"
    return SalesOutlook(
        values["series"],
        chart,
        month_labels(dates) if by_month else (),
        "" if by_month or not dates else f"{dates[0]} to {dates[-1]}",
        champion,
        coverage,
        _next(rows, grain, money),
        backtest,
        month_labels(backtest_dates) if by_month else (),
        forest(_errors(found, suffix, champion), three_digits, 1.0),
        rivals,
        model_card(view, "sales_forecast"),
        why_of_history(view, _FORECAST_IS, query, "sales_forecast"),
        why_of_history(view, _BACKTEST_IS, tested, "forecast_backtest"),
        why_of_history(view, _RIVALS_ARE, _RIVALS),
    )


def _before(rows: Sequence[Row], forecast: Sequence[Row], grain: str) -> list[Row]:
    """The actual values before the forecast begins."""
    first = min((row["period"] for row in forecast), default=date.max)
    return [row for row in rows if row["period"] < first][-(MONTHS if grain == "month" else DAYS) :]


def _forecast_chart(
    rows: Sequence[Row], actual: Sequence[Row], grain: str, money: Callable[[float], str], tick: Callable[[float], str]
) -> tuple[LineChart | None, list[date]]:
    if not rows:
        return None, []
    x, dates = _positions([*(row["period"] for row in actual), *(row["period"] for row in rows)], grain)
    last = [(x[actual[-1]["period"]], float(actual[-1]["net_sales"]))] if actual else []
    by_method: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_method[row["method"]].append(row)
    series = [
        _series(
            method,
            [*last, *((x[row["period"]], float(row["forecast"])) for row in found)],
            [*("" for _ in last), *(_forecast_text(row, grain, money) for row in found)] if grain == "month" else (),
            "champion" if found[0]["is_champion"] else "rival",
        )
        for method, found in by_method.items()
    ]
    known = [
        _series(
            "net sales", [(x[row["period"]], float(row["net_sales"])) for row in actual], _texts(actual, grain, money), "actual"
        )
    ]
    band = [
        Band(x[row["period"]], float(row["low_80"]), float(row["high_80"]))
        for row in rows
        if row["is_champion"] and row["low_80"] is not None
    ]
    return line_chart("Net sales and forecast", [*known, *series], tick, _ends(dates), band), dates


def _backtest_chart(
    rows: Sequence[Row], champion: str, grain: str, money: Callable[[float], str], tick: Callable[[float], str]
) -> tuple[LineChart | None, list[date]]:
    if not rows:
        return None, []
    x, dates = _positions([row["period"] for row in rows], grain)
    by_method: dict[str, list[tuple[float, float]]] = defaultdict(list)
    actual: dict[date, Row] = {}
    for row in rows:
        by_method[row["method"]].append((x[row["period"]], float(row["forecast"])))
        actual[row["period"]] = {"period": row["period"], "net_sales": row["actual"]}
    known = [actual[period] for period in sorted(actual)]
    series = [
        _series(
            "net sales", [(x[row["period"]], float(row["net_sales"])) for row in known], _texts(known, grain, money), "actual"
        ),
        *(_series(name, points, (), "champion" if name == champion else "rival") for name, points in by_method.items()),
    ]
    return line_chart("Forecasts one step ahead, and what was sold", series, tick, _ends(dates), from_zero=False), dates


def _series(name: str, points: Sequence[tuple[float, float]], texts: Sequence[str], role: Any) -> Series:
    return Series(name, points, role, texts)


def _positions(periods: Sequence[date], grain: str) -> tuple[dict[date, float], list[date]]:
    """The position of each period, and all periods from the first to the last."""
    first, last = min(periods), max(periods)
    if grain == "day":
        dates = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    else:
        months = 12 * (last.year - first.year) + last.month - first.month
        dates = [shifted(first, month) for month in range(months + 1)]
    return {period: place + 0.5 for place, period in enumerate(dates)}, dates


def _ends(dates: Sequence[date]) -> tuple[float, float]:
    return 0.0, float(len(dates))


def _texts(rows: Sequence[Row], grain: str, money: Callable[[float], str]) -> list[str]:
    return [f"{_named(row['period'], grain)}: {money(row['net_sales'])}" for row in rows] if grain == "month" else []


def _forecast_text(row: Row, grain: str, money: Callable[[float], str]) -> str:
    known = row["low_80"] is not None
    interval = f", 80% interval {money(row['low_80'])} to {money(row['high_80'])}" if known else ""
    return f"{_named(row['period'], grain)}, {row['method']}: {money(row['forecast'])}{interval}"


def _named(period: date, grain: str) -> str:
    return f"{period:%b %Y}" if grain == "month" else f"{period}"


def _next(rows: Sequence[Row], grain: str, money: Callable[[float], str]) -> str:
    first = next((row for row in rows if row["is_champion"]), None)
    return _forecast_text(first, grain, money) if first else ""


def _errors(found: Sequence[Row], suffix: str, champion: str) -> list[Estimated]:
    return [
        Estimated(method, row["value"], row["low"], row["high"], f"{row['value']:.2f}", is_main=method == champion)
        for row in found
        if row["metric"] == "mase" and row["value"] is not None and (method := _method(row["rival"], suffix))
    ]


def _rivals(found: Sequence[Row], suffix: str) -> list[Rival]:
    """The methods of this grain with their measured results, the smallest error first."""
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(found, key=lambda row: row["metric"] != "mase"):
        if row["value"] is None or not (method := _method(row["rival"], suffix)):
            continue
        interval = row["low"] is not None
        if row["metric"] == "mase":
            values[method]["mase"] = f"{row['value']:.2f}" + (f" ({row['low']:.2f} to {row['high']:.2f})" if interval else "")
        else:
            bounds = f" ({percent(row['low'])} to {percent(row['high'])})" if interval else ""
            values[method]["coverage"] = percent(row["value"]) + bounds
    return [Rival(method, one.get("mase", ""), one.get("coverage", "")) for method, one in values.items()]


def _method(rival: str, suffix: str) -> str:
    """The method of a rival of this grain such as "naive by month"; empty for another grain."""
    return rival.removesuffix(suffix) if rival.endswith(suffix) else ""
