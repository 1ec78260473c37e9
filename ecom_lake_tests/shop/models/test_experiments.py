"""Plans, tests and looks of experiments: against R's figures, against statsmodels, and by how often they err."""

from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.multiple_testing import holm
from ecom_lake.statistics.power import (
    detectable_difference,
    people_for_means,
    people_for_shares,
    power_of_means,
    power_of_shares,
    whole,
)
from ecom_lake.statistics.sequential_tests import (
    OBRIEN_FLEMING,
    POCOCK,
    always_valid_half,
    always_valid_p,
    bounds,
    chance_to_cross,
    constant,
)
from ecom_lake.statistics.two_sample_tests import false_alarms, means_apart, shares_apart, split_p, without_past


def test_plans_are_those_of_r() -> None:
    assert people_for_shares(0.5, 0.75, power=0.9) == pytest.approx(76.7069, abs=5e-5)
    assert power_of_means(20, 1) == pytest.approx(0.868953, abs=5e-7)
    assert people_for_means(1, power=0.9) == pytest.approx(22.02109, abs=2e-5)
    assert whole(people_for_shares(0.03, 0.033)) == 53_211
    assert whole(people_for_shares(0.03, 0.045)) == 2_518


@pytest.mark.parametrize(("control", "treated"), [(0.03, 0.036), (0.5, 0.75), (0.2, 0.1)])
def test_the_power_of_a_plan_is_what_was_asked(control: float, treated: float) -> None:
    assert power_of_shares(people_for_shares(control, treated, 0.9, 0.01), control, treated, 0.01) == pytest.approx(0.9)


def test_far_out_the_t_test_is_the_normal_one() -> None:
    near, far = people_for_means(0.009, power=0.9), people_for_means(0.0089, power=0.9)
    assert near * (0.009 / 0.0089) ** 2 == pytest.approx(far, rel=1e-4)


def test_the_split() -> None:
    assert split_p([5_200, 4_800]) == pytest.approx(6.3e-5, abs=5e-6)
    assert split_p([5_000, 5_000]) == 1
    assert split_p([9_000, 1_000], [0.9, 0.1]) == 1


def test_two_shares_are_those_of_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    control, treated = np.repeat([1.0, 0.0], [120, 880]), np.repeat([1.0, 0.0], [150, 800])
    found = shares_apart(control, treated)
    assert found.p == pytest.approx(proportions_ztest([120, 150], [1_000, 950])[1])
    low, high = confint_proportions_2indep(150, 950, 120, 1_000, compare="diff", method="wald")
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    nothing = shares_apart(np.zeros(50), np.zeros(60))
    assert (nothing.value, nothing.p) == (0, 1)


def test_two_means_are_those_of_scipy() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(0)
    control, treated = rng.lognormal(3, 1, 300), rng.lognormal(3.1, 1.3, 200)
    reference = ttest_ind(treated, control, equal_var=False)
    found = means_apart(control, treated)
    assert found.p == pytest.approx(reference.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval()))
    assert means_apart(np.ones(5), np.ones(5)).p == 1


def test_the_past_is_taken_out() -> None:
    rng = np.random.default_rng(1)
    before = rng.gamma(2, 50, 4_000)
    outcome = 0.5 * before + rng.normal(0, 40, 4_000)
    left, share = without_past(outcome, before)
    assert share == pytest.approx(1 - np.corrcoef(outcome, before)[0, 1] ** 2)
    assert left.mean() == pytest.approx(outcome.mean())
    assert without_past(outcome, np.zeros(4_000))[1] == 1


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([]) == []


def test_bounds_of_five_looks() -> None:
    assert constant(5, shape=POCOCK) == pytest.approx(2.413, abs=5e-4)
    assert constant(5, shape=OBRIEN_FLEMING) == pytest.approx(2.040, abs=5e-4)
    assert bounds(5)[0] == pytest.approx(2.040 * 5**0.5, abs=1e-3)
    assert bounds(1) == [pytest.approx(1.95996, abs=1e-5)]


@pytest.mark.parametrize(("looks", "crossed"), [(5, 0.142), (10, 0.193), (20, 0.248)])
def test_what_peeking_costs(looks: int, crossed: float) -> None:
    """Armitage, McPherson and Rowe, 1969."""
    assert chance_to_cross([1.959964] * looks) == pytest.approx(crossed, abs=1e-3)


# ------------------------------------------------------------------------------------------------ how often they err


def test_a_against_a() -> None:
    rng = np.random.default_rng(2)
    bought, spent = (rng.random(2_000) < 0.1).astype(float), rng.lognormal(3, 1, 2_000)
    for outcomes, test in ((bought, shares_apart), (spent, means_apart)):
        assert 0.03 <= false_alarms(outcomes, test, runs=2_000) <= 0.07


def test_a_against_a_with_the_past_taken_out() -> None:
    rng = np.random.default_rng(3)
    before = rng.gamma(2, 50, 2_000)
    left, _ = without_past(0.5 * before + rng.normal(0, 40, 2_000), before)
    assert 0.03 <= false_alarms(left, means_apart, runs=1_500) <= 0.07


def test_a_planted_uplift_is_in_the_interval_as_often_as_promised() -> None:
    held = found = 0
    for seed in range(1_000):
        rng = np.random.default_rng(seed)
        arms = [(rng.random(3_000) < rate).astype(float) for rate in (0.05, 0.07)]
        result = shares_apart(*arms)
        held += result.low <= 0.02 <= result.high
        found += result.p < 0.05
    assert 930 <= held <= 970
    assert found / 1_000 == pytest.approx(power_of_shares(3_000, 0.05, 0.07), abs=0.04)


def test_whoever_looks_all_the_time_errs_no_more_often_with_the_p_that_is_always_valid() -> None:
    alarms = naive = 0
    for seed in range(400):
        rng = np.random.default_rng([4, seed])
        steps = rng.normal(0, 1, (2, 5_000)).cumsum(axis=1)
        seen = np.arange(100, 5_001, 100)
        apart, error = (steps[1] - steps[0])[seen - 1] / seen, np.sqrt(2 / seen)
        alarms += any(always_valid_p(d, e, 0.08) < 0.05 for d, e in zip(apart, error, strict=True))
        naive += bool((np.abs(apart / error) > 1.96).any())
    assert alarms / 400 < 0.05
    assert naive / 400 > 0.2


@pytest.mark.parametrize("error", [0.01, 0.1])
def test_the_interval_that_is_always_valid_is_that_of_its_p(error: float) -> None:
    half = always_valid_half(error, 0.05)
    assert always_valid_p(half, error, 0.05) == pytest.approx(0.05)
    assert half > 1.96 * error
    assert always_valid_p(0, error, 0.05) == 1


def test_the_detectable_difference_has_its_power() -> None:
    """A difference of that size exceeds the 97.5% quantile in 80% of samples."""
    from scipy.stats import norm

    difference = detectable_difference(0.02, power=0.8)
    assert norm.sf(norm.ppf(0.975) - difference / 0.02) == pytest.approx(0.8)
