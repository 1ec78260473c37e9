"""Shares of a whole at the end of each month, as stacked columns with the names of the large parts at the right.

Here: positions in percent. Not here: markup and colours (templates/charts/shares_by_month.html.jinja).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from ecom_lake.publish.dashboard.labels import spread
from ecom_lake.publish.pages.month_chart import MonthLabel, month_labels
from ecom_lake.publish.pages.rendering import percent

LABEL_GAP = 6.0
_WIDTH = 0.86
"""Of the room of a month."""
_NAMED = 0.02
"""Parts with a smaller share in the last month have no label."""


@dataclass(frozen=True)
class Part:
    y: float
    height: float
    colour: int
    text: str


@dataclass(frozen=True)
class Column:
    month: date
    x: float
    width: float
    parts: Sequence[Part]


@dataclass(frozen=True)
class Label:
    y: float
    text: str
    share: str
    colour: int


@dataclass(frozen=True)
class SharesByMonth:
    title: str
    columns: Sequence[Column]
    labels: Sequence[Label]
    months: Sequence[MonthLabel]


def shares_by_month(title: str, months: Sequence[tuple[date, Mapping[str, int]]], order: Sequence[str]) -> SharesByMonth | None:
    """From the counts of each month; `order` has the parts from the top to the bottom. None without a month.

    Raises `KeyError` for a part that `order` does not have."""
    if unknown := {name for _, counts in months for name in counts} - set(order):
        raise KeyError(*sorted(unknown))
    months = [(month, counts) for month, counts in months if sum(counts.values())]
    if not months:
        return None
    step = 100 / len(months)
    columns = [
        Column(month, round(step * (i + (1 - _WIDTH) / 2), 2), round(step * _WIDTH, 2), _parts(month, counts, order))
        for i, (month, counts) in enumerate(months)
    ]
    return SharesByMonth(title, columns, _labels(months[-1][1], order), month_labels([month for month, _ in months]))


def _parts(month: date, counts: Mapping[str, int], order: Sequence[str]) -> list[Part]:
    total = sum(counts.values())
    shares = [counts.get(name, 0) / total for name in order]
    starts = accumulate(shares, initial=0.0)
    return [
        Part(
            round(100 * start, 2),
            round(100 * share, 2),
            colour,
            f"{month:%b %Y}: {counts[name]:,} {name}, {percent(share)}",
        )
        for colour, (name, share, start) in enumerate(zip(order, shares, starts, strict=False))
        if share
    ]


def _labels(counts: Mapping[str, int], order: Sequence[str]) -> list[Label]:
    total = sum(counts.values())
    shares = [counts.get(name, 0) / total for name in order]
    middles = [100 * (end - share / 2) for share, end in zip(shares, accumulate(shares), strict=True)]
    large = [i for i, share in enumerate(shares) if share >= _NAMED]
    places = spread([middles[i] for i in large], LABEL_GAP, 2, 98)
    return [Label(place, order[i], percent(shares[i]), i) for i, place in zip(large, places, strict=True)]
