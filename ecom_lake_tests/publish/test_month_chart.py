"""Month charts: the height of a bar is proportional to its value, and the forecast starts where the complete months end."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.publish.pages.month_chart import Forecast, MonthChart, Point, month_chart

JAN, FEB, MAR, APR = (date(2018, number, 1) for number in (1, 2, 3, 4))


def drawn(points: list[Point], kind: str = "bars", forecast: list[Forecast] | None = None) -> MonthChart:
    chart = month_chart("Net sales", "bars" if kind == "bars" else "line", points, "{:,.0f}".format, forecast=forecast or [])
    assert chart is not None
    return chart


def test_the_height_of_a_bar_is_proportional_to_its_value() -> None:
    one, two, none = drawn([Point(JAN, 50.0), Point(FEB, 100.0), Point(MAR, 0.0)]).marks
    assert two.height == pytest.approx(2 * one.height, abs=0.01)
    assert (none.height, one.y, two.y) == (0.0, one.height, two.height)
    assert one.x < two.x < none.x


def test_a_negative_bar_hangs_below_zero() -> None:
    minus, plus = drawn([Point(JAN, -50.0), Point(FEB, 50.0)]).marks
    assert minus.height == pytest.approx(plus.height, abs=0.02)
    assert plus.y - plus.height == pytest.approx(minus.y, abs=0.02)


def test_ticks_are_round_numbers_in_the_format_of_the_values() -> None:
    assert [tick.text for tick in drawn([Point(JAN, 848_860.1), Point(FEB, 1_003_862.13)]).ticks] == ["0", "500,000", "1,000,000"]


def test_an_incomplete_month_is_marked() -> None:
    chart = drawn([Point(JAN, 50.0), Point(FEB, 1.0, is_complete=False)])
    assert chart.has_incomplete and [mark.is_complete for mark in chart.marks] == [True, False]
    assert chart.marks[1].text == "Feb 2018: 1 (incomplete month)"


def test_the_forecast_line_starts_at_the_last_complete_month() -> None:
    points = [Point(JAN, 50.0), Point(FEB, 100.0), Point(MAR, 2.0, is_complete=False)]
    chart = drawn(points, forecast=[Forecast(MAR, 90.0, 60.0, 120.0), Forecast(APR, 95.0, None, None)])
    start, *ahead = chart.forecast_line.split()
    assert start == f"{chart.marks[1].x:.2f},{100 - chart.marks[1].y:.2f}"
    assert len(ahead) == 2
    assert len(chart.interval.split()) == 4, "a single month with an interval is as wide as a bar"
    assert chart.forecast_marks[0].text == "Mar 2018: forecast 90, 80% interval 60 to 120"
    assert len(chart.labels) == 4, "a month that is both incomplete and forecast is drawn once"


def test_a_line_breaks_where_months_are_missing() -> None:
    chart = drawn([Point(JAN, 4.0), Point(FEB, None), Point(MAR, 4.2), Point(APR, 4.1)], kind="line")
    assert [len(line.split()) for line in chart.lines] == [1, 2]


def test_a_single_month_is_drawn_and_none_is_no_chart() -> None:
    [bar] = drawn([Point(JAN, 7.0)]).marks
    assert (bar.x, bar.height > 0) == (50.0, True)
    assert month_chart("Net sales", "bars", [Point(JAN, None)], str) is None
    assert month_chart("Net sales", "bars", [], str) is None


def test_narrow_charts_keep_the_labels_of_january_and_july() -> None:
    points = [Point(date(2017 + i // 12, i % 12 + 1, 1), 1.0) for i in range(24)]
    labels = drawn(points).labels
    assert [(label.month, label.year) for label in labels if label.tier == 0] == [
        ("Jan", "2017"),
        ("Jul", ""),
        ("Jan", "2018"),
        ("Jul", ""),
    ]
    assert [label.tier for label in drawn(points[1:4]).labels] == [0, 0, 0], "few months have room for every label"


@pytest.mark.parametrize(
    ("first", "years"),
    [
        ((2017, 5), [("May", "2017", 0), ("Jul", "2017", 2), ("Jan", "2018", 0)]),
        ((2017, 4), [("Apr", "2017", 0), ("Jul", "2017", 1), ("Jan", "2018", 0)]),
        ((2016, 9), [("Sep", "2016", 0), ("Oct", "2016", 2), ("Jan", "2017", 0)]),
    ],
)
def test_a_year_that_an_earlier_label_carries_is_not_shown_with_it(
    first: tuple[int, int], years: list[tuple[str, str, int]]
) -> None:
    year, month = first
    months = [date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1) for i in range(15)]
    labels = drawn([Point(one, 1.0) for one in months]).labels
    assert [(label.month, label.year, label.year_until) for label in labels if label.year] == years
