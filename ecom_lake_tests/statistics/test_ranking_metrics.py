from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.ranking_metrics import average_precision, calibration, gain, measures, roc, steps


def test_as_scikit_learn_has_it_ties_included() -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    rng = np.random.default_rng(3)
    probability = rng.integers(0, 20, 3_000) / 20
    happened = rng.random(3_000) < probability / 2
    assert average_precision(steps(happened, probability)) == pytest.approx(average_precision_score(happened, probability))
    assert roc(steps(happened, probability)) == pytest.approx(roc_auc_score(happened, probability))
    found = {rival.metric: rival for rival in measures("it", happened, probability, probability, seed=0)}
    assert found["Brier"].value == pytest.approx(brier_score_loss(happened, probability))
    for rival in found.values():
        assert rival.value is not None and rival.low is not None and rival.high is not None
        assert rival.low < rival.value < rival.high
        assert rival.high - rival.low < 0.1


def test_gain_by_hand() -> None:
    happened = np.array([True, True] + [False] * 18)
    points = {round(p.x, 1): p.value for p in gain("it", happened, np.arange(20.0, 0, -1)).points}
    assert (points[0], points[0.1], points[1]) == (0, 1, 1)
    all_alike = {round(p.x, 1): p.value for p in gain("it", happened, np.zeros(20)).points}
    assert all_alike[0.3] == pytest.approx(0.3)


def test_calibration_by_hand() -> None:
    happened = np.arange(100) % 10 == 0
    points = calibration("it", happened, np.full(100, 0.25)).points
    assert {(p.x, p.value) for p in points} == {(0.25, 0.1)}
    # Wilson's interval of 1 in 10, as published.
    assert (points[0].low, points[0].high) == pytest.approx((0.0179, 0.4042), abs=1e-4)
