"""The quadrant of categories: places, sizes, and labels that cover nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.category_quadrant import (
    LARGEST,
    NARROW,
    SMALLEST,
    WIDE,
    Bubble,
    Category,
    Quadrant,
    circle_box,
    label_box,
    labelled,
    quadrant,
)

CATEGORIES = st.lists(
    st.builds(
        Category,
        name=st.text("abcdefg_", min_size=1, max_size=24),
        net_sales=st.floats(0.01, 1e9),
        growth=st.floats(1e-6, 1e6),
        quality=st.floats(1, 5),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda one: one.name,
)


def drawn(*categories: Category) -> Quadrant:
    found = quadrant(categories, 4.0, "{:.2f}".format, "{:,.0f}".format)
    assert found is not None
    return found


def test_growing_is_right_liked_is_up_and_much_is_large() -> None:
    chart = drawn(Category("a", 1_000_000, 2.0, 4.5), Category("b", 100, 0.5, 3.5))
    large, small = chart.bubbles
    assert small.x < chart.no_growth < large.x
    assert large.y < chart.average < small.y, "SVG counts from the top"
    assert large.x - chart.no_growth == pytest.approx(chart.no_growth - small.x), "doubling and halving are equally far"
    assert (large.radius, small.radius) == (LARGEST, SMALLEST)
    assert large.text == "a: 1,000,000, growth +100%, 4.50"


def test_the_area_of_a_bubble_is_in_proportion() -> None:
    large, small = drawn(Category("a", 400, 1.0, 4.0), Category("b", 100, 1.0, 4.0)).bubbles
    assert small.radius / large.radius == pytest.approx(0.5, abs=0.01)


@given(CATEGORIES)
def test_every_bubble_lies_within_the_plot(categories: list[Category]) -> None:
    chart = drawn(*categories)
    places = [*(one.x for one in chart.bubbles), *(one.y for one in chart.bubbles), chart.no_growth, chart.average]
    places += [tick.at for tick in (*chart.growths, *chart.qualities)]
    assert all(math.isfinite(at) and 0 <= at <= 100 for at in places)
    assert len(chart.bubbles) == len(categories)


@pytest.mark.parametrize("pixels", [WIDE, NARROW])
@given(categories=CATEGORIES)
def test_no_label_covers_another_label_or_another_bubble(categories: list[Category], pixels: float) -> None:
    bubbles = labelled(drawn(*categories).bubbles, pixels)
    labels = {one.name: label_box(one, one.label, pixels) for one in bubbles if one.label is not None}
    circles = {one.name: circle_box(one, pixels) for one in bubbles}
    for name, (left, top, right, bottom) in labels.items():
        assert min(left, top) >= 0
        assert max(right, bottom) <= 100
        for other, box in [*labels.items(), *circles.items()]:
            overlaps = left < box[2] and box[0] < right and top < box[3] and box[1] < bottom
            assert other == name or not overlaps


def test_the_larger_of_two_neighbours_has_the_label() -> None:
    bubbles = labelled([Bubble("large", 50, 50, 17, ""), Bubble("x" * 60, 51, 50, 4, "")], WIDE)
    assert [one.label is not None for one in bubbles] == [True, False]


def test_without_categories_there_is_no_chart() -> None:
    assert quadrant([], 4.0, str, str) is None
