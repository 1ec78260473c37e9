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


def test_platt_scaling_of_inverted_scores_is_the_base_rate() -> None:
    happened = np.array([True] * 100 + [False] * 300)
    platt = Platt.fit(np.linspace(0.1, 0.9, 400), happened, digits=9)
    assert platt(np.array([0.1, 0.9])) == pytest.approx([0.25, 0.25])
