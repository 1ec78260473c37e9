"""A heat map as a table: the shade of a cell stands for its value, and the value is printed in it.

Here: cells and shades. Not here: markup and colours (templates/charts/heatmap.html.jinja, styles/charts_heatmap.css).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SHADES = 9


@dataclass(frozen=True)
class Cell:
    text: str = ""
    """Empty where nothing is known: a blank cell is not a zero."""
    note: str = ""
    """A second line."""
    shade: int = 0
    """From 0, no colour, to SHADES."""
    title: str = ""
    """What a pointer shows."""
    url: str = ""
    is_complete: bool = True


@dataclass(frozen=True)
class HeatRow:
    label: str
    cells: Sequence[Cell]
    note: str = ""
    url: str = ""
    is_complete: bool = True


@dataclass(frozen=True)
class HeatMap:
    title: str
    across: str
    """Title of the columns."""
    down: str
    """Title of the rows."""
    columns: Sequence[str]
    rows: Sequence[HeatRow]
    note_head: str = ""
    """Title of the rows' notes; empty where they have none."""

    @property
    def has_incomplete(self) -> bool:
        return not all(row.is_complete and all(cell.is_complete for cell in row.cells) for row in self.rows)


def shade(value: float, largest: float) -> int:
    """On a square-root scale, so that small values differ too; only zero has no colour."""
    if value <= 0 or largest <= 0:
        return 0
    return max(1, min(SHADES, math.ceil(SHADES * math.sqrt(value / largest) - 1e-9)))
