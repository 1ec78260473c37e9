from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.ranking_metrics import (
    average_precision,
    brier_estimate,
    calibration_curve,
    gain_curve,
    ranking_estimates,
    roc_auc,
    score_groups,
)


def test_metrics_with_ties_agree_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    rng = np.random.default_rng(3)
    probability = rng.integers(0, 20, 3_000) / 20
    happened = rng.random(3_000) < probability / 2
    assert average_precision(score_groups(happened, probability)) == pytest.approx(average_precision_score(happened, probability))
    assert roc_auc(score_groups(happened, probability)) == pytest.approx(roc_auc_score(happened, probability))
    found = ranking_estimates(happened, probability, seed=0) | {"Brier": brier_estimate(happened, probability)}
    assert found["Brier"].value == pytest.approx(brier_score_loss(happened, probability))
    for estimate in found.values():
        assert estimate.low < estimate.value < estimate.high
        assert estimate.high - estimate.low < 0.1


def test_the_brier_interval_has_the_hand_computed_bounds() -> None:
    """One of ten certain predictions is wrong: squared errors of mean 0.1 and standard deviation 0.3.
    The lower bound would be negative, which no Brier score is."""
    found = brier_estimate(np.array([True] + [False] * 9), np.zeros(10))
    assert found.low == 0
    assert (found.value, found.high) == pytest.approx((0.1, 0.1 + 1.96 * 0.3 / 10**0.5))


def test_gain_has_the_hand_computed_values() -> None:
    happened = np.array([True, True] + [False] * 18)
    points = {round(share, 1): found for share, found in gain_curve(happened, np.arange(20.0, 0, -1))}
    assert (points[0], points[0.1], points[1]) == (0, 1, 1)
    ties = {round(share, 1): found for share, found in gain_curve(happened, np.zeros(20))}
    assert ties[0.3] == pytest.approx(0.3)


def test_gain_of_rows_that_represent_several_customers() -> None:
    """Ten customers with 8 purchases: the top half is one customer with 4, and four of the five others with 4 together."""
    gain = dict(gain_curve(np.array([0, 4, 4]), np.array([0.1, 0.9, 0.5]), np.array([4, 1, 5])))
    assert [gain[0.1], gain[0.5], gain[0.6], gain[1.0]] == pytest.approx([0.5, 0.9, 1, 1])


def test_calibration_has_the_hand_computed_values() -> None:
    happened = np.arange(100) % 10 == 0
    curve = calibration_curve(happened, np.full(100, 0.25))
    assert {(predicted, observed.value) for predicted, observed in curve} == {(0.25, 0.1)}
    # Wilson's interval of 1 in 10, as published.
    assert (curve[0][1].low, curve[0][1].high) == pytest.approx((0.0179, 0.4042), abs=1e-4)


def test_calibration_begins_with_the_lowest_decile() -> None:
    probability = np.arange(100) / 100
    curve = calibration_curve(probability >= 0.5, probability)
    assert [predicted for predicted, _ in curve] == pytest.approx([0.045 + decile / 10 for decile in range(10)])
    assert [observed.value for _, observed in curve] == [0] * 5 + [1] * 5
