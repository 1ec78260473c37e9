"""The targets and the events of a shop: on the trend of net sales, and as a list of what was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages import month_chart
from ecom_lake.publish.pages.kpi_cards import KPIS, Kpi, formatted

LATEST = 12
"""Targets that the page lists."""
_TARGETS = Query(
    "select month, kpi, target, reached, expected_so_far, attainment, status from target_progress"
    " where status <> 'unknown' order by month desc, kpi"
)
_TREND = Query("select month, target from target_progress where kpi = 'net_sales' order by month")
_EVENTS = Query("select month, event_date, last_day, event from shop_events order by event_date, event")
_KPIS = {kpi.name: kpi for kpi in (*KPIS, Kpi("units", "Units", "count"), Kpi("new_customers", "New customers", "count"))}
_TONES: dict[str, Literal["good", "bad"]] = {"met": "good", "on_track": "good", "missed": "bad", "off_track": "bad"}


@dataclass(frozen=True)
class Target:
    month: str
    kpi: str
    target: str
    reached: str
    expected_so_far: str
    attainment: str
    status: str
    tone: Literal["good", "bad"]


def targets(view: View) -> Sequence[Target]:
    """The latest targets that could be judged, up to the last chosen month."""
    if view.span is None or not view.release.has("target_progress"):
        return ()
    rows = view.release.rows(_TARGETS)
    shown = [row for row in rows if row["month"] <= view.span.last] if view.filters.last else rows
    return [_target(view, row) for row in shown[:LATEST]]


def _target(view: View, row: Row) -> Target:
    kpi = _KPIS[row["kpi"]]

    def text(value: float) -> str:
        return formatted(value, kpi.unit, view.release.currency)

    return Target(
        f"{row['month']:%b %Y}",
        kpi.label,
        text(row["target"]),
        text(row["reached"]),
        text(row["expected_so_far"]),
        "n/a" if row["attainment"] is None else f"{100 * row['attainment']:.1f}%",
        row["status"].replace("_", " "),
        _TONES[row["status"]],
    )


def targets_on_the_trend(view: View) -> Sequence[month_chart.Target]:
    """Net sales; none under a filter by member, which no target has."""
    if view.filters.members or not view.release.has("target_progress"):
        return ()
    return [month_chart.Target(row["month"], float(row["target"])) for row in view.release.rows(_TREND)]


def events_on_the_trend(view: View) -> Sequence[month_chart.Event]:
    if not view.release.has("shop_events"):
        return ()
    return [month_chart.Event(row["month"], _event_text(row)) for row in view.release.rows(_EVENTS)]


def _event_text(row: Row) -> str:
    until = f" to {row['last_day']:%-d %b}" if row["last_day"] != row["event_date"] else ""
    return f"{row['event_date']:%-d %b %Y}{until}: {row['event']}"
