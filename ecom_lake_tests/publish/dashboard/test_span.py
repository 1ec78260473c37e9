"""The months of a page, and what they are compared with."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.span import Month, Span, compared_with, shifted, span_of


def months(first: str, complete: str) -> list[Month]:
    """Consecutive months; `c` is a complete one and `.` an incomplete one."""
    start = date.fromisoformat(f"{first}-01")
    return [Month(shifted(start, i), mark == "c") for i, mark in enumerate(complete)]


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01"))


@pytest.mark.parametrize(
    ("complete", "expected"),
    [
        ("." + "c" * 24 + ".", span("2018-01", "2018-12")),
        ("." + "c" * 20 + ".", span("2018-03", "2018-08")),
        ("." + "c" * 7 + ".", span("2017-05", "2017-07")),
        (".cc.", span("2017-02", "2017-02")),
        ("...", span("2017-02", "2017-02")),
    ],
)
def test_the_default_months_can_be_compared_with_as_many_before(complete: str, expected: Span) -> None:
    assert span_of(Filters(), months("2016-12", complete)) == expected


def test_chosen_months_stay_within_those_of_the_shop() -> None:
    known = months("2017-01", "cccc")
    assert span_of(Filters(first=date(2016, 1, 1), last=date(2030, 1, 1)), known) == span("2017-01", "2017-04")
    assert span_of(Filters(first=date(2017, 3, 1), last=date(2017, 2, 1)), known) == span("2017-02", "2017-03")
    assert span_of(Filters(), []) is None


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(4100, 1, 1), None, span("2017-06", "2017-06")),
        (None, date(1, 1, 1), span("2017-01", "2017-01")),
        (None, date(2017, 1, 1), span("2017-01", "2017-01")),
        (None, date(4100, 1, 1), span("2017-06", "2017-06")),
        (date(2030, 1, 1), date(2030, 5, 1), span("2017-06", "2017-06")),
        (date(2016, 1, 1), date(2016, 5, 1), span("2017-01", "2017-01")),
        (date(2017, 6, 1), None, span("2017-06", "2017-06")),
        (date(2017, 3, 1), None, span("2017-03", "2017-05")),
    ],
)
def test_months_outside_the_shop_become_its_nearest_month(first: date | None, last: date | None, expected: Span) -> None:
    """January and June are incomplete."""
    assert span_of(Filters(first=first, last=last), months("2017-01", ".cccc.")) == expected


ANY_MONTH = st.none() | (st.dates() | st.dates(date(2016, 6, 1), date(2018, 12, 1))).map(lambda day: day.replace(day=1))


@given(ANY_MONTH, ANY_MONTH, st.text("c.", min_size=1, max_size=26))
def test_any_two_months_are_a_span_within_the_shop(first: date | None, last: date | None, complete: str) -> None:
    known = months("2016-11", complete)
    found = span_of(Filters(first=first, last=last), known)
    assert found is not None
    assert known[0].month <= found.first <= found.last <= known[-1].month
    for month in (first, last):
        if month and known[0].month <= month <= known[-1].month:
            assert month in (found.first, found.last), "a month of the shop is one of the two ends"


def test_only_complete_months_are_compared() -> None:
    known = months("2017-01", "cc.c" + "c" * 12)
    assert compared_with(span("2017-02", "2017-02"), "previous", known) == span("2017-01", "2017-01")
    assert compared_with(span("2017-04", "2017-04"), "previous", known) is None, "March is incomplete"
    assert compared_with(span("2017-01", "2017-01"), "previous", known) is None, "there is nothing before"
    assert compared_with(span("2018-01", "2018-02"), "year", known) == span("2017-01", "2017-02")
    assert compared_with(span("2018-02", "2018-03"), "year", known) is None
