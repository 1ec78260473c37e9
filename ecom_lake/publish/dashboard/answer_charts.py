"""The chart of an answer on the page "Ask": bars, a waterfall, lines or a heat map, as the question's head states.

Here: from the rows of an answer to a chart's positions. Not here: lines and heat maps in general (lines.py, heatmap.py), the
same charts as text (cli/chart.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ecom_lake.engine.contracts.question import Chart
from ecom_lake.engine.serve.answering import Answered
from ecom_lake.publish.column_words import as_heading, in_words
from ecom_lake.publish.dashboard.heatmap import Cell, HeatMap, HeatRow, shade
from ecom_lake.publish.dashboard.lines import LineChart, Role, Series, line_chart
from ecom_lake.publish.pages.rendering import axis_amount

Format = Callable[[Any, bool], str]
"""A value as text; whether it is a share."""


@dataclass(frozen=True)
class AnswerBar:
    label: str
    text: str
    start: float
    """Percent of the width, like the bar's width."""
    width: float
    look: str = ""
    """incomplete for a marked bar; outside, which is pale, for a step of a waterfall between two sums."""


@dataclass(frozen=True)
class AnswerChart:
    """One of them, or none."""

    bars: Sequence[AnswerBar] = ()
    lines: LineChart | None = None
    heat: HeatMap | None = None


def answer_chart(found: Answered, most: int, text: Format) -> AnswerChart:
    """The chart of the first `most` rows of an answer."""
    chart = found.question.chart
    rows = [dict(zip(found.columns, map(_known, row), strict=True)) for row in found.rows[:most]]
    if chart is None or not rows:
        return AnswerChart()
    if chart.kind == "lines":
        return AnswerChart(lines=_lines(found, chart, rows, text))
    if chart.kind == "heat":
        return AnswerChart(heat=_heat(found, chart, rows, text))
    return AnswerChart(bars=_bars(found, chart, rows, text))


def _known(value: Any) -> Any:
    """A result that is not a number has no place in a chart."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _bars(found: Answered, chart: Chart, rows: Sequence[dict[str, Any]], text: Format) -> Sequence[AnswerBar]:
    """A bar for each row, from zero, or in a waterfall from where the one before ended; negative bars go to the left."""
    value = chart.values[0]
    known = [row for row in rows if row[value] is not None]
    marked = [bool(row[chart.mark]) if chart.mark else False for row in known]
    amounts = [float(row[value]) for row in known]
    starts = _steps(amounts, marked) if chart.kind == "waterfall" else [0.0] * len(amounts)
    ends = [start + amount for start, amount in zip(starts, amounts, strict=True)]
    low = min([0.0, *starts, *ends])
    room = max([0.0, *starts, *ends]) - low or 1.0
    return [
        AnswerBar(
            text(row[chart.label], False),
            text(row[value], value in found.question.shares),
            round(100 * (min(start, end) - low) / room, 2),
            round(100 * abs(end - start) / room, 2),
            _look(chart, is_marked, any(marked)),
        )
        for row, start, end, is_marked in zip(known, starts, ends, marked, strict=True)
    ]


def _look(chart: Chart, is_marked: bool, has_marked: bool) -> str:
    if chart.kind == "bars":
        return "incomplete" if is_marked else ""
    return "outside" if has_marked and not is_marked else ""


def _steps(amounts: Sequence[float], sums: Sequence[bool]) -> list[float]:
    """Where each step of a waterfall starts: a sum at zero, another one at the end of the step before it."""
    ends = accumulate(zip(amounts, sums, strict=True), lambda at, step: step[0] if step[1] else at + step[0], initial=0.0)
    return [0.0 if is_sum else start for start, is_sum in zip(ends, sums, strict=False)]


def _lines(found: Answered, chart: Chart, rows: Sequence[dict[str, Any]], text: Format) -> LineChart | None:
    labels = [text(row[chart.label], False) for row in rows]
    other: Role = "champion" if len(chart.values) == 2 else "rival"
    roles: Sequence[Role] = ("actual", *(other for _ in chart.values[1:]))
    series = []
    for name, role in zip(chart.values, roles, strict=True):
        points = [
            (float(at), row) for at, row in enumerate(rows) if row[name] is not None and not (chart.mark and row[chart.mark])
        ]
        texts = [f"{labels[int(at)]}: {in_words(name)} {text(row[name], name in found.question.shares)}" for at, row in points]
        series.append(Series(in_words(name), [(at, float(row[name])) for at, row in points], role, texts))
    is_share = chart.values[0] in found.question.shares

    def label(at: float) -> str:
        return labels[int(at)] if at.is_integer() and at < len(labels) else ""

    def number(value: float) -> str:
        return text(value, True) if is_share else axis_amount(value)

    ends = (0.0, max(len(rows) - 1.0, 1.0))
    return line_chart(found.question.title, series, number, ends, across=label)


def _heat(found: Answered, chart: Chart, rows: Sequence[dict[str, Any]], text: Format) -> HeatMap:
    assert chart.across is not None
    value, is_share = chart.values[0], chart.values[0] in found.question.shares
    columns = sorted({row[chart.across] for row in rows if row[chart.across] is not None})
    largest = max((float(row[value]) for row in rows if row[value] is not None), default=0.0)
    cells: dict[str, dict[Any, Cell]] = {}
    for row in rows:
        if row[value] is not None:
            shown = text(row[value], is_share)
            cells.setdefault(text(row[chart.label], False), {})[row[chart.across]] = Cell(
                shown, shade=shade(float(row[value]), largest), title=f"{row[chart.label]}, {row[chart.across]}: {shown}"
            )
    return HeatMap(
        found.question.title,
        as_heading(chart.across),
        as_heading(chart.label),
        [text(column, False) for column in columns],
        [HeatRow(label, [of_row.get(column, Cell()) for column in columns]) for label, of_row in cells.items()],
    )
