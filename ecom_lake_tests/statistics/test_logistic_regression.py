from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.logistic_regression import DenseDesign, Logistic, Platt, fit_logistic, sigmoid


def test_the_fit_agrees_with_statsmodels() -> None:
    from statsmodels.discrete.discrete_model import Logit

    rng = np.random.default_rng(4)
    x = rng.normal(size=(2_000, 3))
    happened = rng.random(2_000) < sigmoid(-1 + x @ [0.5, -1.0, 0.0])
    theirs = Logit(happened, np.column_stack([np.ones(2_000), x])).fit(disp=0).params
    assert fit_logistic(DenseDesign(x), happened, ridge=1e-9) == pytest.approx(theirs, abs=1e-6)


def test_perfect_separation_gives_finite_coefficients() -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    beta = fit_logistic(DenseDesign(x), x[:, 0] > 0)
    assert np.isfinite(beta).all()
    assert beta[1] > 1


def test_the_intercept_is_not_penalized() -> None:
    """However strong the ridge is, the mean probability is the base rate."""
    x = np.linspace(-1, 1, 200)[:, None]
    happened = np.arange(200) % 10 == 0
    beta = fit_logistic(DenseDesign(x), happened, ridge=1e6)
    assert sigmoid(beta[:1]) == pytest.approx([0.1], abs=1e-4)
    assert beta[1] == pytest.approx(0, abs=1e-4)


def test_a_row_of_weight_three_counts_like_three_rows() -> None:
    x, happened = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([True, False, True, True])
    weights = np.array([3.0, 1.0, 1.0, 2.0])
    often = np.repeat(np.arange(4), weights.astype(int))
    weighted = fit_logistic(DenseDesign(x), happened, weights)
    assert weighted == pytest.approx(fit_logistic(DenseDesign(x[often]), happened[often]))


def test_a_negative_value_is_not_its_positive_counterpart() -> None:
    x = np.linspace(-20, 20, 101)[:, None]
    fitted = Logistic.fit(x, x[:, 0] > 0, digits=9)
    below, above = fitted.scores(np.array([[-10.0], [10.0]]))
    assert below < 0.1 < 0.9 < above


def test_a_constant_feature_has_no_effect() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([np.full(500, 7.0), rng.random(500)])
    fitted = Logistic.fit(x, rng.random(500) < 0.3, digits=9)
    assert fitted.coefficients[1] == 0


def test_platt_scaling_recovers_the_true_probabilities() -> None:
    rng = np.random.default_rng(6)
    odds = rng.normal(-2, 1, 50_000)
    happened = rng.random(50_000) < sigmoid(odds)
    platt = Platt.fit(sigmoid((odds - 1) * 2), happened, digits=9)
    assert (platt.shift, platt.slope) == pytest.approx((1.0, 0.5), abs=0.05)


def test_the_shift_of_a_calibration_has_the_hand_computed_value() -> None:
    """Three quarters of the weight have the outcome: at scores of one half the shift is the logarithm of 3."""
    shifted = Platt(0.2, 0.5).shifted_to(np.array([0.5, 0.5]), np.array([True, False]), np.array([3.0, 1.0]), digits=9)
    assert (shifted.shift, shifted.slope) == pytest.approx((np.log(3), 0.5))


def test_platt_scaling_of_inverted_scores_is_the_base_rate() -> None:
    happened = np.array([True] * 100 + [False] * 300)
    platt = Platt.fit(np.linspace(0.1, 0.9, 400), happened, digits=9)
    assert platt(np.array([0.1, 0.9])) == pytest.approx([0.25, 0.25])
