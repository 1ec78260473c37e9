"""Lines: positions within the plot, names that do not overlap, and a name at the start of a line that ends early."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.lines import NAME_HEIGHT, Band, Series, apart, line_chart


@given(st.lists(st.floats(0, 100), max_size=12))
def test_names_stay_in_order_and_apart_and_within_the_plot_where_they_fit(heights: list[float]) -> None:
    placed = apart(heights)
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    assert all(placed[below] - placed[above] >= NAME_HEIGHT - 0.02 for above, below in pairwise(order))
    assert all(height <= 100 for height in placed)


def test_a_name_that_has_room_stays_at_the_end_of_its_line() -> None:
    assert apart([50.0, 10.0]) == [50.0, 10.0]
    assert apart([10.0, 10.0]) == [10.0, 10.0 + NAME_HEIGHT]


def test_positions_and_the_interval() -> None:
    series = [Series("sold", [(0, 0), (1, 50)], "actual", ("a", "b")), Series("forecast", [(1, 50), (2, 100)], "champion")]
    chart = line_chart("t", series, "{:g}".format, (0, 2), [Band(1, 40, 60), Band(2, 80, 100)])
    assert chart is not None
    sold, forecast = chart.lines
    assert [(dot.x, dot.text) for dot in sold.dots] == [(0, "a"), (50, "b")]
    assert sold.begins is not None, "it ends before the right edge"
    assert forecast.begins is None
    assert sold.points.split()[1] == forecast.points.split()[0], "the forecast begins where the sales end"
    ys = [float(place.split(",")[1]) for place in forecast.points.split()]
    assert ys[1] < ys[0], "SVG counts from the top"
    assert len(chart.band.split()) == 4
    assert chart.ticks[0].text == "0"


@given(st.lists(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=9), min_size=1, max_size=5), st.booleans())
def test_every_point_lies_within_the_plot(lines: list[list[float]], from_zero: bool) -> None:
    series = [Series(str(i), list(enumerate(values)), "rival") for i, values in enumerate(lines)]
    chart = line_chart("t", series, "{:g}".format, (0, 8), across="{:g}".format, from_zero=from_zero)
    assert chart is not None
    places = [float(number) for line in chart.lines for place in line.points.split() for number in place.split(",")]
    assert all(-0.01 <= number <= 100.01 for number in places)
    assert all(0 <= tick.at <= 100 for tick in chart.across)


def test_without_points_there_is_no_chart() -> None:
    assert line_chart("t", [Series("a", [], "actual")], str, (0, 1)) is None
