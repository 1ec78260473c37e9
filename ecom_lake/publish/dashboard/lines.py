"""Lines of several series with their names at the right end, and an interval around one of them.

Here: positions in percent of the plot; names that would overlap are moved apart. Not here: markup and colours
(templates/charts/lines.html.jinja, styles/charts_lines.css).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ecom_lake.publish.pages.scale import Scale

Role = Literal["actual", "champion", "rival"]
NAME_HEIGHT = 7.0
"""Percent of the plot's height that the name of a series takes."""


@dataclass(frozen=True)
class Series:
    name: str
    points: Sequence[tuple[float, float]]
    role: Role
    texts: Sequence[str] = ()
    """What a pointer shows at each point; none for a series without dots."""


@dataclass(frozen=True)
class Band:
    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Line:
    name: str
    role: Role
    points: str
    """Of an SVG polyline."""
    dots: Sequence[Dot]
    name_at: float
    """Height of its name from the top, at the right edge."""
    begins: Dot | None
    """Where its name is instead, if the line ends before the right edge."""


@dataclass(frozen=True)
class LineChart:
    title: str
    lines: Sequence[Line]
    band: str
    """Points of an SVG polygon; empty without an interval."""
    ticks: Sequence[Tick]
    across: Sequence[Tick]
    """Ticks of the x axis; empty where the caller labels it."""


def line_chart(
    title: str,
    series: Sequence[Series],
    number: Callable[[float], str],
    ends: tuple[float, float],
    band: Sequence[Band] = (),
    across: Callable[[float], str] | None = None,
    from_zero: bool = True,
) -> LineChart | None:
    """None without points. `ends` are the values of x at the left and the right edge; `across` formats the ticks between."""
    values = [y for one in series for _, y in one.points] + [bound for one in band for bound in (one.low, one.high)]
    if not values:
        return None
    scale = Scale(min(values), max(values), from_zero)
    first, room = ends[0], (ends[1] - ends[0]) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        return round(100 * (x - first) / room, 2), round(100 - scale(y), 2)

    drawn = [one for one in series if one.points]
    last = max(one.points[-1][0] for one in drawn)
    ending = [i for i, one in enumerate(drawn) if one.points[-1][0] == last]
    names = dict(zip(ending, apart([place(*drawn[i].points[-1])[1] for i in ending]), strict=True))
    lines = [
        Line(
            one.name,
            one.role,
            _path([place(x, y) for x, y in one.points]),
            [Dot(*place(x, y), text) for (x, y), text in zip(one.points, one.texts, strict=False)],
            names.get(i, 0.0),
            None if i in names else Dot(*place(*one.points[0]), one.name),
        )
        for i, one in enumerate(drawn)
    ]
    outline = [place(one.x, one.high) for one in band] + [place(one.x, one.low) for one in reversed(band)]
    ticks = [Tick(round(100 - scale(at), 2), number(at)) for at in scale.ticks()]
    return LineChart(title, lines, _path(outline), ticks, _across(ends, across) if across else [])


def apart(heights: Sequence[float]) -> list[float]:
    """The heights of names, each at least NAME_HEIGHT below the one above it and as near as that to its line's end."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [0.0] * len(heights)
    lowest = float("-inf")
    for i in order:
        lowest = placed[i] = max(heights[i], lowest + NAME_HEIGHT)
    overflow = max(lowest - 100.0, 0.0)
    highest = float("inf")
    for i in reversed(order):
        highest = placed[i] = min(placed[i], highest - NAME_HEIGHT, 100.0) if overflow else placed[i]
    return [round(at, 2) for at in placed]


def _across(ends: tuple[float, float], number: Callable[[float], str]) -> list[Tick]:
    scale = Scale(*ends, from_zero=False)
    return [
        Tick(round(100 * (at - ends[0]) / (ends[1] - ends[0]), 2), number(at)) for at in scale.ticks() if ends[0] <= at <= ends[1]
    ]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
