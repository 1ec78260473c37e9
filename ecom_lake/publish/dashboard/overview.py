"""The first page: what the shop sold, what is expected, where, to whom, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecom_lake.publish.dashboard import plans
from ecom_lake.publish.dashboard.breakdowns import (
    Bar,
    axis_money,
    bars,
    conditions_of,
    members_query,
    money,
    over_served,
    products,
    products_query,
    source,
)
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scatter import Scatter, scatter
from ecom_lake.publish.dashboard.scope import why_of_history, why_of_span
from ecom_lake.publish.dashboard.span import Span, with_months_before
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.month_chart import Forecast, MonthChart, Point, month_chart
from ecom_lake.shop import vocabulary

CONTEXT = 24
"""Months that the trend shows at least."""
_NET_SALES = vocabulary.KPIS["net_sales"].column.meaning
_FORECAST = Query(
    "select period, method, forecast, low_80, high_80 from sales_forecast"
    " where series = 'total' and grain = 'month' and is_champion order by period"
)
_FORECAST_IS = " The forecast is not among these rows: it is from sales_forecast, with evidence of its own on the page Outlook."
_VERDICT = Query("select status, reason, champion, baseline from model_cards where model = 'sales_forecast'")
_SCATTER = Query("select segment, recency_from, recency_to, spend_from, spend_to, customers from segment_scatter")
_INSIGHTS = Query(
    "select statement, reason, action, owner, caveat, money_at_stake from insights where status = 'shown' order by rank limit 6"
)


@dataclass(frozen=True)
class Overview:
    figures: Sequence[Figure]
    trend: MonthChart | None
    why_no_trend: str
    """Why there is no trend; empty if there is one."""
    forecast_note: Row | None
    categories: Sequence[Bar]
    states: Sequence[Bar]
    segments: Sequence[Bar]
    products: Sequence[Bar]
    scatter: Scatter | None
    targets: Sequence[plans.Target]
    insights: Sequence[Row]
    why: Mapping[str, Why]
    """The evidence of each chart, by the name of its field."""


def overview(view: View) -> Overview:
    trend = _trend(view)
    return Overview(
        figures(view),
        trend,
        "" if trend else view.release.absent.get("kpi_monthly", "No order of these months matches the filters."),
        _verdict(view),
        bars(view, "category"),
        bars(view, "state"),
        bars(view, "segment"),
        products(view),
        scatter(view.release.rows(_SCATTER), money(view)) if view.release.has("segment_scatter") else None,
        plans.targets(view),
        view.release.rows(_INSIGHTS) if view.release.has("insights") else (),
        dict(_evidence(view)),
    )


def _evidence(view: View) -> Iterator[tuple[str, Why]]:
    if view.span:
        shown = with_months_before(view.span, view.months, CONTEXT)
        definition = f"Net sales of each month: {_NET_SALES}{_FORECAST_IS if _forecast(view) else ''}"
        yield "trend", why_of_span(view, shown, definition, _trend_query(view, shown), "sales_cube")
    for name, dimension in (("categories", "category"), ("segments", "segment"), ("states", "state")):
        definition, query = f"Net sales of each {dimension}: {_NET_SALES}", members_query(view, dimension)
        yield name, why_of_span(view, view.span, definition, query, "sales_cube", without=dimension)
    definition = f"Net sales of the ten largest products: {_NET_SALES}"
    yield "products", why_of_span(view, view.span, definition, products_query(view), "fct_sales", without="product")
    if view.release.has("segment_scatter"):
        definition = view.release.site.registry.table("segment_scatter").grain
        yield "scatter", why_of_history(view, definition, _SCATTER, "segment_scatter")


def _trend(view: View) -> MonthChart | None:
    """Net sales by month, with the months before the chosen ones; the forecast follows where the whole shop is shown."""
    if view.span is None:
        return None
    rows = view.release.rows(_trend_query(view, with_months_before(view.span, view.months, CONTEXT)))
    points = [Point(row["month"], float(row["net_sales"]), row["is_complete"]) for row in rows]
    if not points:
        return None
    return month_chart(
        "Net sales by month",
        "bars",
        points,
        money(view),
        axis_money(view),
        forecast=_forecast(view),
        targets=plans.targets_on_the_trend(view),
        events=plans.events_on_the_trend(view),
    )


def _trend_query(view: View, shown: Span) -> Query:
    """The months from the first one with sales on: a month without sales is a row too."""
    conditions, values = conditions_of(view, shown)
    sql = f"""with sold as (
    select s.month, sum(s.net_sales) as net_sales
    from {source(view)}
    where {conditions}
    group by s.month
)
select m.month, m.is_complete, coalesce(s.net_sales, 0) as net_sales
from kpi_monthly as m
left join sold as s on s.month = m.month
where m.month between (select min(month) from sold) and $last
order by m.month"""
    return Query(sql, values, over_served(view, sql))


def _forecast(view: View) -> Sequence[Forecast]:
    ends = [one.month for one in view.months if one.is_complete]
    shows_all = not view.filters.members and view.span is not None and bool(ends) and view.span.last >= ends[-1]
    if not shows_all or not view.release.has("sales_forecast"):
        return ()
    return [
        Forecast(row["period"], float(row["forecast"]), _number(row["low_80"]), _number(row["high_80"]))
        for row in view.release.rows(_FORECAST)
    ]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _verdict(view: View) -> Row | None:
    if not view.release.has("model_cards"):
        return None
    return next(iter(view.release.rows(_VERDICT)), None)
