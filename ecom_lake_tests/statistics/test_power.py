"""Sizes and power of experiments, against the figures of R."""

from __future__ import annotations

import pytest

from ecom_lake.statistics.power import people_for_means, people_for_shares, power_of_means, power_of_shares, whole


def test_sample_sizes_agree_with_r() -> None:
    assert people_for_shares(0.5, 0.75, power=0.9) == pytest.approx(76.7069, abs=5e-5)
    assert power_of_means(20, 1) == pytest.approx(0.868953, abs=5e-7)
    assert people_for_means(1, power=0.9) == pytest.approx(22.02109, abs=2e-5)
    assert whole(people_for_shares(0.03, 0.033)) == 53_211
    assert whole(people_for_shares(0.03, 0.045)) == 2_518


@pytest.mark.parametrize(("control", "treated"), [(0.03, 0.036), (0.5, 0.75), (0.2, 0.1)])
def test_a_plan_has_the_requested_power(control: float, treated: float) -> None:
    assert power_of_shares(people_for_shares(control, treated, 0.9, 0.01), control, treated, 0.01) == pytest.approx(0.9)


def test_the_power_of_a_large_t_test_is_that_of_the_normal_test() -> None:
    near, far = people_for_means(0.009, power=0.9), people_for_means(0.0089, power=0.9)
    assert near * (0.009 / 0.0089) ** 2 == pytest.approx(far, rel=1e-4)


@pytest.mark.parametrize("difference", [10, 1e3, 1e21])
def test_two_people_in_each_arm_are_the_fewest(difference: float) -> None:
    assert power_of_means(2, difference) > 0.8
    assert people_for_means(difference) == 2


def test_the_least_shares_that_can_be_asked_have_a_size() -> None:
    assert whole(people_for_shares(1e-6, 1e-6 * (1 + 1e-6), alpha=1e-8)) == 10**12
    assert people_for_means(1e-6, alpha=1e-8) > 10**12
