"""The orders of a customer in time: a dot for each, the higher the larger its net sales; in percent of the plot.

Here: positions. Not here: markup and colours (templates/charts/timeline.html.jinja).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ecom_lake.publish.dashboard.span import shifted
from ecom_lake.publish.pages.month_chart import Tick
from ecom_lake.publish.pages.scale import round_values

Look = Literal["on-time", "late", "other", "not-valid"]
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_LABELS = 7
_MARGIN = 4.0


@dataclass(frozen=True)
class Order:
    day: date
    net_sales: float
    look: Look
    text: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    look: Look
    text: str


@dataclass(frozen=True)
class Timeline:
    dots: Sequence[Dot]
    months: Sequence[Tick]
    amounts: Sequence[Tick]
    looks: Sequence[Look]
    """Those that occur, for the legend."""


def timeline(orders: Sequence[Order], last: date, number: Callable[[float], str]) -> Timeline | None:
    """From the month of the first order to `last`; None without an order that has a day."""
    if not orders:
        return None
    first = min(order.day for order in orders).replace(day=1)
    end = shifted(max(last, *(order.day for order in orders)).replace(day=1), 1)
    days = (end - first).days
    highest = max(0.0, *(order.net_sales for order in orders)) * 1.12 or 1.0

    def across(day: date) -> float:
        return round(_MARGIN + (100 - 2 * _MARGIN) * (day - first).days / days, 2)

    def upwards(amount: float) -> float:
        return round(100 - 100 * max(amount, 0.0) / highest, 2)

    months = (end.year - first.year) * 12 + end.month - first.month
    step = next((step for step in _STEPS if months / step <= _LABELS), _STEPS[-1])
    starts = [shifted(first, i) for i in range(0, months, step)]
    return Timeline(
        [Dot(across(order.day), upwards(order.net_sales), order.look, order.text) for order in orders],
        [Tick(across(month), f"{month:%b %Y}") for month in starts],
        [Tick(upwards(amount), number(amount)) for amount in round_values(0.0, highest)],
        sorted({order.look for order in orders}),
    )
