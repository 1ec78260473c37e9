"""Tests of a randomised experiment with two arms.

Here: the sample ratio test of the split, the two-sample z-test of shares, Welch's t-test of means, variance reduction with a
covariate from before the experiment (CUPED), and the A/A simulation. Not here: interim analyses (sequential_tests.py), and
the correction for several outcomes (multiple_testing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan, sqrt
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


@dataclass(frozen=True)
class Arm:
    """What a test needs of the outcomes of an arm."""

    n: int
    mean: float
    variance: float


def arm_of(arm: Floats | Arm) -> Arm:
    if isinstance(arm, Arm):
        return arm
    return Arm(len(arm), float(arm.mean()), float(arm.var(ddof=1)) if len(arm) > 1 else nan)


def shares_apart(control: Floats | Arm, treated: Floats | Arm, alpha: float = 0.05) -> Difference:
    """Outcomes are 0 or 1. The p-value pools the shares, since the null hypothesis is that they are equal."""
    normal, control, treated = NormalDist(), arm_of(control), arm_of(treated)
    p0, p1, n0, n1 = control.mean, treated.mean, control.n, treated.n
    error = sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1)
    pooled = (p0 * n0 + p1 * n1) / (n0 + n1)
    pooled_error = sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    p = 2 * normal.cdf(-abs(p1 - p0) / pooled_error) if pooled_error else 1.0
    low, high = normal_interval(p1 - p0, error, normal.inv_cdf(1 - alpha / 2))
    return Difference(p0, p1, p1 - p0, low, high, error, p)


def means_apart(control: Floats | Arm, treated: Floats | Arm, alpha: float = 0.05) -> Difference:
    """Welch's t-test, for arms with unequal variances."""
    from scipy.stats import t

    arms = arm_of(control), arm_of(treated)
    variances = [arm.variance / arm.n for arm in arms]
    m0, m1, error = arms[0].mean, arms[1].mean, sqrt(sum(variances))
    if not error:
        return Difference(m0, m1, m1 - m0, m1 - m0, m1 - m0, 0.0, 1.0 if m0 == m1 else 0.0)
    squares = (variance**2 / (arm.n - 1) for variance, arm in zip(variances, arms, strict=True))
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
    test: Callable[[Arm, Arm], Difference],
    runs: int = 1_000,
    seed: int = 0,
    alpha: float = 0.05,
    share_treated: float = 0.5,
) -> float:
    """An A/A simulation: how often a test rejects between arms of the planned sizes that were split at random; it should be about
    alpha. In equal arms the skewness of an outcome cancels, in unequal ones it does not.

    Only the smaller arm is drawn; the other one has the rest of the sums, so that the cost of a run depends on the smaller arm.
    The median is subtracted: the sums of squares then lose no digits, and those of shares are exact."""
    rng, people, centre = np.random.default_rng(seed), len(outcomes), float(np.median(outcomes))
    values = outcomes - centre
    if not values.any():
        return 0.0
    # At least two participants in each arm: the variance of one is not defined.
    treated, rejected = min(max(round(people * share_treated), 2), people - 2), 0
    smaller, total, squares = min(treated, people - treated), float(values.sum()), float(values @ values)
    for _ in range(runs):
        drawn = values[rng.choice(people, smaller, replace=False, shuffle=False)]
        small = _arm_of_sums(smaller, float(drawn.sum()), float(drawn @ drawn), centre)
        rest = _arm_of_sums(people - smaller, total - float(drawn.sum()), squares - float(drawn @ drawn), centre)
        rejected += (test(rest, small) if smaller == treated else test(small, rest)).p < alpha
    return rejected / runs


def _arm_of_sums(n: int, total: float, squares: float, centre: float) -> Arm:
    """The arm of values whose distances from the centre have this sum and sum of squares."""
    return Arm(n, centre + total / n, max(squares - total * total / n, 0.0) / (n - 1))
