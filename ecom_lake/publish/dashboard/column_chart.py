"""Upright bars next to each other, such as a histogram: places and heights in percent.

Not here: bars by month (publish/pages/month_chart.py), markup and colours (templates/charts/columns.html.jinja).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_BAR_SHARE = 0.9
"""Width of a bar, as a share of its room."""
_LEAST_HEIGHT = 1.0
"""So that a bar of a few rows is visible."""


@dataclass(frozen=True)
class UprightBar:
    x: float
    width: float
    height: float
    text: str
    """What a pointer shows."""
    label: str
    """Below the bar; empty for none."""
    value: str
    """Above the bar; empty for none."""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class ColumnChart:
    title: str
    bars: Sequence[UprightBar]


def column_chart(
    title: str,
    sizes: Sequence[float],
    texts: Sequence[str],
    labels: Sequence[str] = (),
    values: Sequence[str] = (),
) -> ColumnChart:
    room, largest = 100 / max(len(sizes), 1), max(sizes, default=0) or 1
    return ColumnChart(
        title,
        [
            UprightBar(
                round(room * (i + (1 - _BAR_SHARE) / 2), 2),
                round(room * _BAR_SHARE, 2),
                max(round(100 * size / largest, 2), _LEAST_HEIGHT) if size else 0.0,
                texts[i],
                labels[i] if labels else "",
                values[i] if values else "",
            )
            for i, size in enumerate(sizes)
        ],
    )
