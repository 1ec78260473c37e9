"""Probabilities are published where they beat a constant at several times, and what is tested is never fitted."""

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
    Origin,
    Proof,
    predict_at,
    prove,
)
from ecom_lake.shop.rankings.ranker import Ranker, choose
from ecom_lake.shop.rankings.sample import People
from ecom_lake.statistics.logistic_regression import Platt, sigmoid

DAY = date(2018, 6, 30)


def people(seed: int, rate: float, n: int = 3_000) -> People:
    """The first feature drives; `rate` is the share to whom it happens at its mean."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    happened = rng.random(n) < sigmoid(np.log(rate / (1 - rate)) + x[:, 0])
    return People(x, happened, x[:, 1], cluster=np.arange(n) + n * seed)


def ranker() -> Ranker:
    return choose(people(1, 0.2), people(2, 0.2), seed=0).ranker


def origins(known: list[float], occurred: list[float]) -> list[Origin]:
    """At each the calibration is fitted at one base rate, and the outcomes have another."""
    fitted = ranker()
    made = []
    for i, (before, after) in enumerate(zip(known, occurred, strict=True)):
        origin = predict_at(DAY + timedelta(days=90 * i), fitted, people(10 + i, before), people(20 + i, after))
        assert origin is not None
        made.append(origin)
    return made


def figures(proof: Proof) -> dict[tuple[str, str], float]:
    return {(rival.name.removeprefix("it: "), rival.metric): rival.value or 0.0 for rival in proof.rivals}


def proved(known: list[float], occurred: list[float]) -> Proof:
    return prove("it", "do it", "people", origins(known, occurred), seed=0)


def test_true_probabilities_are_published() -> None:
    proof = proved([0.1, 0.3, 0.2], [0.1, 0.3, 0.2])
    assert proof.is_true
    assert "so the column probability is filled" in proof.sentence
    found = figures(proof)
    assert found[CALIBRATED, BRIER] < min(found[KNOWN, BRIER], found[OCCURRED, BRIER])


def test_a_base_rate_that_moves_away_after_every_calibration_is_not_published() -> None:
    """Better than the base rate that was known, which is as wrong; worse than one rate for all that occurred."""
    proof = proved([0.25, 0.25, 0.25], [0.1, 0.1, 0.1])
    found = figures(proof)
    assert found[f"{CALIBRATED} against {KNOWN}", SKILL] > 0.02
    assert found[f"{CALIBRATED} against {OCCURRED}", SKILL] < 0
    assert not proof.is_true
    assert "the column probability is empty: use decile and reasons" in proof.sentence


def test_a_calibration_on_the_latest_outcomes_follows_the_base_rate() -> None:
    for rate in (0.05, 0.2, 0.5):
        [origin] = origins([rate], [rate])
        assert origin.predicted.mean() == pytest.approx(origin.happened.mean(), abs=0.02)


def test_scores_without_information_are_not_published() -> None:
    shuffled = [replace(of, happened=np.random.default_rng(5).permutation(of.happened)) for of in origins([0.2] * 4, [0.2] * 4)]
    assert not prove("it", "do it", "people", shuffled, seed=0).is_true


def test_one_origin_proves_nothing() -> None:
    proof = proved([0.2], [0.2])
    assert not proof.is_true
    assert "could only be tested on one day of the past (at least 2 are needed)" in proof.sentence


def test_skill_by_hand_and_its_interval_by_clusters() -> None:
    predicted, happened = np.tile([0.8, 0.2], 200), np.tile([True, False], 200)
    alone, in_pairs = np.arange(400), np.repeat(np.arange(4), 100)
    found = {}
    for name, cluster in (("alone", alone), ("together", in_pairs)):
        parts = [
            Origin(DAY + timedelta(days=i), Platt(0, 1), 0.4, predicted[half], happened[half], cluster[half])
            for i, half in enumerate((slice(0, 200), slice(200, 400)))
        ]
        found[name] = {(rival.name, rival.metric): rival for rival in prove("it", "do it", "people", parts, seed=0).rivals}
    figures = found["alone"]
    assert figures[f"it: {CALIBRATED}", BRIER].value == pytest.approx(0.04)
    assert figures[f"it: {KNOWN}", BRIER].value == pytest.approx((0.36 + 0.16) / 2)
    assert figures[f"it: {OCCURRED}", BRIER].value == pytest.approx(0.25)
    assert figures[f"it: {CALIBRATED} against {OCCURRED}", SKILL].value == pytest.approx(1 - 0.04 / 0.25)
    assert figures[f"it: {CALIBRATED} against {KNOWN}", SKILL].value == pytest.approx(1 - 0.04 / 0.26)
    rows, clusters = (found[name][f"it: {CALIBRATED} against {KNOWN}", SKILL] for name in ("alone", "together"))
    # Each of the four clusters holds as many of either kind as the others: resampled whole, they all give the same skill.
    assert rows.high - rows.low > 0.003  # type: ignore[operator]
    assert clusters.low == pytest.approx(clusters.high)


def test_days_of_waiting_are_weights() -> None:
    waiting = replace(people(3, 0.2), weight=np.random.default_rng(3).integers(1, 40, 3_000).astype(float))
    fitted = ranker()
    score = fitted.scores(waiting.x)
    platt = fitted.sigmoid.shifted_to(score, waiting.happened, waiting.weights, digits=9)
    assert platt.slope == fitted.sigmoid.slope
    assert np.average(platt(score), weights=waiting.weights) == pytest.approx(waiting.rate, abs=1e-6)


def test_a_calibration_does_not_see_what_it_is_tested_on() -> None:
    fitted, latest, test = ranker(), people(4, 0.2), people(5, 0.2)
    seen = [predict_at(DAY, fitted, latest, replace(test, happened=happened)) for happened in (test.happened, ~test.happened)]
    assert seen[0] is not None and seen[1] is not None
    assert (seen[0].platt, seen[0].known_rate) == (seen[1].platt, seen[1].known_rate)
    assert (seen[0].predicted == seen[1].predicted).all()
    assert (seen[0].happened != seen[1].happened).all()
