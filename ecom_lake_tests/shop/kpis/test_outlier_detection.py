"""When a month is unusual: hand-computed values for short histories, and properties of any history."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.shop.kpis.outlier_detection import (
    AMOUNTS,
    COUNTS,
    DAYS,
    LEAST_HISTORY,
    LIMIT,
    QUIET_DAYS,
    RATIOS,
    SHARES,
    Scale,
    assess,
)

SCALES = (COUNTS, RATIOS, AMOUNTS, DAYS, QUIET_DAYS, SHARES)
PLAIN = Scale(lambda x: x, lambda y: y, least_deviation=1.0)


def nothing_by_chance(values: Sequence[float | None]) -> list[float]:
    return [0.0] * len(values)


def scores(values: Sequence[float | None], scale: Scale = PLAIN) -> list[float | None]:
    return [None if one is None else round(one.score, 6) for one in assess(values, nothing_by_chance(values), scale)]


def test_there_is_no_score_before_six_months() -> None:
    assert scores([5.0] * 5 + [99.0]) == [None] * 6
    assert scores([5.0] * 6 + [99.0])[-1] == 94.0


def test_a_trend_is_extrapolated_from_its_middle_at_half_its_slope() -> None:
    # The middle of 0 to 5 is 2.5, its slope 1; three and a half months on, half of that is 1.75 more.
    [*_, last] = assess([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0] * 7, PLAIN)
    assert last is not None
    assert (last.expected, last.low, last.high, last.score) == (4.25, 4.25 - LIMIT, 4.25 + LIMIT, 1.75)


def test_one_outlier_does_not_change_the_expectation() -> None:
    assert scores([5.0, 5.0, 5.0, 500.0, 5.0, 5.0, 5.0])[-1] == 0.0


def test_unknown_months_do_not_count_as_history() -> None:
    assert scores([5.0, None, 5.0, 5.0, None, 5.0, 5.0, None, 5.0, 9.0]) == [None] * 9 + [4.0]


def test_a_season_is_expected_in_its_second_year() -> None:
    year = [10.0] * 11 + [18.0]
    first, second = 11, 23
    found = scores(year + year)
    assert found[first] == 8.0
    assert found[second] == 0.0


def test_large_past_errors_raise_the_threshold() -> None:
    restless: list[float | None] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, *([9.0, -9.0, 0.0] * 4), 12.0]
    [*_, last] = assess(restless, nothing_by_chance(restless), PLAIN)
    assert last is not None
    assert not last.is_outlier


def test_small_numbers_may_vary_by_chance() -> None:
    share = [0.2] * 6 + [0.6]
    few, many = ([0.5 / sqrt(n)] * 7 for n in (9, 900))
    assert [one[-1].is_outlier for one in (assess(share, few, SHARES), assess(share, many, SHARES)) if one[-1]] == [False, True]


@pytest.mark.parametrize(("scale", "least"), [(COUNTS, 0.43), (RATIOS, 0.19), (AMOUNTS, 0.3)])
def test_a_small_difference_is_never_unusual(scale: Scale, least: float) -> None:
    steady: list[float | None] = [1000.0] * 6
    assert least == pytest.approx(1 - exp(-LIMIT * scale.least_deviation), abs=0.01)
    fall = 1000 * (1 - least)
    assert [assess([*steady, fall + by], [0.0] * 7, scale)[-1].is_outlier for by in (-20, 20)] == [True, False]  # type: ignore[union-attr]


@given(st.sampled_from(SCALES), st.lists(st.floats(0, 1), min_size=LEAST_HISTORY + 1, max_size=30))
def test_bounds_contain_the_expectation_and_agree_with_the_score(scale: Scale, values: list[float]) -> None:
    for value, found in zip(values, assess(list(values), [0.0] * len(values), scale), strict=True):
        if found is not None:
            assert 0 <= found.low <= found.expected <= found.high
            if abs(abs(found.score) - LIMIT) > 1e-6 and 0.001 < value < 0.999:
                assert found.is_outlier == (not found.low <= value <= found.high)


@given(st.lists(st.floats(1, 1e6), min_size=7, max_size=30), st.sampled_from([0.01, 7.0, 1000.0]))
def test_the_unit_of_an_amount_does_not_change_the_scores(values: list[float], unit: float) -> None:
    big = Scale(log, exp, AMOUNTS.least_deviation)
    one, other = scores(list(values), big), scores([value * unit for value in values], big)
    assert one == [None if score is None else pytest.approx(score, abs=1e-4) for score in other]


def outliers(values: Sequence[float], scale: Scale) -> list[int]:
    assessed = assess(values, [0.0] * len(values), scale)
    return [month for month, found in enumerate(assessed) if found and found.is_outlier]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([5.0] * 3 + [0.0] * 8, AMOUNTS),
        ([5.0] * 3 + [0.0] * 8, COUNTS),
        ([0.3] * 3 + [0.0] * 6, SHARES),
        ([0.5] * 3 + [1.0] * 8, SHARES),
    ],
)
def test_a_measure_that_stays_at_its_limit_raises_no_alarm_there(values: list[float], scale: Scale) -> None:
    """The slope of the months before points beyond 0, or beyond all. The first assessed month is the fourth at the limit."""
    assert [month for month in outliers(values, scale) if month > 6] == []


def test_an_end_raises_an_alarm_for_a_quarter_and_is_then_normal() -> None:
    assert outliers([4.0] * 12 + [0.0] * 8, AMOUNTS) == [12, 13, 14, 15]
