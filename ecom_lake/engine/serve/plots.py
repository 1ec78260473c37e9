"""Charts as SVG, drawn without a plotting library: the curves of a fitted model, each line with its band, and bars.

Not here: the curves (each model defines them), pages (quality.py, report.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import polars as pl

from ecom_lake.engine.contracts.model_fit import CURVE

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 64, 16, 44, 40
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#64748b", "#0891b2", "#be185d")
_TICKS = 4
_ROW = 14
_CHARACTER = 6.5
"""Width of a character of a label, about."""

Row = dict[str, Any]


def plots(fit: pl.DataFrame) -> dict[str, str]:
    """A chart for each curve of a `…_fit` table, by its name."""
    curves = fit.filter(pl.col("kind") == CURVE).sort("name", "series", "position")
    names = curves["name"].unique(maintain_order=True).to_list()
    return {name: plot(name, curves.filter(pl.col("name") == name).to_dicts()) for name in names}


def plot(title: str, points: Sequence[Row]) -> str:
    """A chart of one line per series; `said` is the label of a point on the x axis."""
    shown = [point for point in points if point["value"] is not None]
    if not shown:
        return _svg(title, [])
    lines: dict[str, list[Row]] = {}
    for point in shown:
        lines.setdefault(point["series"], []).append(point)
    legend, top = _legend(list(lines))
    x = _Scale([point["x"] for point in shown], LEFT, WIDTH - RIGHT)
    y = _Scale([point[bound] for point in shown for bound in ("value", "low", "high")], HEIGHT - BOTTOM, top)
    drawn = [*legend, *_grid(y), *_x_axis(x, shown)]
    for number, line in enumerate(lines.values()):
        drawn += _line(x, y, line, COLOURS[number % len(COLOURS)])
    return _svg(title, drawn)


def bars(title: str, sizes: Sequence[float], labels: Sequence[str]) -> str:
    """A chart of upright bars from zero, each with a label below it, as many as fit."""
    if not sizes:
        return _svg(title, [])
    y = _Scale([0.0, *sizes], HEIGHT - BOTTOM, TOP)
    room = (WIDTH - LEFT - RIGHT) / len(sizes)
    drawn = _grid(y)
    for i, (size, label) in enumerate(zip(sizes, labels, strict=True)):
        left, top, bottom = LEFT + room * (i + 0.05), min(y(size), y(0)), max(y(size), y(0))
        drawn.append(
            f'<rect x="{left:.1f}" y="{top}" width="{room * 0.9:.1f}" height="{bottom - top:.1f}" fill="{COLOURS[0]}">'
            f"<title>{escape(label)}: {size:,.10g}</title></rect>"
        )
    every = max(1, -(-len(sizes) // 8))
    most = int(room * every / _CHARACTER)
    for i in range(0, len(sizes), every):
        label = labels[i] if len(labels[i]) <= most else f"{labels[i][: most - 1]}…"
        drawn.append(f'<text x="{LEFT + room * (i + 0.5):.1f}" y="{HEIGHT - 16}" text-anchor="middle">{escape(label)}</text>')
    return _svg(title, drawn)


class _Scale:
    """Maps numbers to positions between two ends."""

    def __init__(self, numbers: Sequence[float | None], start: float, end: float) -> None:
        known = [number for number in numbers if number is not None]
        self.low, self.high = min(known), max(known)
        margin = 0.05 * (self.high - self.low) or abs(self.high) * 0.05 or 1.0
        self.low, self.high = self.low - margin, self.high + margin
        self.start, self.end = start, end

    def __call__(self, number: float) -> float:
        return round(self.start + (number - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Multiples of 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / _TICKS
        power = 10 ** math.floor(math.log10(rough))
        step = next(step for step in (1, 2, 5, 10) if step * power >= rough) * power
        return [step * i for i in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def _line(x: _Scale, y: _Scale, line: Sequence[Row], colour: str) -> list[str]:
    at = [(x(point["x"]), y(point["value"])) for point in line]
    drawn = []
    banded = [point for point in line if point["low"] is not None and point["high"] is not None]
    if len(banded) > 1:
        edge = [(x(p["x"]), y(p["high"])) for p in banded] + [(x(p["x"]), y(p["low"])) for p in reversed(banded)]
        drawn.append(f'<polygon points="{_places(edge)}" fill="{colour}" fill-opacity="0.15"/>')
    if len(at) > 1:
        drawn.append(f'<polyline points="{_places(at)}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return drawn + [f'<circle cx="{a}" cy="{b}" r="2.5" fill="{colour}"/>' for a, b in at]


def _places(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a},{b}" for a, b in places)


def _grid(y: _Scale) -> list[str]:
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick)}" y2="{y(tick)}" stroke="var(--line, #e2e8f0)"/>'
        f'<text x="{LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{short(tick)}</text>'
        for tick in y.ticks()
    ]


def _x_axis(x: _Scale, points: Sequence[Row]) -> list[str]:
    """The labels of the x axis: those of the points, as many as fit, else numbers."""
    labels = {point["x"]: point["said"] for point in points if point["said"]}
    marks = [(place, labels[place]) for place in sorted(labels)] or [(tick, short(tick)) for tick in x.ticks()]
    shown = marks[:: max(1, -(-len(marks) // 8))]
    return [f'<text x="{x(place)}" y="{HEIGHT - 16}" text-anchor="middle">{escape(str(word))}</text>' for place, word in shown]


def _legend(names: Sequence[str]) -> tuple[list[str], int]:
    """The names with their colours, in as many rows as needed, and the top of the plot below them."""
    drawn, at, row = list[str](), LEFT, 0
    for number, name in enumerate(names):
        if not name:
            continue
        width = 28 + 6 * len(name)
        if at > LEFT and at + width > WIDTH - RIGHT:
            at, row = LEFT, row + 1
        drawn.append(f'<rect x="{at}" y="{28 + _ROW * row}" width="10" height="10" fill="{COLOURS[number % len(COLOURS)]}"/>')
        drawn.append(f'<text x="{at + 14}" y="{37 + _ROW * row}">{escape(name)}</text>')
        at += width
    return drawn, TOP + _ROW * row


def _svg(title: str, drawn: Sequence[str]) -> str:
    # On a page the chart has the page's colours; as an image, its own.
    paper, ink = "var(--paper, #ffffff)", "var(--ink, #334155)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' font-family="sans-serif" font-size="11" fill="{ink}"><rect width="100%" height="100%" fill="{paper}"/>'
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="600">{escape(title)}</text>{"".join(drawn)}</svg>'
    )


def short(number: float) -> str:
    """1.2M, 340k, 0.25: a number in the width of a tick label."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}" if abs(number) > 1e-9 else "0"
