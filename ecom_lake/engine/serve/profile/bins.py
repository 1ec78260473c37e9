"""The bins of a histogram: equally wide with round bounds, or calendar months. The edges hold what is beyond them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

MOST_WHOLE = 24
"""Integers up to which each has a bin of its own."""
_FEWEST = 8
"""The bins that a histogram has at least, where its values are not few integers: at most 2.5 times as many, and one more."""
_STEPS = (5, 2, 1)
_FEWEST_MONTHS, _MOST_TIMES, _FEW_TIMES = 6, 36, 12
_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Bins:
    low: float
    """The lower bound of the first bin."""
    width: float
    count: int
    unit: Literal["number", "second", "month"] = "number"
    """What is counted: numbers, seconds since 1970, or months since the year 0."""

    def bounds(self, number: int) -> tuple[float, float]:
        """The lower bound, inclusive, and the upper bound, exclusive, of a bin."""
        return round(self.low + number * self.width, 10), round(self.low + (number + 1) * self.width, 10)

    def label(self, number: int) -> str:
        """The lower bound of a bin as text."""
        return self.text(self.bounds(number)[0])

    def text(self, bound: float) -> str:
        if self.unit == "month":
            return f"{int(bound) // 12}-{int(bound) % 12 + 1:02}"
        if self.unit == "second":
            moment = datetime(1970, 1, 1) + timedelta(seconds=bound)
            return f"{moment:%Y-%m-%d}" if self.width % _DAY == 0 else f"{moment:%Y-%m-%d %H:%M}"
        return f"{bound:,.0f}" if bound == round(bound) else f"{bound:,.4g}"


def bins_of(low: float, high: float, are_integers: bool) -> Bins:
    """`low` and `high`: values between which nearly all values are. `are_integers`: whether all values are integers."""
    if are_integers and high - low < MOST_WHOLE:
        return Bins(math.floor(low), 1.0, int(math.floor(high) - math.floor(low)) + 1)
    if high <= low:
        return Bins(low, 1.0, 1)
    width = _round_width((high - low) / _FEWEST, are_integers)
    first, last = math.floor(low / width + 1e-9), math.floor(high / width + 1e-9)
    return Bins(round(first * width, 10), width, last - first + 1)


def time_bins(first: datetime, last: datetime) -> Bins:
    """Calendar months, or whole days where it is less than half a year, as many in each bin as needed.

    The last bin is full, because a shorter one would look like a fall. Within two days: equal parts of the time."""
    months, days = _month(last) - _month(first) + 1, (last.date() - first.date()).days + 1
    if months >= _FEWEST_MONTHS:
        width = math.ceil(months / _MOST_TIMES)
        count = math.ceil(months / width)
        return Bins(float(_month(last) + 1 - count * width), float(width), count, "month")
    if days > 2:
        width = math.ceil(days / _FEW_TIMES)
        count = math.ceil(days / width)
        start = datetime.combine(last.date(), time()) + timedelta(days=1 - count * width)
        return Bins(_seconds(start), float(width * _DAY), count, "second")
    span = _seconds(last) - _seconds(first)
    return Bins(_seconds(first), span / _FEW_TIMES if span else 1.0, _FEW_TIMES if span else 1, "second")


def _seconds(moment: datetime) -> float:
    return (moment - datetime(1970, 1, 1)).total_seconds()


def _month(time: datetime) -> int:
    return 12 * time.year + time.month - 1


def _round_width(most: float, is_integer: bool) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is at most `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    width = next(step * power for step in _STEPS if step * power <= most * (1 + 1e-9))
    return max(width, 1.0) if is_integer else width
