"""Net sales over time as forecasting needs them: whole months in total and by category, and their days.

Here: what is read from the KPI tables, and the sequence of periods. Only complete months up to the shop's as-of date are read,
and only days in those months. Not here: any forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import numpy.typing as npt

from ecom_lake.engine.contracts.sql_file import sql_file

Floats = npt.NDArray[np.float64]

TOTAL, OTHERS = "total", "other categories"
_RECENT_MONTHS, _MOST_CATEGORIES = 12, 100
"""A category has its own series if it sold in each of the last 12 months; at most the 100 largest do."""


def in_cents(values: Floats) -> Floats:
    rounded: Floats = np.round(values, 2)
    return rounded


@dataclass(frozen=True)
class Grain:
    """The length of a period, and the settings that depend on it."""

    name: str
    season: int
    """Periods per season: a year of months, a week of days."""
    seasonal_from: int
    """Two seasons: the fewest periods of a seasonal method."""
    level: int
    """The number of recent periods whose mean is the current level of sales."""
    apart: int
    """Periods between two origins of the backtest."""
    most_origins: int


MONTHS = Grain("month", season=12, seasonal_from=24, level=3, apart=1, most_origins=24)
DAYS = Grain("day", season=7, seasonal_from=14, level=28, apart=7, most_origins=40)


@dataclass(frozen=True)
class Series:
    name: str
    grain: Grain
    first: date
    values: Floats
    completed: int = 0
    """The number of periods at the end whose values are completed: methods are fitted on them, but not tested against them."""

    @property
    def observed(self) -> int:
        return len(self.values) - self.completed

    def period(self, place: int) -> date:
        """The start of the period at a position, counted from 0; the position may lie in the future."""
        if self.grain is DAYS:
            return self.first + timedelta(days=place)
        month = self.first.month - 1 + place
        return date(self.first.year + month // 12, month % 12 + 1, 1)

    def until(self, place: int) -> Series:
        """The series as it was known after so many periods."""
        return Series(self.name, self.grain, self.first, self.values[:place])

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Sales:
    as_of: date | None
    months: Series | None
    days: Series | None
    faded: int
    """Days at the end without full trading, which are left out of `days` (fade_out.py)."""
    categories: tuple[Series, ...]
    """By decreasing sales, `other categories` last; to the cent they add up to the months. Empty where no category is known."""
    running: float = 0.0
    """Sales of the month after `months` so far, where the as-of date lies within it."""


def sales_of(con: duckdb.DuckDBPyConnection) -> Sales:
    [(as_of,)] = con.execute("select as_of from reporting_period").fetchall()
    months = con.execute(sql_file(__file__, "sales_by_month.sql")).fetchall()
    if not months:
        return Sales(as_of, None, None, 0, ())
    total = Series(TOTAL, MONTHS, months[0][0], np.array([float(value) for _, value in months]))
    days = con.execute(sql_file(__file__, "sales_by_day.sql")).fetchall()
    daily = Series(TOTAL, DAYS, days[0][0], np.array([value for _, value in days]))
    running = daily.values[(total.period(len(total)) - daily.first).days :].sum()
    return Sales(as_of, total, daily, 0, _categories(con, total), round(float(running), 2))


def _categories(con: duckdb.DuckDBPyConnection, total: Series) -> tuple[Series, ...]:
    place = {total.period(i): i for i in range(len(total))}
    sold: dict[str, Floats] = {}
    query, last = sql_file(__file__, "category_sales_by_month.sql"), total.period(len(total) - 1)
    for member, month, value in con.execute(query, {"first_month": total.first, "last_month": last}).fetchall():
        sold.setdefault(member, np.zeros(len(total)))[place[month]] = value
    large = sorted(sold, key=lambda name: (-sold[name].sum(), name))
    alone = [name for name in large if name not in (TOTAL, OTHERS) and (sold[name][-_RECENT_MONTHS:] > 0).all()][
        :_MOST_CATEGORIES
    ]
    rest = [sold[name] for name in large if name not in alone]
    named = {name: sold[name] for name in alone} | ({OTHERS: np.sum(rest, axis=0)} if rest else {})
    return tuple(Series(name, MONTHS, total.first, in_cents(values)) for name, values in named.items())
