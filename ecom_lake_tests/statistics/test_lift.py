from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.lift import compare_lifts, lift, membership


def test_ties_at_the_cutoff_share_the_last_places() -> None:
    scores = np.array([9.0, 5, 5, 5, 5, 1, 1, 1, 1, 1])
    assert membership(scores, 0.3).tolist() == [1, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0]
    assert membership(np.arange(10.0), 0.25).sum() == pytest.approx(2.5)


def test_a_row_may_represent_several_customers() -> None:
    """The top 15% of ten customers: the one with the highest score, and half of one of the four tied for second."""
    scores, people = np.array([0.1, 0.9, 0.5, 0.5]), np.array([5, 1, 3, 1])
    assert membership(scores, 0.15, people).tolist() == [0, 1, 0.125, 0.125]
    assert membership(scores, 1.0, people).tolist() == [1, 1, 1, 1]


def test_lift_has_the_hand_computed_value() -> None:
    happened = np.array([True] * 4 + [False] * 16)
    scores = np.array([9.0, 3, 2, 1] + [8.0] + [0] * 15)
    # One of the two on the list has the outcome, and a fifth of all.
    assert lift(happened, scores) == pytest.approx(2.5)
    assert lift(happened, np.zeros(20)) == pytest.approx(1.0)


def test_a_list_has_no_lift_over_itself() -> None:
    rng = np.random.default_rng(1)
    happened, score = rng.random(1_000) < 0.2, rng.random(1_000)
    same = compare_lifts(happened, score, score, seed=0).difference
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_the_interval_is_that_of_resampled_customers() -> None:
    rng = np.random.default_rng(2)
    score = rng.random(4_000)
    happened = rng.random(4_000) < 0.3 * score
    rule = score + rng.normal(0, 0.3, 4_000)
    found = compare_lifts(happened, score, rule, seed=0)
    drawn = [rng.integers(0, 4_000, 4_000) for _ in range(800)]
    differences = [lift(happened[i], score[i]) - lift(happened[i], rule[i]) for i in drawn]
    low, high = np.percentile(differences, (2.5, 97.5))
    assert found.difference.value == pytest.approx(lift(happened, score) - lift(happened, rule))
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high), abs=0.08)
