"""Probabilities are published where they beat a constant at several origins, and no test outcome is used in a fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from ecom_lake.shop.rankings.probability_backtest import (
    BRIER,
    CALIBRATED,
    KNOWN,
    OCCURRED,
    SKILL,
    Backtest,
    Origin,
    backtest,
    predict_at,
)
from ecom_lake.shop.rankings.ranker import Ranker, select
from ecom_lake.shop.rankings.sample import Sample
from ecom_lake.statistics.logistic_regression import Platt, sigmoid

DAY = date(2018, 6, 30)


def sample(seed: int, rate: float, n: int = 3_000) -> Sample:
    """The first feature drives the outcome; `rate` is the share with the outcome at the mean of that feature."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    outcome = rng.random(n) < sigmoid(np.log(rate / (1 - rate)) + x[:, 0])
    return Sample(x, outcome, x[:, 1], cluster=np.arange(n) + n * seed)


def ranker() -> Ranker:
    return select(sample(1, 0.2), sample(2, 0.2), seed=0).ranker


def origins(known: list[float], occurred: list[float]) -> list[Origin]:
    """At each origin, the calibration is fitted at the known base rate, and the outcomes have the rate that occurred."""
    fitted = ranker()
    made = []
    for i, (before, after) in enumerate(zip(known, occurred, strict=True)):
        origin = predict_at(DAY + timedelta(days=90 * i), fitted, sample(10 + i, before), sample(20 + i, after))
        assert origin is not None
        made.append(origin)
    return made


def figures(result: Backtest) -> dict[tuple[str, str], float]:
    return {(rival.name.removeprefix("it: "), rival.metric): rival.value or 0.0 for rival in result.rivals}


def backtested(known: list[float], occurred: list[float]) -> Backtest:
    return backtest("it", "do it", "people", origins(known, occurred), seed=0)


def test_calibrated_probabilities_are_published() -> None:
    result = backtested([0.1, 0.3, 0.2], [0.1, 0.3, 0.2])
    assert result.passes
    assert "so the column probability is filled" in result.sentence
    found = figures(result)
    assert found[CALIBRATED, BRIER] < min(found[KNOWN, BRIER], found[OCCURRED, BRIER])


def test_a_base_rate_that_moves_away_after_every_calibration_is_not_published() -> None:
    """Better than the known base rate, which has the same error; worse than the base rate that occurred."""
    result = backtested([0.25, 0.25, 0.25], [0.1, 0.1, 0.1])
    found = figures(result)
    assert found[f"{CALIBRATED} against {KNOWN}", SKILL] > 0.02
    assert found[f"{CALIBRATED} against {OCCURRED}", SKILL] < 0
    assert not result.passes
    assert "the column probability is empty: use decile and reasons" in result.sentence


def test_a_calibration_on_the_latest_outcomes_follows_the_base_rate() -> None:
    for rate in (0.05, 0.2, 0.5):
        [origin] = origins([rate], [rate])
        assert origin.predicted.mean() == pytest.approx(origin.outcome.mean(), abs=0.02)


def test_scores_without_information_are_not_published() -> None:
    shuffled = [replace(of, outcome=np.random.default_rng(5).permutation(of.outcome)) for of in origins([0.2] * 4, [0.2] * 4)]
    assert not backtest("it", "do it", "people", shuffled, seed=0).passes


def test_one_origin_is_not_enough() -> None:
    result = backtested([0.2], [0.2])
    assert not result.passes
    assert "could only be tested on one day of the past (at least 2 are needed)" in result.sentence


def test_skill_has_the_hand_computed_value_and_a_clustered_interval() -> None:
    predicted, outcome = np.tile([0.8, 0.2], 200), np.tile([True, False], 200)
    alone, in_pairs = np.arange(400), np.repeat(np.arange(4), 100)
    found = {}
    for name, cluster in (("alone", alone), ("together", in_pairs)):
        parts = [
            Origin(DAY + timedelta(days=i), Platt(0, 1), 0.4, predicted[half], outcome[half], cluster[half])
            for i, half in enumerate((slice(0, 200), slice(200, 400)))
        ]
        found[name] = {(rival.name, rival.metric): rival for rival in backtest("it", "do it", "people", parts, seed=0).rivals}
    figures = found["alone"]
    assert figures[f"it: {CALIBRATED}", BRIER].value == pytest.approx(0.04)
    assert figures[f"it: {KNOWN}", BRIER].value == pytest.approx((0.36 + 0.16) / 2)
    assert figures[f"it: {OCCURRED}", BRIER].value == pytest.approx(0.25)
    assert figures[f"it: {CALIBRATED} against {OCCURRED}", SKILL].value == pytest.approx(1 - 0.04 / 0.25)
    assert figures[f"it: {CALIBRATED} against {KNOWN}", SKILL].value == pytest.approx(1 - 0.04 / 0.26)
    rows, clusters = (found[name][f"it: {CALIBRATED} against {KNOWN}", SKILL] for name in ("alone", "together"))
    # The four clusters have the same number of each kind: resampling whole clusters always gives the same skill.
    assert rows.high - rows.low > 0.003  # type: ignore[operator]
    assert clusters.low == pytest.approx(clusters.high)


def test_days_of_waiting_are_weights() -> None:
    waiting = replace(sample(3, 0.2), weight=np.random.default_rng(3).integers(1, 40, 3_000).astype(float))
    fitted = ranker()
    score = fitted.scores(waiting.x)
    platt = fitted.platt.shifted_to(score, waiting.outcome, waiting.weights, digits=9)
    assert platt.slope == fitted.platt.slope
    assert np.average(platt(score), weights=waiting.weights) == pytest.approx(waiting.rate, abs=1e-6)


def test_a_calibration_is_not_fitted_on_its_test_outcomes() -> None:
    fitted, latest, test = ranker(), sample(4, 0.2), sample(5, 0.2)
    seen = [predict_at(DAY, fitted, latest, replace(test, outcome=outcome)) for outcome in (test.outcome, ~test.outcome)]
    assert seen[0] is not None and seen[1] is not None
    assert (seen[0].platt, seen[0].known_rate) == (seen[1].platt, seen[1].known_rate)
    assert (seen[0].predicted == seen[1].predicted).all()
    assert (seen[0].outcome != seen[1].outcome).all()
