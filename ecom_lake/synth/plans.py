"""What a full shop planned and noted: targets of its months, and the Black Fridays of its calendar.

The targets need no truths: they are round numbers, and whether a month met them follows from its orders and net sales.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from ecom_lake.synth.seasons import Month
from ecom_lake.synth.write import Table

TARGETS = Table("targets.csv", ("month", "kpi", "target"), frozenset())
EVENTS = Table("events.csv", ("event_date", "event", "ends_on", "note"), frozenset({"event", "note"}))
_ORDER_VALUE = 160
"""Net sales per order that the shop aims at; about what its orders are worth."""
_LATE = "0.08"


def target_rows(months: Sequence[Month]) -> pl.DataFrame:
    """Each month's orders, net sales and late rate."""
    wanted = [
        (month.name, kpi, value)
        for month in months
        for kpi, value in (("orders", str(month.orders)), ("net_sales", str(month.orders * _ORDER_VALUE)), ("late_rate", _LATE))
    ]
    return pl.DataFrame(wanted, schema=list(TARGETS.columns), orient="row")


def event_rows(months: Sequence[Month]) -> pl.DataFrame:
    """The opening of the shop, and a weekend from each Black Friday on."""
    opening = date.fromisoformat(f"{months[0].name}-01")
    noted = [(opening, "Opening", "", "The first day of the shop.")]
    for month in months:
        if month.calendar == 10:
            friday = _last_friday(date.fromisoformat(f"{month.name}-30"))
            noted.append((friday, "Black Friday", str(friday + timedelta(days=3)), "Until Monday."))
    return pl.DataFrame([(str(day), *rest) for day, *rest in noted], schema=list(EVENTS.columns), orient="row")


def _last_friday(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 4) % 7)
