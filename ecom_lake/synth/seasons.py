"""Order dates: the number of orders by month, and their day and time.

The shop grows fast and then flattens; November is the peak month, and its last Friday (Black Friday) the peak day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecom_lake.synth.arrays import Floats, Ints
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.text import DAY

_OF_YEAR = np.array([1.0, 0.93, 1.0, 0.97, 1.02, 0.92, 0.97, 1.0, 0.97, 1.02, 1.5, 1.15])
_OF_WEEK = np.array([1.15, 1.13, 1.1, 1.05, 1.0, 0.77, 0.8])
_OF_DAY = np.array([36, 18, 8, 4, 3, 3, 8, 20, 46, 73, 93, 100, 92, 99, 100, 98, 101, 94, 88, 91, 95, 94, 88, 62], dtype=float)
_FRIDAY_RUSH, _SATURDAY_AFTER = 5.0, 2.0
_THIN = 0.01


@dataclass(frozen=True)
class Month:
    index: int
    """0 is the first month of the shop."""
    number: int
    """1970-01 is 0."""
    orders: int

    @property
    def name(self) -> str:
        return str(np.datetime64(self.number, "M"))

    @property
    def calendar(self) -> int:
        """January is 0."""
        return self.number % 12

    @property
    def first_day(self) -> int:
        return first_day(self.number)

    @property
    def days(self) -> int:
        return first_day(self.number + 1) - self.first_day


def first_day(month: int) -> int:
    """Days from 1970-01-01 to the first day of the month."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def month_of(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def plan(options: SynthOptions) -> tuple[Month, ...]:
    """The months with their number of orders: at least one each, and the requested number in total."""
    numbers = np.array(options.months)
    weight = (1 - 0.85 * np.exp(-np.arange(len(numbers)) / 7)) * _OF_YEAR[numbers % 12]
    if options.thin_edges:
        weight[[0, -1]] *= _THIN
    orders = 1 + _apportioned(options.orders - len(numbers), weight)
    return tuple(Month(index, int(number), int(count)) for index, (number, count) in enumerate(zip(numbers, orders, strict=True)))


def _apportioned(total: int, weight: Floats) -> Ints:
    """Whole numbers that add up to the total (largest remainder method)."""
    exact = total * weight / weight.sum()
    shares: Ints = np.floor(exact).astype(np.int64)
    first = np.argsort(shares - exact, kind="stable")[: total - shares.sum()]
    shares[first] += 1
    return shares


def moments(rng: np.random.Generator, month: Month, n: int) -> Ints:
    """The times of n new orders in the month."""
    weekday = (np.arange(month.first_day, month.first_day + month.days) + 3) % 7
    weight = _OF_WEEK[weekday]
    if month.calendar == 10:
        rush = np.flatnonzero(weekday == 4)[-1]
        weight[rush] *= _FRIDAY_RUSH
        weight[rush + 1 : rush + 2] *= _SATURDAY_AFTER
    day = month.first_day + rng.choice(month.days, size=n, p=weight / weight.sum())
    placed: Ints = day * DAY + times_of_day(rng, n)
    return placed


def times_of_day(rng: np.random.Generator, n: int) -> Ints:
    """Seconds of the day, never the last one, so that a split order can be later on the same day."""
    hour = rng.choice(24, size=n, p=_OF_DAY / _OF_DAY.sum())
    second: Ints = np.minimum(hour * 3600 + rng.integers(0, 3600, n), DAY - 2)
    return second
