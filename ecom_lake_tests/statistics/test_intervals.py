from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from ecom_lake.statistics.bootstrap import resampled_clusters, resampled_counts
from ecom_lake.statistics.intervals import Z95, Estimate, bootstrap_estimate, percentile_interval, wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (1, 10), (50, 100), (7, 7), (3, 40_000)])
def test_wilson_agrees_with_scipy(successes: int, trials: int) -> None:
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson_interval(successes / trials, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_the_normal_quantile_has_the_published_values() -> None:
    assert pytest.approx(norm.ppf(0.975), abs=1e-15) == Z95


def test_undefined_resamples_do_not_count() -> None:
    values = np.concatenate([np.arange(101.0), [np.nan] * 50])
    assert percentile_interval(values) == (2.5, 97.5)


def test_an_interval_contains_its_value() -> None:
    assert bootstrap_estimate(200.0, np.arange(101.0)) == Estimate(200.0, 2.5, 200.0)
    assert bootstrap_estimate(-1.0, np.arange(101.0)) == Estimate(-1.0, -1.0, 97.5)


def test_a_normal_estimate_has_its_error_and_p_value() -> None:
    found = Estimate(2.0, 2.0 - Z95, 2.0 + Z95)
    assert found.error == pytest.approx(1.0)
    assert found.p == pytest.approx(2 * norm.sf(2))
    assert (Estimate(1.0, 1.0, 1.0).p, Estimate(0.0, 0.0, 0.0).p) == (0.0, 1.0)


def test_resamples_have_the_size_and_the_mean_of_the_data() -> None:
    counts = np.array([10, 30, 60])
    drawn = resampled_counts(counts, 4_000, seed=1)
    assert (drawn.sum(axis=1) == 100).all()
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.5)
    assert resampled_clusters(5, 4_000, seed=1).mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)
