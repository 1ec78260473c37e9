"""Bars of several parts, such as the stages of a delivery: where each part begins and how long it is, in percent.

A part that is negative or not known has no length. Not here: markup and colours (templates/charts/stacked.html.jinja,
styles/charts_stacked.css).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class StackedRow:
    label: str
    parts: Mapping[str, float | None]
    """Sizes by name, in the order of the bar."""
    texts: Mapping[str, str]
    """What a pointer shows, by part."""
    value: str
    note: str = ""
    url: str = ""
    """Empty for a row that cannot be filtered by."""
    is_chosen: bool = False
    is_complete: bool = True


@dataclass(frozen=True)
class Part:
    kind: str
    start: float
    width: float
    text: str


@dataclass(frozen=True)
class StackedBar:
    row: StackedRow
    parts: Sequence[Part]


def stacked(rows: Sequence[StackedRow], full: float | None = None) -> list[StackedBar]:
    """The bars; `full` is the size that fills the width, by default that of the longest bar."""
    sizes = [{name: max(size or 0.0, 0.0) for name, size in row.parts.items()} for row in rows]
    longest = full or max((sum(size.values()) for size in sizes), default=0.0) or 1.0
    return [_bar(row, size, longest) for row, size in zip(rows, sizes, strict=True)]


def _bar(row: StackedRow, sizes: Mapping[str, float], longest: float) -> StackedBar:
    starts = accumulate(sizes.values(), initial=0.0)
    return StackedBar(
        row,
        [
            Part(name, round(100 * start / longest, 2), round(100 * size / longest, 2), row.texts[name])
            for (name, size), start in zip(sizes.items(), starts, strict=False)
            if size
        ],
    )
