from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from ecom_lake.shop.customer_value import gamma_gamma
from ecom_lake.shop.customer_value.gamma_gamma import Spent
from ecom_lake.statistics.intervals import Estimate
from ecom_lake.statistics.maximum_likelihood import FittedParameters

CDNOW = {"p": 6.25, "q": 3.74, "v": 15.44}
"""As published for CDNOW's repeat buyers."""


def spent(*rows: tuple[int, float]) -> Spent:
    n, sums = zip(*rows, strict=True)
    return Spent(np.array(n), np.array(sums, dtype=float), np.ones(len(rows), dtype=np.int64))


def drawn(people: int, seed: int, p: float = 6.0, q: float = 4.0, v: float = 50.0) -> Spent:
    rng = np.random.default_rng(seed)
    n = 1 + rng.poisson(1.5, people)
    return Spent(n, rng.gamma(p * n, 1 / rng.gamma(q, 1 / v, people)), np.ones(people, dtype=np.int64))


@pytest.mark.parametrize(("n", "mean", "expected"), [(2, 22.35, 24.65), (1, 11.77, 18.91), (7, 73.74, 71.46), (0, 0.0, 35.22)])
def test_the_published_expectations_are_reproduced(n: int, mean: float, expected: float) -> None:
    by_n = gamma_gamma.by_gamma_gamma(FittedParameters(CDNOW, np.zeros((3, 3)), 0.0), 7).by_n
    row = by_n.row(n, named=True)
    assert row["base"] + row["share"] * n * mean == pytest.approx(expected, abs=0.02)


def test_the_likelihood_is_the_integral_over_all_customers() -> None:
    p, q, v = 2.0, 3.0, 40.0
    for n, money in ((1, 30.0), (4, 90.0)):
        whole, _ = quad(
            lambda unit, n=n, money=money: n * gamma.pdf(money, p * n, scale=1 / unit) * gamma.pdf(unit, q, scale=1 / v), 0, 3
        )
        found, _ = gamma_gamma.log_likelihood(spent((n, money)))(np.array([p, q, v]))
        assert found == pytest.approx(np.log(whole), abs=1e-6)


def test_the_gradient_is_that_of_the_likelihood() -> None:
    at, parameters, step = gamma_gamma.log_likelihood(drawn(50, 1)), np.array([2.0, 3.0, 40.0]), 1e-6
    for i, slope in enumerate(at(parameters)[1]):
        moved = np.exp(step * np.eye(3)[i])
        assert slope == pytest.approx((at(parameters * moved)[0] - at(parameters / moved)[0]) / (2 * step), rel=1e-5)


def test_planted_parameters_are_estimated() -> None:
    found = gamma_gamma.gamma_gamma(drawn(20_000, 2))
    assert found is not None
    for (name, value), deviation in zip(found.parameters.items(), np.sqrt((found.cholesky**2).sum(axis=1)), strict=True):
        assert deviation < 0.1
        assert np.log(value) == pytest.approx(np.log({"p": 6, "q": 4, "v": 50}[name]), abs=3 * deviation), name


def test_bounds_follow_from_the_uncertainty_of_the_parameters() -> None:
    """The delta method, checked against parameters drawn at random."""
    seen = drawn(2_000, 3)
    found = gamma_gamma.gamma_gamma(seen)
    assert found is not None
    row = gamma_gamma.by_gamma_gamma(found, 3).by_n.row(3, named=True)
    lots = np.random.default_rng(4).normal(size=(20_000, 3))
    p, q, v = np.exp(np.log(list(found.parameters.values())) + lots @ found.cholesky.T).T
    scattered = p * (v + 600) / (3 * p + q - 1)
    assert row["v0"] + row["v1"] * 600 + row["v2"] * 600**2 == pytest.approx(scattered.var(), rel=0.1)


def test_there_is_no_fit_where_all_prices_are_equal() -> None:
    assert gamma_gamma.gamma_gamma(spent(*[(1 + i % 3, 100.0 * (1 + i % 3)) for i in range(300)])) is None


def test_the_correlation_has_the_hand_computed_value() -> None:
    """n 1, 1, 2, 4 with means 10, 20, 20, 30: covariance 6.25, variances 1.5 and 50."""
    found = gamma_gamma.correlation(spent((1, 10), (1, 20), (2, 40), (4, 120)))
    assert found is not None
    assert found.value == pytest.approx(7.5 / (1.5 * 50) ** 0.5)
    assert found.low < found.value < found.high
    assert gamma_gamma.correlation(spent((1, 10), (2, 20), (3, 30), (4, 40))) is None
    assert gamma_gamma.correlation(spent((1, 10), (1, 20), (1, 40), (1, 120))) is None


def test_a_correlation_counts_where_it_is_strong_and_significant() -> None:
    strong = gamma_gamma.correlation(spent(*[(1 + i % 5, (1 + i % 5) * (100 + 20.0 * (i % 5) + i % 7)) for i in range(200)]))
    assert strong is not None and not gamma_gamma.is_independent(strong, 0.2)
    assert gamma_gamma.is_independent(strong, 1.0)
    assert gamma_gamma.is_independent(Estimate(0.5, -0.1, 0.8), 0.2)
    assert gamma_gamma.is_independent(None, 0.2)


def test_the_means_by_frequency_have_the_hand_computed_values() -> None:
    seen = spent((1, 10), (1, 30), (2, 200), (2, 600), (5, 5))
    by_n = gamma_gamma.by_means(seen, 6, gamma_gamma.ALIKE).by_n
    assert by_n["base"].to_list() == pytest.approx([845 / 11, 20, 200, 845 / 11, 845 / 11, 845 / 11, 845 / 11])
    assert by_n["v0"][1] == pytest.approx(200 / 4)
    assert gamma_gamma.by_means(seen, 2, gamma_gamma.SHOP).by_n["base"].to_list() == pytest.approx([845 / 11] * 3)
