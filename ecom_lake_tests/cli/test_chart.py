"""Text charts: correct shapes, and within their width for any input."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from ecom_lake.cli import chart

_values = st.lists(st.none() | st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=30)
_widths = st.integers(chart.NARROWEST, 160)


def number(value: float) -> str:
    return f"{value:,.0f}"


def drawn(lines: chart.Drawing) -> list[str]:
    return [line.plain.rstrip() for line in lines]


def test_bars_are_as_long_as_their_values() -> None:
    assert drawn(chart.bars(["a", "bb", "c", "d", "e"], [40, 20, 1, 0, None], 30, number)) == [
        "a  ████████████████████████ 40",
        "bb ████████████             20",
        "c  ▋                         1",
        "d                            0",
        "e",
    ]


def test_a_pale_bar_differs_without_colour() -> None:
    assert drawn(chart.bars(["a", "b"], [40, 20], 30, number, [False, True])) == [
        "a █████████████████████████ 40",
        "b ▒▒▒▒▒▒▒▒▒▒▒▒              20",
    ]


def test_negative_bars_extend_to_the_left() -> None:
    assert drawn(chart.bars(["up", "down"], [30, -10], 29, number)) == [
        "up        ███████████████  30",
        "down █████                -10",
    ]


def test_a_waterfall_starts_each_step_at_the_prior_sum() -> None:
    steps = ["gross", "less", "more", "net"]
    assert drawn(chart.waterfall(steps, [100, -50, 25, 75], 30, number, [True, False, False, True])) == [
        "gross ████████████████████ 100",
        "less            ▒▒▒▒▒▒▒▒▒▒ -50",
        "more            ▓▓▓▓▓       25",
        "net   ███████████████       75",
    ]


def test_a_line_rises_from_corner_to_corner() -> None:
    *plot, axis = drawn(chart.lines(["2017-01", "2017-02"], {"sales": [0, 100]}, 40, number))
    assert plot[0].startswith("100 ┤") and plot[-1].startswith("  0 ┤")
    filled = [[at for at, c in enumerate(line) if 0x2800 < ord(c) <= 0x28FF] for line in plot]
    assert all(filled)
    assert filled[0][-1] == 39 and filled[-1][0] == 5
    assert all(above[0] >= below[-1] for above, below in pairwise(filled))
    assert axis.split() == ["2017-01", "2017-02"]


def test_a_line_has_gaps_for_missing_values() -> None:
    whole = chart.lines(["a", "b", "c"], {"x": [5, 5, 5]}, 40, number)
    broken = chart.lines(["a", "b", "c"], {"x": [5, None, 5]}, 40, number)
    assert len(drawn(whole)[0].split("┤")[1].strip()) == 37
    assert len(drawn(broken)[0].split("┤")[1].split()) == 2


def test_second_lines_look_different_without_colour() -> None:
    *_, legend = drawn(chart.lines(["a", "b"], {"one": [1, 2], "two": [2, 1], "three": [0, 0]}, 60, number))
    high, low = (
        chart.lines(["a", "b"], {"one": one, "two": two}, 60, number) for one, two in (([9, 9], [0, 0]), ([0, 0], [9, 9]))
    )
    assert len(drawn(high)[0].split()) == 2 < len(drawn(low)[0].split())
    marks = legend.split()[0::2]
    assert legend.split()[1::2] == ["one", "two", "three"]
    assert len(set(marks)) == 3


def test_a_heat_map_prints_its_numbers_where_they_fit() -> None:
    cells = {("Mon", "1"): 0.0, ("Mon", "2"): 40.0, ("Tue", "1"): 80.0}
    assert drawn(chart.heat(["Mon", "Tue"], ["1", "2"], cells, 40, number, colour=False)) == [
        "      1   2",
        "Mon  0░ 40▓",
        "Tue 80█",
        "    0 ░▒▓█ 80",
    ]
    coloured = chart.heat(["Mon", "Tue"], ["1", "2"], cells, 40, number, colour=True)
    assert drawn(coloured) == ["     1  2", "Mon  0 40", "Tue 80"]
    assert len({span.style for line in coloured[1:] for span in line.spans}) == 3


def test_a_heat_map_states_how_many_columns_do_not_fit() -> None:
    hours = [str(hour) for hour in range(60)]
    *grid, _, left_out = drawn(chart.heat(["Mon"], hours, {("Mon", hour): 1.0 for hour in hours}, 40, number, colour=False))
    assert grid[-1] == f"Mon {'░' * 36}"
    assert left_out == "… and 24 more columns (too narrow)"


@given(_values, _widths, st.booleans(), st.text(max_size=60))
@example([2.3e-308], 30, False, "")
def test_bars_and_steps_fit_their_width(values: list[float | None], width: int, mark: bool, label: str) -> None:
    labels = [f"{label}{number}" for number in range(len(values))]
    marks = [mark and bool(number % 2) for number in range(len(values))]
    for drawing in (chart.bars(labels, values, width, number, marks), chart.waterfall(labels, values, width, number, marks)):
        assert len(drawing) == len(values)
        assert all(line.cell_len <= width for line in drawing)


@given(_values, _values, _widths)
def test_lines_and_heat_maps_fit_their_width(one: list[float | None], other: list[float | None], width: int) -> None:
    labels = [f"2017-{number}" for number in range(len(one))]
    second = (other * len(one))[: len(one)]
    assert all(line.cell_len <= width for line in chart.lines(labels, {"one": one, "two": second}, width, number))
    cells = {(label, name): value for label in labels for name, value in zip(labels, second, strict=True)}
    for colour in (True, False):
        assert all(line.cell_len <= width for line in chart.heat(labels, labels, cells, width, number, colour))
