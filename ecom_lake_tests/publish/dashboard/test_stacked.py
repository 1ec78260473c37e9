"""Bars of several parts: lengths proportional to sizes, parts that follow each other, and nothing outside the bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.stacked import StackedRow, stacked

SIZES = st.none() | st.floats(-50, 500, allow_nan=False)


def row(*sizes: float | None) -> StackedRow:
    parts = {f"part{place}": size for place, size in enumerate(sizes)}
    return StackedRow("SP", parts, dict.fromkeys(parts, "text"), "value")


def test_parts_follow_each_other_and_the_longest_bar_fills_the_width() -> None:
    short, long = stacked([row(1, 2, 2), row(2, None, 8)])
    assert [(part.start, part.width) for part in short.parts] == [(0, 10), (10, 20), (30, 20)]
    assert [(part.kind, part.start, part.width) for part in long.parts] == [("part0", 0, 20), ("part2", 20, 80)]


def test_shares_fill_the_width_that_is_stated() -> None:
    [bar] = stacked([row(0.25, 0.25)], full=1.0)
    assert sum(part.width for part in bar.parts) == 50


@given(st.lists(st.lists(SIZES, min_size=1, max_size=5), max_size=8))
def test_every_part_lies_within_the_bar(bars: list[list[float | None]]) -> None:
    for sizes, bar in zip(bars, stacked([row(*sizes) for sizes in bars]), strict=True):
        assert len(bar.parts) == sum(size is not None and size > 0 for size in sizes)
        assert all(part.start >= 0 and part.start + part.width <= 100.05 for part in bar.parts)


def test_without_a_known_size_a_bar_is_empty() -> None:
    assert [bar.parts for bar in stacked([row(None, 0.0, -3.0)])] == [[]]
    assert stacked([]) == []


def test_lengths_are_proportional() -> None:
    bars = stacked([row(30), row(60), row(90)])
    widths = [bar.parts[0].width for bar in bars]
    assert widths == pytest.approx([100 / 3, 200 / 3, 100], abs=0.01)
