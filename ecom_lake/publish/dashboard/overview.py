"""The first page: what the shop sold, what is expected, where, to whom, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scatter import Scatter, scatter
from ecom_lake.publish.dashboard.span import Span, shifted
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.month_chart import Forecast, MonthChart, Point, month_chart
from ecom_lake.publish.pages.rendering import amount

TOP = 10
CONTEXT = 24
"""Months that the trend shows at least."""
_FORECAST = Query(
    "select period, method, forecast, low_80, high_80 from sales_forecast"
    " where series = 'total' and grain = 'month' and is_champion order by period"
)
_VERDICT = Query("select status, reason, champion, baseline from model_cards where model = 'sales_forecast'")
_SCATTER = Query("select segment, recency_from, recency_to, spend_from, spend_to, customers from segment_scatter")
_INSIGHTS = Query(
    "select statement, reason, action, owner, caveat, money_at_stake from insights where status = 'shown' order by rank limit 6"
)


@dataclass(frozen=True)
class Bar:
    member: str
    value: str
    width: float
    """Percent of the longest bar."""
    share: float | None
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Overview:
    figures: Sequence[Figure]
    trend: MonthChart | None
    forecast_note: Row | None
    categories: Sequence[Bar]
    states: Sequence[Bar]
    segments: Sequence[Bar]
    products: Sequence[Bar]
    scatter: Scatter | None
    insights: Sequence[Row]


def overview(view: View) -> Overview:
    return Overview(
        figures(view),
        _trend(view),
        _verdict(view),
        _bars(view, "category"),
        _bars(view, "state"),
        _bars(view, "segment"),
        _products(view),
        scatter(view.release.rows(_SCATTER), _money(view)) if view.release.has("segment_scatter") else None,
        view.release.rows(_INSIGHTS) if view.release.has("insights") else (),
    )


def _money(view: View) -> Any:
    return partial(amount, currency=view.release.currency)


def _trend(view: View) -> MonthChart | None:
    """Net sales by month, with the months before the chosen ones; the forecast follows where the whole shop is shown."""
    if view.span is None:
        return None
    shown = Span(min(view.span.first, shifted(view.span.last, 1 - CONTEXT)), view.span.last)
    conditions, values = _conditions(view, shown)
    sql = f"""select s.month, sum(s.net_sales) as net_sales
from {_source(view)}
where {conditions}
group by s.month
order by s.month"""
    complete = {one.month: one.is_complete for one in view.months}
    rows = view.release.rows(Query(sql, values))
    points = [Point(row["month"], float(row["net_sales"]), complete[row["month"]]) for row in rows]
    return month_chart("Net sales by month", "bars", points, _money(view), forecast=_forecast(view)) if points else None


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


def _bars(view: View, dimension: str) -> Sequence[Bar]:
    """Net sales by the members of a dimension. A filter by the dimension itself marks its member and does not hide the others."""
    if view.span is None or not view.release.has("sales_cube"):
        return ()
    conditions, values = _conditions(view, view.span, without=dimension)
    sql = f"""select {dimension} as member, sum(net_sales) as net_sales
from {_source(view)}
where {conditions}
group by {dimension}
order by sum(net_sales) desc, {dimension}"""
    chosen = view.filters.members.get(dimension)
    rows = view.release.rows(Query(sql, values))
    total = float(sum(row["net_sales"] for row in rows)) or None
    largest = max((float(row["net_sales"]) for row in rows), default=0.0) or 1.0
    kept = [row for i, row in enumerate(rows) if i < TOP or row["member"] == chosen]
    return [
        Bar(
            row["member"],
            _money(view)(row["net_sales"]),
            round(100 * float(row["net_sales"]) / largest, 2),
            float(row["net_sales"]) / total if total else None,
            view.toggled(dimension, row["member"]),
            row["member"] == chosen,
        )
        for row in kept
    ]


def _products(view: View) -> Sequence[Bar]:
    if view.span is None or not view.release.has("fct_sales"):
        return ()
    conditions, values = _conditions(view, view.span, without="product")
    sql = f"""select s.product_id as product, max(coalesce(p.name, s.category)) as member, sum(s.net_sales) as net_sales
from ({_LINES}) as s
join dim_product as p on p.product_id = s.product_id
where {conditions}
group by s.product_id
order by sum(s.net_sales) desc, s.product_id
limit {TOP}"""
    rows = view.release.rows(Query(sql, values))
    largest = max((float(row["net_sales"]) for row in rows), default=0.0) or 1.0
    chosen = view.filters.members.get("product")
    return [
        Bar(
            f"{row['member']} · {row['product'][:8]}",
            _money(view)(row["net_sales"]),
            round(100 * float(row["net_sales"]) / largest, 2),
            None,
            view.toggled("product", row["product"]),
            row["product"] == chosen,
        )
        for row in rows
    ]


_LINES = """select l.month, l.product_id, l.category, coalesce(l.state, 'unknown') as state,
    case when l.customer_id is null then 'anonymous' else coalesce(g.segment, 'not scored') end as segment, l.net_sales
from fct_sales as l
left join customer_segments as g on g.customer_id = l.customer_id
where l.is_valid"""


def _source(view: View) -> str:
    """The cube, except for a filter by product, which it does not have."""
    return f"({_LINES}) as s" if view.filters.members.get("product") else "sales_cube as s"


def _conditions(view: View, span: Span, without: str = "") -> tuple[str, dict[str, Any]]:
    columns = {"product": "s.product_id", "category": "s.category", "state": "s.state", "segment": "s.segment"}
    members = {name: member for name, member in view.filters.members.items() if name != without}
    conditions = ["s.month between $first and $last", *(f"{columns[name]} = ${name}" for name in members)]
    return " and ".join(conditions), {"first": span.first, "last": span.last, **members}
