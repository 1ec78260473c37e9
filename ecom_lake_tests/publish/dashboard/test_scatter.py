"""The scatter of customers: positions, sizes and colours of the dots."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.publish.dashboard.scatter import LARGEST, SMALLEST, Dot, scatter


def a_bin(segment: str, days: int, spend: str, customers: int) -> dict[str, Any]:
    low = Decimal(spend)
    return {
        "segment": segment, "recency_from": days, "recency_to": days + 21, "spend_from": low, "spend_to": 2 * low,
        "customers": customers,
    }  # fmt: skip


def dots(*bins: dict[str, Any]) -> list[Dot]:
    made = scatter(bins, "{:,.0f}".format)
    assert made is not None
    return list(made.dots)


def test_recent_is_left_rich_is_up_and_many_is_large() -> None:
    recent_rich, old_poor = dots(a_bin("a", 4, "1000", 1), a_bin("b", 400, "10", 10_000))
    assert recent_rich.x < old_poor.x
    assert recent_rich.y < old_poor.y, "SVG counts from the top"
    assert (recent_rich.radius, old_poor.radius) == (SMALLEST, LARGEST)


def test_a_bin_of_several_segments_is_one_dot_in_the_colour_of_the_largest() -> None:
    [dot, _] = dots(a_bin("a", 4, "10", 3), a_bin("b", 4, "10", 5), a_bin("a", 100, "10", 90))
    assert dot.colour == 1, "a is the largest segment of the shop, and b the largest of the bin"
    assert dot.text == "8 customers, 4 to 24 days ago, 10 to 20: mostly b"


def test_every_dot_lies_within_the_plot() -> None:
    made = dots(a_bin("a", 0, "0", 1), a_bin("a", 3000, "10000000", 7), a_bin("a", 9, "1.25", 2))
    assert all(0 <= dot.x <= 100 and 0 <= dot.y <= 100 for dot in made)
    assert dots(a_bin("a", 5, "10", 1))[0].x == pytest.approx(50, abs=3)


def test_without_customers_there_is_no_chart() -> None:
    assert scatter([], str) is None
