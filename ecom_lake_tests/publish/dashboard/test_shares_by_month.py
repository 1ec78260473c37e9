"""Stacked columns: the parts of a month fill it, and the large ones are named."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.publish.dashboard.shares_by_month import shares_by_month

JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)


def test_the_parts_of_a_month_are_as_high_as_their_shares_in_the_given_order() -> None:
    chart = shares_by_month("a", [(JANUARY, {"b": 3, "a": 1}), (FEBRUARY, {"a": 99, "b": 0, "c": 1})], ("a", "b", "c"))
    assert chart is not None
    january, february = chart.columns
    assert [(part.y, part.height, part.colour) for part in january.parts] == [(0, 25, 0), (25, 75, 1)]
    assert [(part.y, part.height, part.colour) for part in february.parts] == [(0, 99, 0), (99, 1, 2)]
    assert january.parts[1].text == "Jan 2018: 3 b, 75.0%"
    assert january.x + january.width < february.x
    assert [label.text for label in chart.labels] == ["a"], "a part of 1% has no label"
    assert chart.labels[0].share == "99.0%"


def test_a_name_outside_the_order_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError, match="z"):
        shares_by_month("a", [(JANUARY, {"a": 1, "z": 1})], ("a",))


def test_without_customers_there_is_no_chart() -> None:
    assert shares_by_month("a", [(JANUARY, {"a": 0})], ("a",)) is None
