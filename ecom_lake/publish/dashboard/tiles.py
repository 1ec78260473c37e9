"""A table of shares whose cells are shaded by their size: the steps of the shading, and the links of rows and columns.

Here: which step a share has. A share of few cases has none: chance decides it. Not here: markup and colours
(templates/charts/tiles.html.jinja, styles/charts_tiles.css).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ecom_lake.publish.pages.incomplete import marked
from ecom_lake.publish.pages.rendering import percent

BOUNDS = (0.025, 0.05, 0.1, 0.15, 0.25)
"""Lower bounds of the steps after the first."""
FEWEST = 20
"""Cases below which a share is not shaded."""


@dataclass(frozen=True)
class Share:
    part: int
    whole: int


@dataclass(frozen=True)
class Tile:
    text: str
    """Percent without a sign, which the caption states."""
    step: int | None
    """None for too few cases."""
    title: str
    url: str


@dataclass(frozen=True)
class TileRow:
    label: str
    url: str
    """Empty for a row that cannot be filtered by."""
    is_chosen: bool
    tiles: Sequence[Tile | None]
    """One for each column; None without any case."""


@dataclass(frozen=True)
class TileColumn:
    month: date
    url: str
    is_complete: bool
    is_chosen: bool


@dataclass(frozen=True)
class Tiles:
    columns: Sequence[TileColumn]
    rows: Sequence[TileRow]
    legend: Sequence[str] = (
        f"under {100 * BOUNDS[0]:g}%",
        *(f"{100 * low:g} to {100 * high:g}%" for low, high in pairwise(BOUNDS)),
        f"{100 * BOUNDS[-1]:g}% and more",
    )
    """The steps in words."""
    fewest: int = FEWEST


def tiles_of(
    label: str, shares: Mapping[date, Share], columns: Sequence[TileColumn], noun: str, url: Callable[[date], str]
) -> list[Tile | None]:
    """The cells of a row; `noun` names what was counted, such as "orders delivered late"; `url` is the link of a month."""
    return [_tile(label, column, shares.get(column.month), noun, url) for column in columns]


def _tile(label: str, column: TileColumn, share: Share | None, noun: str, url: Callable[[date], str]) -> Tile | None:
    if share is None or not share.whole:
        return None
    size = share.part / share.whole
    step = bisect_right(BOUNDS, size) if share.whole >= FEWEST else None
    title = f"{label}, {column.month:%b %Y}: {share.part:,} of {share.whole:,} {noun}, {percent(size)}"
    return Tile(f"{100 * size:.0f}", step, marked(title, column.is_complete), url(column.month))
