"""The breakdown explorer: a measure by the members of any dimension, in any months, and the months of one member.

Every choice is a link: the dimension, the measure, the years and months, the member. Not here: the SQL (breakdown_query.py).
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from ecom_lake.engine.serve.csv_text import write_csv
from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, change_tone, widths
from ecom_lake.publish.dashboard.breakdown_query import (
    MEASURES,
    members_query,
    months_query,
    one_period,
    reads_lines,
)
from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.filters import DIMENSIONS as FILTERED
from ecom_lake.publish.dashboard.options import Options
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.span import Span, with_months_before
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import Unit, change_text, formatted
from ecom_lake.publish.pages.month_chart import MonthChart, Point, month_chart
from ecom_lake.publish.pages.rendering import axis_amount
from ecom_lake.shop import vocabulary

DIMENSIONS = (
    "category", "product", "brand", "segment", "state", "region", "city", "country", "channel", "payment_method", "seller",
    "status", "weekday", "hour", "discounted", "gender", "age_group", "source_segment", "subscriber",
)  # fmt: skip
OPTIONS: dict[str, Sequence[str]] = {"by": DIMENSIONS, "measure": MEASURES, "member": ()}
MOST = 24
"""Members that the page shows; the CSV has all of them."""
CONTEXT = 24
"""Months that the chart of one member shows at least."""
_LABELS: dict[str, tuple[str, Unit]] = {
    "net_sales": ("Net sales", "money"),
    "orders": ("Orders", "count"),
    "units": ("Units", "count"),
    "aov": ("Average order value", "exact money"),
    "customers": ("Customers", "count"),
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BY_NAME = ("hour", "age_group")
"""Dimensions whose members have an order of their own, which is that of their names."""
_CSV = ("member", "label", *MEASURES, "share", "before")


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Explorer:
    by: str
    """The dimension that is shown."""
    dimensions: Sequence[Link]
    periods: Sequence[Link]
    """The whole history, its years, and the months of the chosen year."""
    table: BarTable | None
    absent: str
    """Why there is no table; empty if there is one."""
    member: str | None
    months: MonthChart | None
    """The measure of the chosen member by month."""
    member_url: str
    """The same page without the chosen member."""
    window: str
    """The months, and the filters that act on the table."""
    filters: bool
    """Whether a click on a member filters the page."""
    is_filtered: bool
    """Whether all filters act on it, except the one by the dimension itself, which marks its member."""
    has_customers: bool
    csv_url: str
    why: Why | None


def explorer(view: View) -> Explorer:
    known, measure = _dimensions(view), view.options["measure"]
    by = shown_dimension(view.options, known)
    links = [Link(one.replace("_", " "), view.with_options({"by": one, "member": ""}), one == by) for one in known]
    others = view.filters.members.keys() - {by}
    is_filtered = reads_lines(view, by) or not others
    csv_url = view.file_url("breakdown.csv")
    if by not in known:
        absent = f"The shop states no {by.replace('_', ' ')}."
        return Explorer(
            by, links, _periods(view), None, absent, None, None, "", "", by in FILTERED, is_filtered, True, csv_url, None
        )
    chosen = _chosen(view, by)
    query = members_query(view, by, measure, chosen, MOST)
    rows = _in_order(by, view.release.rows(query))
    table = _table(view, by, measure, chosen, rows) if rows else None
    window = _window(view, others if is_filtered else ())
    tables = "fct_sales" if reads_lines(view, by) else "kpi_breakdown"
    evidence = replace(why(view, getattr(vocabulary, measure).meaning, query, tables), window=window)
    return Explorer(
        by,
        links,
        _periods(view),
        table,
        "" if rows else "No order of these months matches the filters.",
        next((row["label"] for row in rows if row["member"] == chosen), None),
        _months(view, by, measure, chosen) if rows and chosen else None,
        _member_url(view, by, chosen, chosen),
        window,
        by in FILTERED,
        is_filtered,
        reads_lines(view, by) or view.span is None or one_period(view, view.span) is not None,
        csv_url,
        evidence,
    )


def breakdown_csv(view: View) -> str:
    """All members, with all measures."""
    text = io.StringIO()
    known = _dimensions(view)
    by = shown_dimension(view.options, known)
    rows = view.release.rows(members_query(view, by, view.options["measure"], "", None)) if by in known else ()
    write_csv(text, _CSV, [[row[name] for name in _CSV] for row in rows])
    return text.getvalue()


def shown_dimension(options: Options, known: Sequence[str]) -> str:
    """The dimension that was asked for; without any, the default one, or the first that the shop states."""
    is_asked = "by" in (options.given or {})
    return options["by"] if is_asked or options["by"] in known or not known else known[0]


def _dimensions(view: View) -> list[str]:
    """Those that the shop knows."""
    release = view.release
    if release.has("kpi_breakdown"):
        known = {row["dimension"] for row in release.rows(Query("select distinct dimension from kpi_breakdown"))}
    else:
        counts = ", ".join(f"count({name}) as {name}" for name in ("brand", "state", "region", "channel"))
        [row] = release.rows(Query(f"select {counts} from fct_sales where is_valid"))
        known = {"category", "product", "status", *(name for name, rows in row.items() if rows)}
    if release.has("customer_segments"):
        known.add("segment")
    return [name for name in DIMENSIONS if name in known]


def _window(view: View, filtered: Collection[str]) -> str:
    members = [f"{name} {view.filters.members[name]}" for name in FILTERED if name in filtered]
    return ", ".join([view.span.text if view.span else "all orders", *(members or ["the whole shop"])])


def _periods(view: View) -> list[Link]:
    months = [month.month for month in view.months]
    if not months or view.span is None:
        return []
    years = {year: [month for month in months if month.year == year] for year in range(months[0].year, months[-1].year + 1)}
    spans = [("Whole history", Span(months[0], months[-1])), *((str(year), Span(of[0], of[-1])) for year, of in years.items())]
    if view.span.first.year == view.span.last.year:
        spans += [(f"{month:%b}", Span(month, month)) for month in years[view.span.first.year]]
    return [Link(text, view.span_url(span), span == view.span) for text, span in spans]


def _chosen(view: View, by: str) -> str:
    return view.filters.members.get(by, "") if by in FILTERED else view.options["member"]


def _member_url(view: View, by: str, member: str, chosen: str) -> str:
    """The page with this member chosen, or without it where it is the chosen one."""
    if by in FILTERED:
        return view.toggled(by, member) if member else ""
    return view.with_option("member", "" if member == chosen else member)


def _in_order(by: str, rows: Sequence[Row]) -> Sequence[Row]:
    if by == "weekday":
        return sorted(rows, key=lambda row: _WEEKDAYS.index(row["member"]) if row["member"] in _WEEKDAYS else len(_WEEKDAYS))
    return sorted(rows, key=lambda row: str(row["member"])) if by in _BY_NAME else rows


def _table(view: View, by: str, measure: str, chosen: str, rows: Sequence[Row]) -> BarTable:
    known = [name for name in MEASURES if name == measure or any(row[name] is not None for row in rows)]
    headings = [Heading(_LABELS[name][0], view.with_option("measure", name), name == measure) for name in known]
    change = [Heading(f"vs {view.before.text}")] if view.before else []
    bars = widths([row[measure] for row in rows])
    return BarTable(
        by.replace("_", " "),
        [*headings, Heading("Share of net sales"), *change],
        [_row(view, by, known, measure, chosen, row, width) for row, width in zip(rows, bars, strict=True)],
        rows[0]["members"] - len(rows),
    )


def _row(view: View, by: str, known: Sequence[str], measure: str, chosen: str, row: Row, width: float) -> BarRow:
    """`known`: the measures that are shown."""
    cells = [Cell(_text(view, name, row[name]), "chosen" if name == measure else "") for name in known]
    cells.append(Cell(_share(row["share"])))
    if view.before:
        change = change_text(row[measure], row["before"], _LABELS[measure][1])
        cells.append(Cell(change or UNKNOWN, change_tone(change)))
    return BarRow(row["label"], width, cells, _member_url(view, by, row["member"], chosen), row["member"] == chosen)


def _share(share: Any) -> str:
    return UNKNOWN if share is None else formatted(share, "share", None)


def _text(view: View, measure: str, value: Any) -> str:
    return UNKNOWN if value is None else formatted(value, _LABELS[measure][1], view.release.currency)


def _months(view: View, by: str, measure: str, member: str) -> MonthChart | None:
    """The months of a member, with those before the chosen ones; without those of its first and last sale outside them."""
    if view.span is None:
        return None
    span = with_months_before(view.span, view.months, CONTEXT)
    rows = view.release.rows(months_query(view, by, member, span))
    found = {row["month"]: None if row[measure] is None else float(row[measure]) for row in rows}
    if not found:
        return None
    first: date = min(found)
    label, unit = _LABELS[measure]
    empty = 0.0 if measure != "aov" else None
    points = [
        Point(one.month, found.get(one.month, empty), one.is_complete) for one in view.months if first <= one.month <= span.last
    ]
    tick = partial(axis_amount, currency=view.release.currency if unit == "money" else None)
    return month_chart(f"{label} by month", "bars", points, lambda value: formatted(value, unit, view.release.currency), tick)
