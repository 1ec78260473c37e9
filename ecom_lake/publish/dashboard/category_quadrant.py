"""Categories by growth and quality: a bubble for each, as large as its net sales, with the lines of the shop's average.

Here: places, sizes and labels, in percent of the plot. Growth is on a logarithmic scale: doubling and halving are equally far
from none. Labels stand where there is room, the largest categories first.
Not here: the query (categories.py), markup and colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

LARGEST, SMALLEST = 17.0, 4.0
"""Radius of the largest and the smallest bubble, in pixels."""
STEEPEST = math.log(4)
"""Growth beyond four times, or below a quarter, is drawn on the edge."""
_TICKS = {1 / 4: 0, 1 / 2: 0, 3 / 4: 1, 1.0: 0, 3 / 2: 1, 2.0: 0, 3.0: 1, 4.0: 0}
"""Growths on the axis; 1 where the chart must not be narrow."""
WIDE, NARROW = 4.7, 2.2
"""Pixels of one percent of the width: of the least chart that has all labels (styles/charts_quadrant.css), and on a phone."""
_HIGH = 3.3
"""Pixels of one percent of the height."""
_LETTER, _LINE, _MARGIN = 6.3, 15.0, 5.0
"""Width of a letter and height of a line, in pixels; and the margin of the scales, in percent."""
Side = Literal["right", "left", "above", "below"]
SIDES: tuple[Side, ...] = ("right", "left", "above", "below")
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in percent."""


@dataclass(frozen=True)
class Category:
    name: str
    net_sales: float
    growth: float
    """Net sales / those before, above 0."""
    quality: float


@dataclass(frozen=True)
class Bubble:
    name: str
    x: float
    y: float
    radius: float
    text: str
    label: Side | None = None
    """The side of the label; None where there is no room."""
    is_narrow: bool = False
    """Whether there is room on a phone too."""


@dataclass(frozen=True)
class Tick:
    at: float
    text: str
    tier: int = 0
    """1: shown where the chart is not narrow."""


@dataclass(frozen=True)
class Quadrant:
    bubbles: Sequence[Bubble]
    growths: Sequence[Tick]
    qualities: Sequence[Tick]
    no_growth: float
    """Where the line of no growth stands, from the left."""
    average: float
    """Where the line of the average quality stands, from the top."""


def quadrant(
    categories: Sequence[Category], average: float, quality: Callable[[float], str], money: Callable[[float], str]
) -> Quadrant | None:
    """None without categories. `quality` and `money` format the numbers."""
    if not categories:
        return None
    ordered = sorted(categories, key=lambda one: (-one.net_sales, one.name))
    growths = [_logarithm(one.growth) for one in ordered]
    across = _Scale([*growths, 0.0], least=2 * math.log(1.25))
    upwards = _Scale([*(one.quality for one in ordered), average], least=1e-9)
    most = max(one.net_sales for one in ordered)
    bubbles = []
    for one, growth in zip(ordered, growths, strict=True):
        text = f"{one.name.replace('_', ' ')}: {money(one.net_sales)}, growth {_growth(one.growth)}, {quality(one.quality)}"
        radius = round(max(SMALLEST, LARGEST * math.sqrt(max(one.net_sales, 0.0) / most)), 1) if most > 0 else SMALLEST
        bubbles.append(Bubble(one.name, across(growth), round(100 - upwards(one.quality), 2), radius, text))
    return Quadrant(
        labelled_for_phones(labelled(bubbles, WIDE)),
        [Tick(at, _growth(tick), tier) for tick, tier in _TICKS.items() if 0 <= (at := across(_logarithm(tick))) <= 100],
        [Tick(round(100 - upwards(value), 2), quality(value)) for value in upwards.ticks()],
        across(0.0),
        round(100 - upwards(average), 2),
    )


class _Scale:
    """Values to percent, with a margin on both sides."""

    def __init__(self, values: Sequence[float], least: float) -> None:
        middle, room = (min(values) + max(values)) / 2, max(max(values) - min(values), least)
        self._low, self._room = middle - room / 2, room

    def __call__(self, value: float) -> float:
        return round(_MARGIN + (100 - 2 * _MARGIN) * (value - self._low) / self._room, 2)

    def ticks(self) -> list[float]:
        power = 10.0 ** math.floor(math.log10(self._room / 4))
        step = next(factor for factor in (1, 2, 5, 10) if factor * power >= self._room / 4) * power
        first, last = math.ceil(self._low / step), math.floor((self._low + self._room) / step)
        return [round(step * i, 10) for i in range(first, last + 1)]


def labelled_for_phones(bubbles: Sequence[Bubble]) -> list[Bubble]:
    """The bubbles, with the labels that a phone has room for on the same side."""
    narrow = {one.name: one.label for one in labelled(bubbles, NARROW)}
    return [replace(one, is_narrow=one.label is not None and one.label == narrow[one.name]) for one in bubbles]


def labelled(bubbles: Sequence[Bubble], pixels: float) -> list[Bubble]:
    """The bubbles with the sides of their labels: no label covers another one or another bubble.

    `pixels`: of one percent of the width."""
    circles = {one.name: circle_box(one, pixels) for one in bubbles}
    labels: list[Box] = []
    placed = []
    for one in bubbles:
        others = [*labels, *(circle for name, circle in circles.items() if name != one.name)]
        sides = [side for side in SIDES if _is_free(label_box(one, side, pixels), others)]
        labels += [label_box(one, side, pixels) for side in sides[:1]]
        placed.append(replace(one, label=sides[0] if sides else None))
    return placed


def label_box(one: Bubble, side: Side, pixels: float) -> Box:
    gap, width, half = (one.radius + 4) / pixels, _LETTER / pixels * len(one.name), _LINE / _HIGH / 2
    left = {"right": one.x + gap, "left": one.x - gap - width}.get(side, one.x - width / 2)
    away = (one.radius + 2) / _HIGH + half
    middle = one.y + {"above": -away, "below": away}.get(side, 0.0)
    return left, middle - half, left + width, middle + half


def circle_box(one: Bubble, pixels: float) -> Box:
    wide, high = one.radius / pixels, one.radius / _HIGH
    return one.x - wide, one.y - high, one.x + wide, one.y + high


def _is_free(box: Box, others: Sequence[Box]) -> bool:
    return min(box) >= 0 and max(box) <= 100 and not any(_overlap(box, other) for other in others)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _logarithm(growth: float) -> float:
    return min(max(math.log(growth), -STEEPEST), STEEPEST)


def _growth(growth: float) -> str:
    text = f"{100 * (growth - 1):+,.0f}%"
    return "0%" if text in ("+0%", "-0%") else text
