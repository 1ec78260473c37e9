"""Customers by recency and spend: a dot for each bin, as large as its customers are many, in the colour of its largest segment.

Here: positions in percent of the plot. Recency is on a square-root scale and spend on a logarithmic one, as the bins are.
Not here: markup and colours (templates/charts/scatter.html.jinja, styles/charts_scatter.css).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.query import Row

LARGEST, SMALLEST = 1.9, 0.35
"""Radius of the largest and the smallest dot, in percent of the width."""
COLOURS = 8
"""Segments after the eighth share its colour."""
_DAYS = (7, 30, 90, 180, 365, 730, 1460)
_MARGIN = 2.5


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    colour: int
    text: str


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Scatter:
    dots: Sequence[Dot]
    days: Sequence[Tick]
    amounts: Sequence[Tick]
    segments: Sequence[str]
    """In the order of their colours: the largest first."""


def scatter(bins: Sequence[Row], money: Callable[[float], str]) -> Scatter | None:
    """From rows of segment_scatter; None without any."""
    if not bins:
        return None
    customers: dict[str, int] = defaultdict(int)
    places: dict[tuple[int, int, float, float], list[Row]] = defaultdict(list)
    for row in bins:
        customers[row["segment"]] += row["customers"]
        places[row["recency_from"], row["recency_to"], float(row["spend_from"]), float(row["spend_to"])].append(row)
    segments = sorted(customers, key=lambda segment: (-customers[segment], segment))
    across = _Scale([math.sqrt(edge) for place in places for edge in place[:2]])
    upwards = _Scale([_logarithm(edge) for place in places for edge in place[2:]])
    most = max(sum(row["customers"] for row in rows) for rows in places.values())
    dots = [_dot(place, rows, across, upwards, most, segments, money) for place, rows in sorted(places.items())]
    days = [Tick(at, f"{day} days") for day in _DAYS if 0 <= (at := across(math.sqrt(day))) <= 100]
    amounts = [Tick(at, money(10.0**power)) for power in range(11) if 0 <= (at := upwards(power)) <= 100]
    return Scatter(dots, days, amounts, segments)


class _Scale:
    """Values to percent, with a margin on both sides."""

    def __init__(self, values: Sequence[float]) -> None:
        self._low = min(values)
        self._room = (max(values) - self._low) or 1.0

    def __call__(self, value: float) -> float:
        return round(_MARGIN + (100 - 2 * _MARGIN) * (value - self._low) / self._room, 2)


def _dot(
    place: tuple[int, int, float, float],
    rows: Sequence[Row],
    across: _Scale,
    upwards: _Scale,
    most: int,
    segments: Sequence[str],
    money: Callable[[float], str],
) -> Dot:
    first, end, low, high = place
    people = sum(row["customers"] for row in rows)
    largest = max(rows, key=lambda row: (row["customers"], -segments.index(row["segment"])))["segment"]
    return Dot(
        across((math.sqrt(first) + math.sqrt(end)) / 2),
        round(100 - upwards((_logarithm(low) + _logarithm(high)) / 2), 2),
        round(max(SMALLEST, LARGEST * math.sqrt(people / most)), 2),
        min(segments.index(largest), COLOURS - 1),
        f"{people:,} customers, {first} to {end - 1} days ago, {money(low)} to {money(high)}: mostly {largest}",
    )


def _logarithm(amount: float) -> float:
    """Of an amount below 1, that of 0.5: these customers have a bin of their own."""
    return math.log10(max(amount, 0.5))
