"""Charts over months: bars or a line, with a forecast and its interval; as positions in percent of the plot area.

The labels are HTML and only the shapes are SVG, so that text keeps its size on a phone and the chart takes the whole width.
Here: positions of marks, lines and labels. Not here: colours and markup (chart.html.jinja).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from ecom_lake.publish.pages.incomplete import marked
from ecom_lake.publish.pages.scale import Scale

_BAR_SHARE, _WIDEST_BAR = 0.74, 9.0
"""Width of a bar: a share of the room of its month, and at most so many percent of the chart."""
_FEW_MONTHS = 8
Format = Callable[[float], str]


@dataclass(frozen=True)
class Point:
    month: date
    value: float | None
    is_complete: bool = True


@dataclass(frozen=True)
class Forecast:
    month: date
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Target:
    month: date
    value: float


@dataclass(frozen=True)
class Event:
    month: date
    text: str


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class MonthLabel:
    at: float
    month: str
    year: str
    tier: int
    """0: shown at every width; 1: where the chart is not narrow; 2: where it is wide."""
    year_until: int = 0
    """The tier of an earlier label with the same year: where that one is shown, this year is not. 0: shown at every width."""


@dataclass(frozen=True)
class Mark:
    """A bar or a dot, with the text that a pointer shows."""

    x: float
    y: float
    width: float
    height: float
    is_complete: bool
    text: str
    month: date


@dataclass(frozen=True)
class MonthChart:
    title: str
    kind: Literal["bars", "line"]
    ticks: Sequence[Tick]
    labels: Sequence[MonthLabel]
    marks: Sequence[Mark]
    lines: Sequence[str]
    """Points of SVG polylines; more than one where months are missing between."""
    forecast_marks: Sequence[Mark] = ()
    forecast_line: str = ""
    interval: str = ""
    target_marks: Sequence[Mark] = ()
    event_marks: Sequence[Mark] = ()
    """One for each month with events, at the top of the plot."""

    @property
    def has_incomplete(self) -> bool:
        return any(not mark.is_complete for mark in self.marks)


def month_chart(
    title: str,
    kind: Literal["bars", "line"],
    points: Sequence[Point],
    number: Format,
    tick: Format | None = None,
    forecast: Sequence[Forecast] = (),
    targets: Sequence[Target] = (),
    events: Sequence[Event] = (),
) -> MonthChart | None:
    """None where no month has a value. `number` formats the values, and `tick` the axis where it differs."""
    if all(point.value is None for point in points):
        return None
    months = sorted({point.month for point in points} | {one.month for one in forecast})
    values = [point.value for point in points if point.value is not None]
    values += [bound for one in forecast for bound in (one.value, one.low, one.high) if bound is not None]
    targets = [target for target in targets if target.month in months]
    values += [target.value for target in targets]
    scale = Scale(min(values), max(values), from_zero=kind == "bars")
    columns = {month: 100 * (i + 0.5) / len(months) for i, month in enumerate(months)}
    width = min(100 * _BAR_SHARE / len(months), _WIDEST_BAR)
    runs = [list(run) for has_value, run in groupby(points, lambda point: point.value is not None) if has_value]
    known = [point for run in runs for point in run]
    return MonthChart(
        title,
        kind,
        [Tick(scale(at), (tick or number)(at)) for at in scale.ticks()],
        month_labels(months),
        [_mark(columns, scale, p.month, p.value or 0.0, width, p.is_complete, _text(p, number)) for p in known],
        [_path([(columns[p.month], scale(p.value or 0.0)) for p in run]) for run in runs] if kind == "line" else [],
        [_mark(columns, scale, one.month, one.value, width, True, _forecast_text(one, number)) for one in forecast],
        _path(_forecast_line(points, forecast, columns, scale)),
        _interval(forecast, columns, scale, width),
        [_mark(columns, scale, one.month, one.value, width, True, _target_text(one, number)) for one in targets],
        _event_marks(events, columns, width),
    )


def _mark(
    columns: Mapping[date, float], scale: Scale, month: date, value: float, width: float, is_complete: bool, text: str
) -> Mark:
    zero, top = max(scale(0.0), 0.0), scale(value)
    x = round(columns[month], 2)
    return Mark(x, max(zero, top), round(width, 2), round(abs(top - zero), 2), is_complete, text, month)


def _text(point: Point, number: Format) -> str:
    return marked(f"{point.month:%b %Y}: {number(point.value or 0.0)}", point.is_complete)


def _forecast_text(one: Forecast, number: Format) -> str:
    known = one.low is not None and one.high is not None
    interval = f", 80% interval {number(one.low or 0.0)} to {number(one.high or 0.0)}" if known else ""
    return f"{one.month:%b %Y}: forecast {number(one.value)}{interval}"


def _target_text(one: Target, number: Format) -> str:
    return f"{one.month:%b %Y}: target {number(one.value)}"


def _event_marks(events: Sequence[Event], columns: Mapping[date, float], width: float) -> list[Mark]:
    known = [event for event in sorted(events, key=lambda event: event.month) if event.month in columns]
    return [
        Mark(round(columns[month], 2), 100.0, round(width, 2), 0.0, True, "; ".join(event.text for event in same), month)
        for month, same in groupby(known, lambda event: event.month)
    ]


def _forecast_line(
    points: Sequence[Point], forecast: Sequence[Forecast], columns: dict[date, float], scale: Scale
) -> list[tuple[float, float]]:
    """From the last complete month through the forecast."""
    if not forecast:
        return []
    complete = [point for point in points if point.is_complete and point.value is not None]
    start = [(columns[complete[-1].month], scale(complete[-1].value or 0.0))] if complete else []
    return start + [(columns[one.month], scale(one.value)) for one in forecast]


def _interval(forecast: Sequence[Forecast], columns: dict[date, float], scale: Scale, width: float) -> str:
    """The outline of the interval; a step as wide as a bar where it has one month only."""
    known = [(columns[one.month], one.low, one.high) for one in forecast if one.low is not None and one.high is not None]
    if len(known) == 1:
        [(x, low, high)] = known
        known = [(x - width / 2, low, high), (x + width / 2, low, high)]
    upper = [(x, scale(high)) for x, _, high in known]
    return _path(upper + [(x, max(scale(low), 0.0)) for x, low, _ in reversed(known)])


def _path(places: Sequence[tuple[float, float]]) -> str:
    """SVG counts from the top, the scale from the bottom."""
    return " ".join(f"{x:.2f},{100 - y:.2f}" for x, y in places)


def month_labels(months: Sequence[date]) -> list[MonthLabel]:
    """January carries its year, and so does the first month that is shown at each width."""
    tiers = [0 if len(months) <= _FEW_MONTHS or month.month in (1, 7) else 1 if month.month in (4, 10) else 2 for month in months]
    firsts = {next((i for i, tier in enumerate(tiers) if tier <= shown), 0) for shown in (0, 1, 2)}
    return [
        MonthLabel(
            round(100 * (i + 0.5) / len(months), 2),
            f"{month:%b}",
            str(month.year) if month.month == 1 or i in firsts else "",
            tiers[i],
            min((tiers[earlier] for earlier in firsts if earlier < i and months[earlier].year == month.year), default=0),
        )
        for i, month in enumerate(months)
    ]
