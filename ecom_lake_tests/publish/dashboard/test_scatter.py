"""The scatter of customers: positions, shades and colours of the cells, and the text of a recency."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.publish.dashboard.scatter import COLOURS, SHADES, SIZE, Cells, Scatter, scatter
from ecom_lake.publish.dashboard.stylesheet import stylesheet


def a_bin(segment: str, days: int, spend: str, customers: int) -> dict[str, Any]:
    low = Decimal(spend)
    return {
        "segment": segment, "recency_from": days, "recency_to": days + 21, "spend_from": low, "spend_to": 2 * low,
        "customers": customers,
    }  # fmt: skip


def drawn(*bins: dict[str, Any]) -> Scatter:
    made = scatter(bins, "{:,.0f}".format)
    assert made is not None
    return made


def boxes(cells: Cells) -> list[tuple[int, ...]]:
    """Left, top, width and height of each cell."""
    return [tuple(map(int, numbers)) for numbers in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", cells.path)]


def test_segments_have_colours_of_their_own() -> None:
    made = drawn(*(a_bin(f"segment {number:02}", 22 * number, "10", 100 - number) for number in range(COLOURS + 1)))
    colours = [colour for _, colour in made.legend]
    assert colours == [*range(COLOURS), COLOURS - 1]
    assert sorted({cells.colour for cells in made.cells}) == colours[:-1]
    styles = str(stylesheet())
    fills = re.findall(r"\.colour(\d+) \{ fill: ([^;]+);", styles)
    assert [int(number) for number, _ in fills] == colours[:-1]
    assert len({fill for _, fill in fills}) == COLOURS


def test_recent_is_left_rich_is_up_and_many_is_dark() -> None:
    recent_rich, old_poor = sorted(
        drawn(a_bin("a", 4, "1000", 1), a_bin("b", 400, "10", 10_000)).cells, key=lambda cells: cells.shade
    )
    [(left, top, *_)], [(right, bottom, *_)] = boxes(recent_rich), boxes(old_poor)
    assert left < right
    assert top < bottom, "SVG counts from the top"
    assert (recent_rich.shade, old_poor.shade) == (1, SHADES)


def test_a_bin_of_several_segments_is_one_cell_in_the_colour_of_the_largest() -> None:
    made = drawn(a_bin("a", 4, "10", 3), a_bin("b", 4, "10", 5), a_bin("a", 100, "10", 90))
    assert [(cells.colour, len(boxes(cells))) for cells in made.cells] == [(0, 1), (1, 1)]
    assert [column.text for column in made.columns] == [
        "8 customers, 4 to 24 days ago: 5 b; 3 a",
        "90 customers, 100 to 120 days ago: 90 a",
    ], "a is the largest segment of the shop, and b the largest of the bin"


def test_a_column_counts_all_customers_of_its_recency() -> None:
    made = drawn(*(a_bin(name, 4, spend, n) for n, name in enumerate("abcd", 1) for spend in ("10", "80")))
    assert [column.text for column in made.columns] == ["20 customers, 4 to 24 days ago: 8 d; 6 c; 4 b; …"]


def test_cells_of_one_colour_and_shade_are_one_path() -> None:
    made = drawn(*(a_bin("a", days, "10", 5) for days in range(0, 210, 21)))
    assert [len(boxes(cells)) for cells in made.cells] == [10]


def test_every_cell_lies_within_the_plot() -> None:
    made = drawn(a_bin("a", 0, "0", 1), a_bin("a", 3000, "10000000", 7), a_bin("a", 9, "1.25", 2))
    for left, top, width, height in (box for cells in made.cells for box in boxes(cells)):
        assert 0 <= left < left + width <= SIZE
        assert 0 <= top < top + height <= SIZE
    [only] = drawn(a_bin("a", 5, "10", 1)).columns
    assert only.x + only.width / 2 == pytest.approx(SIZE / 2, abs=30)


def test_without_customers_there_is_no_chart() -> None:
    assert scatter([], str) is None
