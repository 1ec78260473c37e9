"""Curves over a number, such as days or a share: lines with bands, ticks and a label at the end of each, in percent of the plot.

Here: positions. Not here: charts over months (publish/pages/month_chart.py), markup (templates/charts/curves.html.jinja).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ecom_lake.publish.dashboard.labels import spread
from ecom_lake.publish.pages.month_chart import Tick
from ecom_lake.publish.pages.scale import round_values

LABEL_GAP = 6.5
"""Distance of two labels in percent of the height."""
_MARGIN = 0.04
Look = Literal["main", "strong", "faint", "reference"]


@dataclass(frozen=True)
class Axis:
    title: str
    number: Callable[[float], str]
    low: float | None = None
    """None for a little below the smallest value."""
    high: float | None = None
    ticks: Sequence[float] | None = None
    """None for round values."""


@dataclass(frozen=True)
class Series:
    points: Sequence[tuple[float, float]]
    look: Look = "main"
    label: str = ""
    """At the end of the line; empty for none."""
    text: str = ""
    """What a pointer shows."""
    band: Sequence[tuple[float, float, float]] = ()
    """x, lower and upper bound."""
    marks: Sequence[tuple[float, float, str]] = ()
    """Points that are drawn, with their text."""


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Curve:
    line: str
    band: str
    look: Look
    text: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Label:
    y: float
    text: str
    look: Look


@dataclass(frozen=True)
class Curves:
    title: str
    x_title: str
    y_title: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    curves: Sequence[Curve]
    labels: Sequence[Label]
    lowest: str
    """The value at which the vertical axis starts; empty for zero."""


def curves(title: str, series: Sequence[Series], x: Axis, y: Axis) -> Curves | None:
    """None where no series has two points."""
    series = [one for one in series if len(one.points) > 1]
    if not series:
        return None
    bounds = [bound for one in series for _, *pair in one.band for bound in pair]
    across = _Scale(x, [at for one in series for at, _ in one.points])
    upwards = _Scale(y, [value for one in series for _, value in one.points] + bounds)
    named = [one for one in series if one.label]
    places = spread([100 - upwards(one.points[-1][1]) for one in named], LABEL_GAP, 2)
    return Curves(
        title,
        x.title,
        y.title,
        across.ticks(),
        upwards.ticks(),
        [_curve(one, across, upwards) for one in series],
        [Label(place, one.label, one.look) for one, place in zip(named, places, strict=True)],
        "" if upwards.low <= 0 else y.number(upwards.low),
    )


class _Scale:
    """Values to percent of the axis."""

    def __init__(self, axis: Axis, values: Sequence[float]) -> None:
        self._axis = axis
        room = (max(values) - min(values)) or abs(max(values)) or 1.0
        self.low = axis.low if axis.low is not None else min(values) - _MARGIN * room
        high = axis.high if axis.high is not None else max(values) + _MARGIN * room
        self._high = high if high > self.low else self.low + 1.0

    def __call__(self, value: float) -> float:
        return round(100 * (value - self.low) / (self._high - self.low), 2)

    def ticks(self) -> list[Tick]:
        values = self._axis.ticks if self._axis.ticks is not None else round_values(self.low, self._high)
        return [Tick(self(value), self._axis.number(value)) for value in values if 0 <= self(value) <= 100]


def _curve(one: Series, across: _Scale, upwards: _Scale) -> Curve:
    band = [(at, high) for at, _, high in one.band] + [(at, low) for at, low, _ in reversed(one.band)]
    return Curve(
        _points(one.points, across, upwards),
        _points(band, across, upwards),
        one.look,
        one.text or one.label,
        [Mark(across(at), round(100 - upwards(value), 2), text) for at, value, text in one.marks],
    )


def _points(points: Sequence[tuple[float, float]], across: _Scale, upwards: _Scale) -> str:
    """SVG counts from the top."""
    return " ".join(f"{across(at):g},{round(100 - upwards(value), 2):g}" for at, value in points)
