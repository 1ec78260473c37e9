"""Net sales by day as a calendar: a block for each month with a cell for each day, the darker the more was sold.

Here: which days, their places and their levels. The levels are fifths of the days with sales, so that one extraordinary day
does not leave the others pale. Not here: markup and colours (templates/charts/sales_calendar.html.jinja).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from ecom_lake.publish.dashboard.breakdowns import conditions_of, lines_of, money, over_served
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.scope import why_of_span
from ecom_lake.publish.dashboard.span import Month, Span, shifted, with_months_before
from ecom_lake.publish.dashboard.view import View
from ecom_lake.shop import vocabulary

LEVELS = 5
LEAST_MONTHS, MOST_MONTHS = 12, 36
"""The chosen months with those before them, up to a year, and at most three years."""


@dataclass(frozen=True)
class Day:
    column: int
    """The weekday: 0 is Monday."""
    row: int
    """The week of the month."""
    level: int
    """0 for a day without sales, LEVELS for the best fifth."""
    text: str


@dataclass(frozen=True)
class MonthBlock:
    month: date
    total: str
    is_complete: bool
    is_chosen: bool
    url: str
    days: Sequence[Day]


@dataclass(frozen=True)
class SalesCalendar:
    months: Sequence[MonthBlock]
    bounds: Sequence[str]
    """The least sales of a day on each level from 1 on."""
    best: str
    """The day with the most sales in the chosen months, in a sentence."""
    is_cut: bool
    """Whether the chosen months are more than it shows."""
    why: Why


def sales_calendar(view: View) -> SalesCalendar | None:
    """None for a shop without days."""
    if view.span is None or not view.release.has("kpi_daily"):
        return None
    span = with_months_before(view.span, view.months, LEAST_MONTHS, MOST_MONTHS)
    query = _query(view, span)
    sales = {row["date"]: row["net_sales"] for row in view.release.rows(query)}
    if not any(sales.values()):
        return None
    shown = [month for month in view.months if span.first <= month.month <= span.last]
    bounds = level_bounds([amount for amount in sales.values() if amount > 0])
    return SalesCalendar(
        [_block(view, month, sales, bounds) for month in shown],
        [money(view)(bound) for bound in bounds],
        _best(sales, view.span, money(view)),
        view.span.months > MOST_MONTHS,
        why_of_span(view, span, vocabulary.net_sales.meaning, query, "kpi_daily" if not view.filters.members else "fct_sales"),
    )


def level_bounds(amounts: Sequence[Decimal]) -> list[Decimal]:
    """The least amount of each level from 1 to LEVELS: the bounds of the fifths."""
    ordered = sorted(amounts)
    return [ordered[len(ordered) * level // LEVELS] for level in range(LEVELS)]


def level_of(amount: Decimal, bounds: Sequence[Decimal]) -> int:
    """The highest level whose bound the amount reaches; 0 without sales."""
    return sum(amount >= bound for bound in bounds) if amount > 0 else 0


def days_of(month: date) -> list[date]:
    return [month + timedelta(days=number) for number in range(monthrange(month.year, month.month)[1])]


def _query(view: View, shown: Span) -> Query:
    if not view.filters.members:
        sql = """select date, net_sales
from kpi_daily
where date_trunc('month', date) between $first and $last
order by date"""
        return Query(sql, {"first": shown.first, "last": shown.last})
    conditions, values = conditions_of(view, shown)
    sql = f"""select s.order_date as date, sum(s.net_sales) as net_sales
from ({lines_of(view)}) as s
where {conditions}
group by s.order_date
order by s.order_date"""
    return Query(sql, values, over_served(view, sql))


def _block(view: View, month: Month, sales: Mapping[date, Decimal], bounds: Sequence[Decimal]) -> MonthBlock:
    days = days_of(month.month)
    total = sum((sales.get(day, Decimal(0)) for day in days), Decimal(0))
    assert view.span is not None
    return MonthBlock(
        month.month,
        money(view)(total),
        month.is_complete,
        view.span.first <= month.month <= view.span.last,
        view.month_url(month.month),
        [_day(day, sales.get(day, Decimal(0)), bounds, money(view)) for day in days],
    )


def _day(day: date, amount: Decimal, bounds: Sequence[Decimal], text: Callable[[Decimal], str]) -> Day:
    week = (day.day - 1 + day.replace(day=1).weekday()) // 7
    return Day(day.weekday(), week, level_of(amount, bounds), f"{day:%a} {day}: {text(amount)}")


def _best(sales: Mapping[date, Decimal], span: Span, text: Callable[[Decimal], str]) -> str:
    chosen = {day: amount for month in range(span.months) for day in days_of(shifted(span.first, month))
              if (amount := sales.get(day, Decimal(0))) > 0}  # fmt: skip
    if not chosen:
        return "No day of the chosen months has sales."
    day = max(chosen, key=lambda day: (chosen[day], day))
    times = f", {chosen[day] / middle:.1f} times the median day" if (middle := Decimal(median(chosen.values()))) else ""
    return f"Best day: {day:%A} {day}, {text(chosen[day])}{times}."
