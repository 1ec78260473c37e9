"""When customers order again: the share with a second purchase by day, and the days between purchases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.curves import Axis, Curves, Series, curves
from ecom_lake.publish.dashboard.customers.as_of import rows_of, why_of
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

DAYS = (30, 90, 180, 365)
"""Days at which the share is printed."""
POINTS = 150
"""Points of a curve at most: more cannot be seen."""
_SECOND = Query("select day, at_risk, survival, ci_low, ci_high from second_order_curve order by day")
_GAPS = Query("select percentile, purchase_gap_days from order_gaps where purchase_gap_days is not null order by percentile")


@dataclass(frozen=True)
class ByDay:
    day: int
    share: str
    interval: str


@dataclass(frozen=True)
class Repeat:
    second: Curves | None
    by_day: Sequence[ByDay]
    second_why: Why
    gaps: Curves | None
    median: str
    gaps_why: Why


def repeat(view: View) -> Repeat:
    days = rows_of(view, "second_order_curve", _SECOND)
    gaps = rows_of(view, "order_gaps", _GAPS)
    median = next((f"{row['purchase_gap_days']:,.0f}" for row in gaps if row["percentile"] == 50), "")
    return Repeat(
        _second(days),
        [_by_day(row) for row in days if row["day"] in DAYS],
        why_of(view, "second_order_curve", _SECOND),
        _gaps(gaps),
        median,
        why_of(view, "order_gaps", _GAPS),
    )


def _second(days: Sequence[Row]) -> Curves | None:
    shown = [row for i, row in enumerate(days) if i % (len(days) // POINTS + 1) == 0 or row["day"] in DAYS or i == len(days) - 1]
    marks = [(float(row["day"]), 1 - row["survival"], _sentence(row)) for row in shown if row["day"] in DAYS]
    band = [(float(row["day"]), 1 - row["ci_high"], 1 - row["ci_low"]) for row in shown if row["ci_low"] is not None]
    line = Series([(float(row["day"]), 1 - row["survival"]) for row in shown], "main", "", "", band, marks)
    x = Axis("Days since the first purchase", "{:,.0f}".format, 0)
    return curves("Share of customers with a second purchase", [line], x, Axis("Have purchased again", _share_tick, 0))


def _by_day(row: Row) -> ByDay:
    known = row["ci_low"] is not None
    interval = f"{percent(1 - row['ci_high'])} to {percent(1 - row['ci_low'])}" if known else ""
    return ByDay(row["day"], percent(1 - row["survival"]), interval)


def _sentence(row: Row) -> str:
    one = _by_day(row)
    return f"By day {one.day}: {one.share} have purchased again" + (f" (95% interval {one.interval})" if one.interval else "")


def _share_tick(share: float) -> str:
    return f"{100 * share:g}%"


def _gaps(gaps: Sequence[Row]) -> Curves | None:
    """How many of the repeat purchases came within so many days."""
    points = [(float(row["purchase_gap_days"]), row["percentile"] / 100) for row in gaps]
    marks = [
        (
            float(row["purchase_gap_days"]),
            row["percentile"] / 100,
            f"{row['percentile']}% within {row['purchase_gap_days']:,.0f} days",
        )
        for row in gaps
        if row["percentile"] in (25, 50, 75, 90)
    ]
    x = Axis("Days since the previous purchase", "{:,.0f}".format, 0)
    y = Axis("Share of repeat purchases", _share_tick, 0, 1, (0, 0.25, 0.5, 0.75, 1))
    return curves("Days between purchases", [Series(points, "main", marks=marks)], x, y)
