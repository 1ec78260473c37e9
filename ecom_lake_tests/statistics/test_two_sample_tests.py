"""Two-sample tests: checked against statsmodels, scipy and hand-computed values, and by their simulated error rate."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from ecom_lake.statistics.multiple_testing import holm
from ecom_lake.statistics.power import (
    detectable_difference,
    power_of_shares,
)
from ecom_lake.statistics.two_sample_tests import (
    Arm,
    Difference,
    false_alarms,
    means_apart,
    shares_apart,
    split_p,
    without_past,
)


def test_a_sample_ratio_mismatch_is_detected() -> None:
    assert split_p([5_200, 4_800]) == pytest.approx(6.3e-5, abs=5e-6)
    assert split_p([5_000, 5_000]) == 1
    assert split_p([9_000, 1_000], [0.9, 0.1]) == 1


def test_the_test_of_two_shares_agrees_with_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    control, treated = np.repeat([1.0, 0.0], [120, 880]), np.repeat([1.0, 0.0], [150, 800])
    found = shares_apart(control, treated)
    assert found.p == pytest.approx(proportions_ztest([120, 150], [1_000, 950])[1])
    low, high = confint_proportions_2indep(150, 950, 120, 1_000, compare="diff", method="wald")
    assert (found.low, found.high) == pytest.approx((low, high))
    nothing = shares_apart(np.zeros(50), np.zeros(60))
    assert (nothing.value, nothing.p) == (0, 1)


def test_the_test_of_two_means_agrees_with_scipy() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(0)
    control, treated = rng.lognormal(3, 1, 300), rng.lognormal(3.1, 1.3, 200)
    reference = ttest_ind(treated, control, equal_var=False)
    found = means_apart(control, treated)
    assert found.p == pytest.approx(reference.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval()))
    assert means_apart(np.ones(5), np.ones(5)).p == 1


def test_the_effect_of_earlier_values_is_removed() -> None:
    rng = np.random.default_rng(1)
    before = rng.gamma(2, 50, 4_000)
    outcome = 0.5 * before + rng.normal(0, 40, 4_000)
    left, share = without_past(outcome, before)
    assert share == pytest.approx(1 - np.corrcoef(outcome, before)[0, 1] ** 2)
    assert left.mean() == pytest.approx(outcome.mean())
    assert without_past(outcome, np.zeros(4_000))[1] == 1


def test_holm_has_the_hand_computed_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([]) == []


def test_an_a_a_test_has_the_nominal_error_rate() -> None:
    rng = np.random.default_rng(2)
    bought, spent = (rng.random(2_000) < 0.1).astype(float), rng.lognormal(3, 1, 2_000)
    for outcomes, test in ((bought, shares_apart), (spent, means_apart)):
        assert 0.03 <= false_alarms(outcomes, test, runs=2_000) <= 0.07


def test_an_a_a_test_splits_as_planned() -> None:
    sizes = set()

    def sized(control: Arm, treated: Arm) -> Difference:
        sizes.add((control.n, treated.n))
        return means_apart(control, treated)

    for share in (0.5, 0.1, 0.95, 0.001):
        false_alarms(np.arange(40.0), sized, runs=2, share_treated=share)
    assert sizes == {(20, 20), (36, 4), (2, 38), (38, 2)}


@pytest.mark.parametrize(("values", "share"), [([0.0, 1.0, 1.0, 0.0, 1.0], 0.4), ([3.0, 1e6, 1e6 + 1, 5.5, 1e6 - 2], 0.6)])
def test_the_arm_that_is_not_drawn_has_the_rest(values: list[float], share: float) -> None:
    """The arms of each run together have the mean and the variance of all outcomes."""

    def checked(control: Arm, treated: Arm) -> Difference:
        arms, n = (control, treated), len(values)
        assert sum(arm.n * arm.mean for arm in arms) == pytest.approx(sum(values))
        within = sum((arm.n - 1) * arm.variance + arm.n * (arm.mean - np.mean(values)) ** 2 for arm in arms)
        assert within == pytest.approx(np.var(values) * n)
        of_pairs = {(pair, np.var(pair, ddof=1)) for pair in permutations(values, min(control.n, treated.n))}
        small = min(arms, key=lambda arm: arm.n)
        assert any((np.mean(pair), variance) == pytest.approx((small.mean, small.variance)) for pair, variance in of_pairs)
        return means_apart(control, treated)

    false_alarms(np.array(values), checked, runs=20, share_treated=share)


def test_equal_outcomes_never_differ() -> None:
    assert false_alarms(np.full(50, 5.1), means_apart, runs=5) == 0.0


def test_an_a_a_test_finds_that_skewed_money_needs_equal_arms() -> None:
    """5% of 4,000 customers spend a lognormal amount: the small arm's mean and variance are low together."""
    rng = np.random.default_rng(4)
    spent = (rng.random(4_000) < 0.05) * rng.lognormal(4, 1.2, 4_000)
    halves, tenth, twentieth = (false_alarms(spent, means_apart, share_treated=share) for share in (0.5, 0.1, 0.05))
    assert halves <= 0.07 < 0.09 < tenth < twentieth


def test_an_adjusted_a_a_test_has_the_nominal_error_rate() -> None:
    rng = np.random.default_rng(3)
    before = rng.gamma(2, 50, 2_000)
    left, _ = without_past(0.5 * before + rng.normal(0, 40, 2_000), before)
    assert 0.03 <= false_alarms(left, means_apart, runs=1_500) <= 0.07


def test_the_interval_of_a_planted_uplift_has_its_nominal_coverage() -> None:
    held = found = 0
    for seed in range(1_000):
        rng = np.random.default_rng(seed)
        control, treated = ((rng.random(3_000) < rate).astype(float) for rate in (0.05, 0.07))
        result = shares_apart(control, treated)
        held += result.low <= 0.02 <= result.high
        found += result.p < 0.05
    assert 930 <= held <= 970
    assert found / 1_000 == pytest.approx(power_of_shares(3_000, 0.05, 0.07), abs=0.04)


def test_the_detectable_difference_has_its_power() -> None:
    """A difference of that size exceeds the 97.5% quantile in 80% of samples."""
    from scipy.stats import norm

    difference = detectable_difference(0.02, power=0.8)
    assert norm.sf(norm.ppf(0.975) - difference / 0.02) == pytest.approx(0.8)
