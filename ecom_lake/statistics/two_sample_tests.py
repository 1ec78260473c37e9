"""Tests of a randomised experiment with two arms.

Here: the sample ratio test of the split, the two-sample z-test of shares, Welch's t-test of means, variance reduction with a
covariate from before the experiment (CUPED), and the A/A simulation. Not here: interim analyses (sequential_tests.py), and
the correction for several outcomes (multiple_testing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.intervals import normal_interval

SPLIT_ALPHA = 0.001
"""A split with a smaller p-value is an error of the experiment (sample ratio mismatch)."""


@dataclass(frozen=True)
class Difference:
    """The treated arm minus the control."""

    control: float
    treated: float
    value: float
    low: float
    high: float
    error: float
    p: float


def split_p(people: Sequence[int], planned: Sequence[float] | None = None) -> float:
    """The chi-square p-value of a split against the planned shares; None means equal arms."""
    from scipy.stats import chi2

    shares = planned or [1 / len(people)] * len(people)
    expected = [share * sum(people) for share in shares]
    return float(chi2.sf(sum((n - e) ** 2 / e for n, e in zip(people, expected, strict=True)), len(people) - 1))


def shares_apart(control: Floats, treated: Floats, alpha: float = 0.05) -> Difference:
    """Outcomes are 0 or 1. The p-value pools the shares, since the null hypothesis is that they are equal."""
    normal = NormalDist()
    p0, p1, n0, n1 = float(control.mean()), float(treated.mean()), len(control), len(treated)
    error = sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1)
    pooled = (p0 * n0 + p1 * n1) / (n0 + n1)
    pooled_error = sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    p = 2 * normal.cdf(-abs(p1 - p0) / pooled_error) if pooled_error else 1.0
    low, high = normal_interval(p1 - p0, error, normal.inv_cdf(1 - alpha / 2))
    return Difference(p0, p1, p1 - p0, low, high, error, p)


def means_apart(control: Floats, treated: Floats, alpha: float = 0.05) -> Difference:
    """Welch's t-test, for arms with unequal variances."""
    from scipy.stats import t

    variances = [float(arm.var(ddof=1)) / len(arm) for arm in (control, treated)]
    m0, m1, error = float(control.mean()), float(treated.mean()), sqrt(sum(variances))
    if not error:
        return Difference(m0, m1, m1 - m0, m1 - m0, m1 - m0, 0.0, 1.0 if m0 == m1 else 0.0)
    squares = (variance**2 / (len(arm) - 1) for variance, arm in zip(variances, (control, treated), strict=True))
    degrees_of_freedom = sum(variances) ** 2 / sum(squares)
    low, high = normal_interval(m1 - m0, error, float(t.isf(alpha / 2, degrees_of_freedom)))
    p = 2 * float(t.sf(abs(m1 - m0) / error, degrees_of_freedom))
    return Difference(m0, m1, m1 - m0, low, high, error, p)


def without_past(outcome: Floats, before: Floats) -> tuple[Floats, float]:
    """CUPED: the outcome minus what the covariate from before predicts, and the share of the variance that is left."""
    variance = float(before.var())
    theta = float(((before - before.mean()) * (outcome - outcome.mean())).mean()) / variance if variance else 0.0
    residual = outcome - theta * (before - before.mean())
    return residual, float(residual.var() / outcome.var()) if outcome.var() else 1.0


def false_alarms(
    outcomes: Floats,
    test: Callable[[Floats, Floats], Difference],
    runs: int = 1_000,
    seed: int = 0,
    alpha: float = 0.05,
    share_treated: float = 0.5,
) -> float:
    """An A/A simulation: how often a test rejects between arms of the planned sizes that were split at random; it should be about
    alpha. In equal arms the skewness of an outcome cancels, in unequal ones it does not."""
    rng = np.random.default_rng(seed)
    # At least two participants in each arm: the variance of one is not defined.
    cut, rejected = min(max(round(len(outcomes) * (1 - share_treated)), 2), len(outcomes) - 2), 0
    for _ in range(runs):
        shuffled = rng.permutation(len(outcomes))
        rejected += test(outcomes[shuffled[:cut]], outcomes[shuffled[cut:]]).p < alpha
    return rejected / runs
