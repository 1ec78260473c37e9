"""The tests of shares and counts, held against statsmodels and scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.models.insight_rules.evidence import count_against_count, share_against_share, share_interval

COUNTS = st.tuples(st.integers(0, 400), st.integers(1, 400)).filter(lambda pair: pair[0] <= pair[1])


@given(COUNTS, COUNTS)
def test_two_shares_are_compared_as_statsmodels_does(one: tuple[int, int], other: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import proportions_ztest

    hits, trials = one[0] + other[0], one[1] + other[1]
    if hits in (0, trials):
        assert share_against_share(*one, *other) is None
    else:
        assert share_against_share(*one, *other) == pytest.approx(proportions_ztest((one[0], other[0]), (one[1], other[1]))[1])


@given(COUNTS)
def test_a_share_has_wilsons_interval(one: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert share_interval(*one) == pytest.approx(proportion_confint(*one, alpha=0.05, method="wilson"), abs=1e-9)


def test_counts_are_compared_given_their_sum() -> None:
    assert count_against_count(100, 100) == pytest.approx(1)
    assert count_against_count(130, 100) == pytest.approx(0.04792, abs=1e-4)  # z = 30 / √230 = 1.978
    assert count_against_count(0, 0) is None


def test_nothing_can_be_said_without_trials() -> None:
    assert share_against_share(0, 0, 5, 10) is None
    assert share_against_share(5, 10, 0, 0) is None
