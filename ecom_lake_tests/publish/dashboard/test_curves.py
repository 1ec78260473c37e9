"""Curves: positions of lines, bands, ticks and labels."""

from __future__ import annotations

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.curves import Axis, Series, curves

X, Y = Axis("days", "{:.0f}".format, 0, 10), Axis("share", "{:.2f}".format, 0, 1)


def test_values_are_proportional_to_the_plot_and_count_from_the_bottom() -> None:
    chart = curves("a", [Series([(0, 0.0), (5, 0.25), (10, 1.0)], band=[(0, 0.0, 0.5), (10, 0.5, 1.0)])], X, Y)
    assert chart is not None
    assert chart.curves[0].line == "0,100 50,75 100,0"
    assert chart.curves[0].band == "0,50 100,0 100,50 0,100", "the upper bound, and the lower one back"
    assert [(tick.at, tick.text) for tick in chart.y_ticks] == [(20 * i, f"{0.2 * i:.2f}") for i in range(6)]
    assert chart.lowest == ""


def test_labels_are_at_the_ends_of_their_lines_without_covering_each_other() -> None:
    chart = curves("a", [Series([(0, 0.1), (9, value)], label=name) for name, value in (("a", 0.5), ("b", 0.51))], X, Y)
    assert chart is not None
    assert [label.text for label in chart.labels] == ["a", "b"]
    a, b = (label.y for label in chart.labels)
    assert a - b >= 6, "a ends below b"


def test_an_axis_that_does_not_start_at_zero_states_where_it_starts() -> None:
    chart = curves("a", [Series([(0, 100.0), (9, 200.0)])], X, Axis("value", "{:.0f}".format))
    assert chart is not None
    assert chart.lowest == "96"


def test_one_point_is_no_curve() -> None:
    assert curves("a", [Series([(0, 1.0)])], X, Y) is None
    assert curves("a", [], X, Y) is None


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e9, 1e9)), min_size=2, max_size=30))
def test_every_point_is_a_finite_place_in_the_plot(points: list[tuple[float, float]]) -> None:
    chart = curves("a", [Series(sorted(points))], Axis("x", str), Axis("y", str))
    assert chart is not None
    places = [float(number) for number in re.findall(r"[-\d.]+(?:e-?\d+)?", chart.curves[0].line)]
    assert len(places) == 2 * len(points)
    assert all(math.isfinite(place) and -0.01 <= place <= 100.01 for place in places)
