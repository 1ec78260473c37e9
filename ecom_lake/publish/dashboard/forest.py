"""Estimates with their intervals on one scale, a row each, and the value they are compared with as a line.

Here: positions in percent of the scale. Not here: markup and colours (templates/charts/forest.html.jinja,
styles/charts_forest.css).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecom_lake.publish.pages.scale import Scale

_LEAST_SPAN = 0.05
"""Of the largest value: on a shorter scale all ticks would be the same number, as they are written."""


@dataclass(frozen=True)
class Estimated:
    label: str
    value: float
    low: float | None
    """None where no interval is known, likewise `high`."""
    high: float | None
    text: str
    is_main: bool = True
    """Whether it is the estimate to read; others are pale."""


@dataclass(frozen=True)
class ForestRow:
    label: str
    at: float
    low: float
    high: float
    text: str
    is_main: bool


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Forest:
    rows: Sequence[ForestRow]
    ticks: Sequence[Tick]
    reference: float | None
    """Position of the value that the estimates are compared with."""


def forest(estimates: Sequence[Estimated], number: Callable[[float], str], reference: float | None = None) -> Forest | None:
    """None without estimates. `number` formats the ticks."""
    if not estimates:
        return None
    bounds = [bound for one in estimates for bound in (one.value, one.low, one.high) if bound is not None]
    bounds += [] if reference is None else [reference]
    scale = _scale(bounds)
    rows = [
        ForestRow(
            one.label,
            scale(one.value),
            scale(one.value if one.low is None else one.low),
            scale(one.value if one.high is None else one.high),
            one.text,
            one.is_main,
        )
        for one in estimates
    ]
    ticks = [Tick(scale(at), number(at)) for at in scale.ticks()]
    return Forest(rows, ticks, None if reference is None else scale(reference))


def _scale(bounds: Sequence[float]) -> Scale:
    low, high = min(bounds), max(bounds)
    missing = max(_LEAST_SPAN * max(abs(low), abs(high)) - (high - low), 0.0)
    return Scale(low - missing / 2, high + missing / 2, from_zero=False)
