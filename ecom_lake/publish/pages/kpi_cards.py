"""The KPI cards of the report: the value of a month, its changes, and a sparkline of the last 13 months.

A change is from the prior calendar month and from the same month of the prior year, and only between complete months. Shares
change in percentage points, everything else in percent. Not here: how a card looks (report.html.jinja).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ecom_lake.publish.pages.rendering import amount, percent

Unit = Literal["money", "exact money", "count", "share", "score"]
Row = Mapping[str, Any]
_SPARKLINE_MONTHS = 13
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_EDGE = 100.0, 30.0, 2.0


@dataclass(frozen=True)
class Kpi:
    name: str
    """The column of kpi_monthly, and the metric of kpi_summary."""
    label: str
    unit: Unit
    better: Literal["up", "down", "neither"] = "up"


KPIS = (
    Kpi("net_sales", "Net sales", "money"),
    Kpi("gross_profit", "Gross profit", "money"),
    Kpi("orders", "Orders", "count"),
    Kpi("customers", "Customers", "count"),
    Kpi("aov", "Average order value", "exact money"),
    Kpi("repeat_purchase_rate", "Repeat purchase rate", "share"),
    Kpi("late_rate", "Delivered late", "share", "down"),
    Kpi("return_rate", "Return rate", "share", "down"),
    Kpi("cancel_rate", "Cancellation rate", "share", "down"),
    Kpi("avg_review", "Review score (of 5)", "score"),
)


@dataclass(frozen=True)
class Change:
    since: date
    """The month that is compared with."""
    text: str | None
    """Such as +3.0%; None where that month is not known, not complete or not above 0."""
    tone: Literal["good", "bad", ""]


@dataclass(frozen=True)
class Card:
    name: str
    label: str
    value: str
    changes: Sequence[Change]
    sparkline: str
    """The points of an SVG polyline; empty where fewer than two months are known."""


def monthly_cards(months: Sequence[Row], currency: str | None) -> list[Card]:
    """The cards of the last complete month; a KPI that the shop does not have gets none."""
    complete = {row["month"]: row for row in months if row["is_complete"]}
    if not complete:
        return []
    last = max(complete)
    window = [_months_before(last, back) for back in range(_SPARKLINE_MONTHS - 1, -1, -1)]
    return [
        Card(
            kpi.name,
            kpi.label,
            formatted(complete[last][kpi.name], kpi.unit, currency),
            [_change(kpi, complete, last, before) for before in (_months_before(last, 1), _months_before(last, 12))],
            sparkline([complete[month][kpi.name] if month in complete else None for month in window]),
        )
        for kpi in KPIS
        if complete[last][kpi.name] is not None
    ]


def total_cards(summary: Mapping[str, Any], currency: str | None) -> list[Card]:
    """The cards of all orders to date, for a shop without a complete month."""
    known = [kpi for kpi in KPIS if summary.get(kpi.name) is not None]
    return [Card(kpi.name, kpi.label, formatted(summary[kpi.name], kpi.unit, currency), (), "") for kpi in known]


def formatted(value: Any, unit: Unit, currency: str | None) -> str:
    if unit in ("money", "exact money"):
        return amount(value, 2 if unit == "exact money" else 0, currency=currency)
    if unit == "share":
        return percent(value)
    return f"{value:,.0f}" if unit == "count" else f"{value:.2f}"


def change_text(now: Any, before: Any, unit: Unit) -> str | None:
    """+3.0%, or +2.8 pp for a share; None where one is not known, and in percent where `before` is not above 0."""
    if now is None or before is None:
        return None
    if unit == "share":
        return f"{round(100 * (float(now) - float(before)), 1) + 0.0:+.1f} pp"
    if before <= 0:
        return None
    return f"{round(100 * (float(now) / float(before) - 1), 1) + 0.0:+,.1f}%"


def _change(kpi: Kpi, complete: Mapping[date, Row], last: date, before: date) -> Change:
    now, then = complete[last][kpi.name], complete[before][kpi.name] if before in complete else None
    text = change_text(now, then, kpi.unit)
    if text is None or kpi.better == "neither" or not text.split()[0].strip("+-0.%"):
        return Change(before, text, "")
    return Change(before, text, "good" if (text[0] == "+") == (kpi.better == "up") else "bad")


def _months_before(month: date, count: int) -> date:
    number = 12 * month.year + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def sparkline(values: Sequence[Any]) -> str:
    known = [(position, float(value)) for position, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = _SPARK_WIDTH / (len(values) - 1)
    room = _SPARK_HEIGHT - 2 * _SPARK_EDGE
    points = [(position * step, _SPARK_EDGE + room * (1 - (value - low) / ((high - low) or 1))) for position, value in known]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
