"""A table of members with a bar in each row: what a row shows, and how long its bar is.

Not here: markup and colours (templates/charts/bar_table.html.jinja, styles/charts_bar_table.css).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

UNKNOWN = "–"
"""What a cell without a value shows."""
Tone = Literal["good", "bad", "chosen", ""]


@dataclass(frozen=True)
class Heading:
    text: str
    url: str | None = None
    """What a click on the heading shows, such as the same table ordered by this column."""
    is_chosen: bool = False


@dataclass(frozen=True)
class Cell:
    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class BarRow:
    label: str
    width: float
    """Percent of the longest bar."""
    cells: Sequence[Cell]
    url: str | None = None
    is_chosen: bool = False


@dataclass(frozen=True)
class BarTable:
    members: str
    """The heading of the members."""
    headings: Sequence[Heading]
    rows: Sequence[BarRow]
    more: int = 0
    """Members that are not shown."""


def widths(values: Sequence[Any]) -> list[float]:
    """The bars of these values, in percent of the largest; none for a value that is not known or not above zero."""
    known = [max(float(value), 0.0) if value is not None else 0.0 for value in values]
    largest = max(known, default=0.0) or 1.0
    return [round(100 * value / largest, 2) for value in known]


def change_tone(change: str | None) -> Tone:
    """The tone of a change such as +3.0% where more is better."""
    if change is None or not change.split()[0].strip("+-0.,%"):
        return ""
    return "good" if change.startswith("+") else "bad"
