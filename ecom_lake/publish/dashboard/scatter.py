"""Customers by recency and spend: a cell for each bin, darker the more customers it has, in the colour of its largest segment.

Here: positions in thousandths of the plot. Recency is on a square-root scale and spend on a logarithmic one, as the bins are.
The cells of one colour and shade are one path: a thousand elements would be half of the page's weight. A pointer finds the
number of customers by recency. Not here: markup and colours (templates/charts/scatter.html.jinja, styles/charts_scatter.css).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.query import Row
from ecom_lake.words import counted

SIZE = 1000
"""Width and height of the plot, in the units of the paths."""
COLOURS = 12
"""Segments after the twelfth share its colour."""
SHADES = 4
NAMED = 3
"""Segments that the text of a column names."""
_DAYS = {7: 1, 30: 0, 90: 1, 180: 0, 365: 0, 730: 0, 1460: 0}
"""Days on the axis; 1 where the chart must not be narrow."""
_MARGIN, _GAP = 15, 2
Bin = tuple[int, int, float, float]
"""Recency from and to, spend from and to."""


@dataclass(frozen=True)
class Cells:
    """All cells of one colour and shade."""

    colour: int
    shade: int
    """1 to SHADES: how many customers, compared with the fullest cell."""
    path: str


@dataclass(frozen=True)
class Column:
    """All customers of one recency."""

    x: int
    width: int
    text: str


@dataclass(frozen=True)
class Tick:
    at: float
    """Percent of the width or height."""
    text: str
    tier: int = 0
    """1: shown where the chart is not narrow."""


@dataclass(frozen=True)
class Scatter:
    cells: Sequence[Cells]
    columns: Sequence[Column]
    days: Sequence[Tick]
    amounts: Sequence[Tick]
    segments: Sequence[str]
    """In the order of their colours: the largest first."""

    @property
    def legend(self) -> Sequence[tuple[str, int]]:
        """Each segment and the number of its colour."""
        return [(segment, _colour(place)) for place, segment in enumerate(self.segments)]


def scatter(bins: Sequence[Row], money: Callable[[float], str]) -> Scatter | None:
    """From rows of segment_scatter; None without any."""
    if not bins:
        return None
    customers: dict[str, int] = defaultdict(int)
    places: dict[Bin, dict[str, int]] = defaultdict(dict)
    for row in bins:
        customers[row["segment"]] += row["customers"]
        place = row["recency_from"], row["recency_to"], float(row["spend_from"]), float(row["spend_to"])
        places[place][row["segment"]] = row["customers"]
    segments = sorted(customers, key=lambda segment: (-customers[segment], segment))
    across = _Scale([math.sqrt(edge) for place in places for edge in place[:2]])
    upwards = _Scale([_logarithm(edge) for place in places for edge in place[2:]])
    days = [Tick(at, f"{day}", tier) for day, tier in _DAYS.items() if 0 <= (at := across(math.sqrt(day)) / 10) <= 100]
    amounts = [Tick(at, money(10.0**power)) for power in range(11) if 0 <= (at := upwards(power) / 10) <= 100]
    return Scatter(_cells(places, segments, across, upwards), _columns(places, across), days, amounts, segments)


class _Scale:
    """Values to thousandths, with a margin on both sides."""

    def __init__(self, values: Sequence[float]) -> None:
        self._low = min(values)
        self._room = (max(values) - self._low) or 1.0

    def __call__(self, value: float) -> int:
        return round(_MARGIN + (SIZE - 2 * _MARGIN) * (value - self._low) / self._room)


def _cells(places: Mapping[Bin, Mapping[str, int]], segments: Sequence[str], across: _Scale, upwards: _Scale) -> list[Cells]:
    most = max(sum(counts.values()) for counts in places.values())
    paths: dict[tuple[int, int], list[str]] = defaultdict(list)
    for (first, end, low, high), counts in sorted(places.items()):
        largest = max(counts, key=lambda segment: (counts[segment], -segments.index(segment)))
        shade = math.ceil(SHADES * math.sqrt(sum(counts.values()) / most))
        left, right = across(math.sqrt(first)), across(math.sqrt(end))
        top, bottom = SIZE - upwards(_logarithm(high)), SIZE - upwards(_logarithm(low))
        wide, tall = max(right - left - _GAP, 1), max(bottom - top - _GAP, 1)
        paths[_colour(segments.index(largest)), shade].append(f"M{left} {top}h{wide}v{tall}h-{wide}z")
    return [Cells(colour, shade, "".join(path)) for (colour, shade), path in sorted(paths.items())]


def _colour(place: int) -> int:
    return min(place, COLOURS - 1)


def _columns(places: Mapping[Bin, Mapping[str, int]], across: _Scale) -> list[Column]:
    by_recency: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (first, end, _, _), counts in sorted(places.items()):
        for segment, people in counts.items():
            by_recency[first, end][segment] += people
    edges = {recency: (across(math.sqrt(recency[0])), across(math.sqrt(recency[1]))) for recency in by_recency}
    return [
        Column(edges[first, end][0], edges[first, end][1] - edges[first, end][0], _text(first, end - 1, counts.items()))
        for (first, end), counts in by_recency.items()
    ]


def _text(first: int, last: int, counts: Iterable[tuple[str, int]]) -> str:
    ordered = sorted(counts, key=lambda one: (-one[1], one[0]))
    named = "; ".join(f"{people:,} {segment}" for segment, people in ordered[:NAMED])
    days = f"{first} days ago" if first == last else f"{first} to {last} days ago"
    return f"{counted(sum(people for _, people in ordered), 'customer')}, {days}: {named}{'; …' if ordered[NAMED:] else ''}"


def _logarithm(amount: float) -> float:
    """Of an amount below 1, that of 0.5: these customers have a bin of their own."""
    return math.log10(max(amount, 0.5))
