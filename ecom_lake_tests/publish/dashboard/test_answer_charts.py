"""Charts of answers: as the question's head states, with every row in its place and none that is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.contracts.question import Chart, Drawn, Question
from ecom_lake.engine.serve.answering import Answered
from ecom_lake.publish.dashboard.answer_charts import AnswerChart, answer_chart
from ecom_lake.publish.pages.rendering import axis_amount

AMOUNTS = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=12)


def charted(chart: Chart | None, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], most: int = 1_000) -> AnswerChart:
    question = Question("any", "Any?", "Sales", "select 1", chart=chart)
    return answer_chart(Answered(question, {}, {}, tuple(columns), tuple(rows), "", None), most, lambda value, _: str(value))


def test_a_line_has_a_point_for_each_known_value_and_leaves_out_marked_rows() -> None:
    chart = Chart("lines", "month", ("sold", "expected"), mark="is_incomplete")
    rows = [("2018-01", 1, 2, True), ("2018-02", 3, None, False), ("2018-03", 4, 5, False)]
    lines = charted(chart, ["month", "sold", "expected", "is_incomplete"], rows).lines
    assert lines is not None
    assert {line.name: [(dot.x, dot.text) for dot in line.dots] for line in lines.lines} == {
        "sold": [(50.0, "2018-02: sold 3"), (100.0, "2018-03: sold 4")],
        "expected": [(100.0, "2018-03: expected 5")],
    }
    assert [(tick.at, tick.text) for tick in lines.across if tick.text] == [
        (0.0, "2018-01"),
        (50.0, "2018-02"),
        (100.0, "2018-03"),
    ]


def test_a_line_of_one_row_is_a_dot_above_its_label() -> None:
    lines = charted(Chart("lines", "month", "sold"), ["month", "sold"], [("2018-01", 3)]).lines
    assert lines is not None
    assert [(dot.x, dot.text) for dot in lines.lines[0].dots] == [(0.0, "2018-01: sold 3")]
    assert [(tick.at, tick.text) for tick in lines.across if tick.text] == [(0.0, "2018-01")]


@pytest.mark.parametrize("kind", ["lines", "heat", "bars"])
def test_a_value_that_is_not_a_number_is_not_known(kind: Drawn) -> None:
    chart, rows = Chart(kind, "name", "value", across="at" if kind == "heat" else None), [("a", 1, 1.0), ("b", 1, math.nan)]
    assert charted(chart, ["name", "at", "value"], rows) == charted(
        chart, ["name", "at", "value"], [("a", 1, 1.0), ("b", 1, None)]
    )


def test_a_line_of_no_known_value_is_not_drawn() -> None:
    assert charted(Chart("lines", "month", "sold"), ["month", "sold"], [("2018-01", None)]) == AnswerChart()


def test_a_heat_map_is_blank_where_no_row_is() -> None:
    chart = Chart("heat", "cohort", "share", across="months_later")
    heat = charted(chart, ["cohort", "months_later", "share"], [("a", 2, 4), ("a", 1, 1), ("b", 1, 0)]).heat
    assert heat is not None
    assert heat.columns == ["1", "2"]
    assert [(row.label, [cell.text for cell in row.cells]) for row in heat.rows] == [("a", ["1", "4"]), ("b", ["0", ""])]
    first, second = heat.rows[0].cells
    assert 0 < first.shade < second.shade


@given(AMOUNTS)
def test_bars_begin_at_zero_and_are_as_long_as_their_values(amounts: list[int]) -> None:
    bars = charted(Chart("bars", "name", "value"), ["name", "value"], list(enumerate(amounts))).bars
    room = max(0, *amounts) - min(0, *amounts) or 1
    zero = 100 * -min(0, *amounts) / room
    for bar, amount in zip(bars, amounts, strict=True):
        assert bar.width == pytest.approx(100 * abs(amount) / room, abs=0.01)
        assert (bar.start if amount >= 0 else bar.start + bar.width) == pytest.approx(zero, abs=0.02)


@given(AMOUNTS)
def test_each_step_of_a_waterfall_begins_where_the_one_before_ended(steps: list[int]) -> None:
    rows = [("first", 5_000, True), *(("step", step, False) for step in steps), ("last", 5_000 + sum(steps), True)]
    bars = charted(Chart("waterfall", "name", "value", mark="is_sum"), ["name", "value", "is_sum"], rows).bars
    end = 0.0
    for bar, (_, amount, is_sum) in zip(bars, rows, strict=True):
        begins, ends = (bar.start, bar.start + bar.width) if amount >= 0 else (bar.start + bar.width, bar.start)
        assert begins == pytest.approx(0.0 if is_sum else end, abs=0.03)
        assert bar.look == ("" if is_sum else "outside")
        end = ends
    assert charted(None, ["name", "value"], [("first", 1)]) == AnswerChart()


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "€ 0"), (5_000, "€ 5,000"), (20_000, "€ 20k"), (1_500_000, "€ 1.5M"), (-2e6, "-€ 2M"), (3e9, "€ 3B"), (0.5, "€ 0.5")],
)
def test_a_tick_is_short_and_exact(amount: float, text: str) -> None:
    assert axis_amount(amount, currency="€").replace("\N{NO-BREAK SPACE}", " ") == text
