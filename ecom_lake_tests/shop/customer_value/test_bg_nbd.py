from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, gamma

from ecom_lake.shop.customer_value import bg_nbd
from ecom_lake.shop.customer_value.bg_nbd import BG, DAYS_A_WEEK, MBG, MODELS, Histories
from ecom_lake_tests.builders.bg_nbd_customers import Buyers, buyers

CDNOW = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""As published for a tenth of CDNOW's customers, in weeks."""
OTHERS = {"r": 0.7, "alpha": 9.0, "a": 1.2, "b": 2.0}


def days(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def one(x: int, t_x: int, age: int) -> Histories:
    return Histories(days(x), days(t_x), days(age), days(1))


def test_the_published_expectation_is_reproduced() -> None:
    """x = 2, t_x = 30.43 weeks, T = 38.86 weeks: 1.226 purchases in 39 weeks."""
    alive = bg_nbd.p_alive(BG, CDNOW, days(2), days(213), days(272))
    assert alive[0] == pytest.approx(0.7266, abs=5e-5)
    assert bg_nbd.expected(BG, CDNOW, days(2), days(213), days(272), [39])[0, 0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 70), (1, 35, 70), (3, 60, 70), (3, 21, 200), (0, 0, 0)])
def test_the_likelihood_is_the_integral_over_all_customers(model: str, x: int, t_x: int, age: int) -> None:
    """The likelihood for a known purchase rate and dropout probability, integrated over their distributions."""
    r, alpha, a, b = OTHERS.values()
    last, today, survived = t_x / DAYS_A_WEEK, age / DAYS_A_WEEK, x + (model == MBG)
    people = (np.arange(200_000) + 0.5) / 200_000
    rate, leaves = gamma.ppf(people, r, scale=1 / alpha), beta.ppf(people, a, b)
    whole = np.mean((1 - leaves) ** survived) * np.mean(rate**x * np.exp(-rate * today))
    if survived:
        whole += np.mean(leaves * (1 - leaves) ** (survived - 1)) * np.mean(rate**x * np.exp(-rate * last))
    found, _ = bg_nbd.log_likelihood(model, one(x, t_x, age))(np.array(list(OTHERS.values())))
    assert found == pytest.approx(np.log(whole), abs=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_the_gradient_is_that_of_the_likelihood(model: str) -> None:
    seen = Histories(days(0, 0, 1, 4), days(0, 0, 30, 100), days(5, 90, 60, 130), days(70, 9, 5, 2))
    at, step = bg_nbd.log_likelihood(model, seen), 1e-6
    parameters = np.array(list(OTHERS.values()))
    for i, slope in enumerate(at(parameters)[1]):
        moved = np.exp(step * np.eye(4)[i])
        assert slope == pytest.approx((at(parameters * moved)[0] - at(parameters / moved)[0]) / (2 * step), rel=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("parameters", [CDNOW, OTHERS, OTHERS | {"a": 1.0}, OTHERS | {"a": 0.4, "b": 0.6}, OTHERS | {"a": 300.0}])
def test_the_expectation_is_the_integral_over_dropout_probabilities(model: str, parameters: dict[str, float]) -> None:
    """For any frequency and any age of a customer, also where the published formula overflows."""
    r, alpha, a, b = parameters.values()
    for x, age, weeks in ((0, 0, 52.0), (0, 700, 52.0), (5, 300, 26.0), (40, 365, 52.0), (900, 1000, 52.0)):
        shape, share = r + x, weeks / (alpha + age / DAYS_A_WEEK)

        def given(p: float, shape: float = shape, share: float = share) -> float:
            return float(-np.expm1(-shape * np.log1p(p * share)) / p)

        chances = beta(a, b + x + (model == MBG))
        # By quantiles, because the density may be infinite.
        whole, _ = quad(lambda u, of=given, among=chances: of(max(float(among.ppf(u)), 1e-300)), 0, 1, epsrel=1e-9, limit=200)
        found = bg_nbd.purchases_if_alive(model, parameters, days(x), days(age), weeks)[0]
        assert found == pytest.approx(whole, rel=2e-5)


def test_an_undefined_expectation_is_nan() -> None:
    everybody_leaves_at_once = {"r": 12.0, "alpha": 0.01, "a": 800.0, "b": 0.7}
    assert np.isnan(bg_nbd.purchases_if_alive(MBG, everybody_leaves_at_once, days(2), days(30), 52.0)).all()


@pytest.fixture(scope="module", params=MODELS)
def played(request: pytest.FixtureRequest) -> tuple[str, Buyers]:
    """Two hundred thousand simulated customers over two years."""
    return request.param, buyers(request.param, OTHERS, 200_000, 104, seed=5)


def test_the_expectations_match_simulated_customers(played: tuple[str, Buyers]) -> None:
    """Two repeat purchases in the first 40 weeks, the last in weeks 20 to 25: who is alive and orders in the next 52 weeks."""
    model, made = played
    counts, last = _up_to(made, 40)
    alike = np.flatnonzero((counts == 2) & (last >= 20) & (last < 25))
    alive = bg_nbd.p_alive(model, OTHERS, np.full(len(alike), 2), (last[alike] * 7).astype(np.int64), days(280))
    expected = bg_nbd.expected(
        model, OTHERS, np.full(len(alike), 2), (last[alike] * 7).astype(np.int64), days(280) + 0 * alike, [52]
    )
    more = np.bincount(made.person[(made.weeks > 40) & (made.weeks <= 92)], minlength=len(counts))[alike]
    assert len(alike) > 1500
    assert (made.left[alike] > 40).mean() == pytest.approx(alive.mean(), abs=3 * 0.5 / len(alike) ** 0.5)
    assert more.mean() == pytest.approx(expected.mean(), abs=3 * more.std() / len(alike) ** 0.5)
    any_more = alive * bg_nbd.p_any(OTHERS, np.full(len(alike), 2), days(280), 52)
    assert (more > 0).mean() == pytest.approx(any_more.mean(), abs=3 * 0.5 / len(alike) ** 0.5)


def test_half_of_the_active_customers_order_by_the_median(played: tuple[str, Buyers]) -> None:
    _, made = played
    counts, _ = _up_to(made, 40)
    there = np.flatnonzero((counts == 3) & (made.left > 40))
    median = float(bg_nbd.weeks_to_next(OTHERS, days(3), days(280))[0])
    nearest = np.full(len(counts), np.inf)
    later = made.weeks > 40
    np.minimum.at(nearest, made.person[later], made.weeks[later])
    assert 5 < median < 60
    assert (nearest[there] <= 40 + median).mean() == pytest.approx(0.5, abs=3 * 0.5 / len(there) ** 0.5)


def test_planted_parameters_are_estimated(played: tuple[str, Buyers]) -> None:
    """Each within three standard errors; and the model that simulated the customers has the higher likelihood."""
    model, made = played
    counts, last = _up_to(made, 80)
    last = np.where(counts > 0, last, 0)
    seen, people = np.unique(np.stack([counts, np.rint(last * 7).astype(np.int64)]), axis=1, return_counts=True)
    known = Histories(seen[0], seen[1], np.full(len(people), 560), people)
    fits = {name: bg_nbd.fit(name, known) for name in MODELS}
    found = fits[model]
    assert found is not None
    for name, deviation in zip(OTHERS, np.sqrt((found.cholesky**2).sum(axis=1)), strict=True):
        assert deviation < 0.1
        assert np.log(found.parameters[name]) == pytest.approx(np.log(OTHERS[name]), abs=3 * deviation), name
    other = fits[MBG if model == BG else BG]
    assert other is None or found.aic < other.aic


def test_there_is_no_fit_where_customers_do_not_differ() -> None:
    """All customers order at one rate and none drops out: no gamma and no beta distribution fits best."""
    rng = np.random.default_rng(3)
    x = rng.poisson(2, 5000)
    last = np.where(x > 0, rng.beta(np.maximum(x, 1), 1) * 280, 0).astype(np.int64)
    seen = Histories(x, last, np.full(5000, 280), np.ones(5000, dtype=np.int64))
    assert [bg_nbd.fit(model, seen) for model in MODELS] == [None, None]


def _up_to(made: Buyers, weeks: float) -> tuple[np.ndarray, np.ndarray]:
    """For each customer: the number of repeat purchases, and the week of the last one."""
    before = made.weeks <= weeks
    counts = np.bincount(made.person[before], minlength=len(made.left))
    last = np.full(len(made.left), -1.0)
    np.maximum.at(last, made.person[before], made.weeks[before])
    return counts, last
