"""What came out of an experiment: is the split as planned, how far are the arms apart, and how sure is that.

Shares of people by a two-sample z-test, money by Welch's t-test; a value from before the experiment takes out what people
were like anyway (CUPED); several outcomes are corrected together (Holm). Not here: looking more than once
(experiment_looks.py), and files (serving/experiments.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from ecom_lake.statistics.factor_regression import Floats

SPLIT_ALPHA = 0.001
"""A split that chance would give less often than this is a fault of the experiment."""


@dataclass(frozen=True)
class Difference:
    """Of the treated arm from the control."""

    control: float
    treated: float
    value: float
    low: float
    high: float
    error: float
    p: float


def split_p(people: Sequence[int], planned: Sequence[float] | None = None) -> float:
    """The chance of a split at least so far from the planned one (equal arms), by chi-square."""
    from scipy.stats import chi2

    shares = planned or [1 / len(people)] * len(people)
    expected = [share * sum(people) for share in shares]
    return float(chi2.sf(sum((n - e) ** 2 / e for n, e in zip(people, expected, strict=True)), len(people) - 1))


def shares_apart(control: Floats, treated: Floats, alpha: float = 0.05) -> Difference:
    """Outcomes that are 0 or 1. The p-value has the arms' shares pooled, as it is on the supposition that they are one."""
    normal = NormalDist()
    p0, p1, n0, n1 = float(control.mean()), float(treated.mean()), len(control), len(treated)
    error = sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1)
    middle = (p0 * n0 + p1 * n1) / (n0 + n1)
    pooled = sqrt(middle * (1 - middle) * (1 / n0 + 1 / n1))
    p = 2 * normal.cdf(-abs(p1 - p0) / pooled) if pooled else 1.0
    half = normal.inv_cdf(1 - alpha / 2) * error
    return Difference(p0, p1, p1 - p0, p1 - p0 - half, p1 - p0 + half, error, p)


def means_apart(control: Floats, treated: Floats, alpha: float = 0.05) -> Difference:
    """Welch's t-test: the arms need not vary alike."""
    from scipy.stats import t

    parts = [float(arm.var(ddof=1)) / len(arm) for arm in (control, treated)]
    m0, m1, error = float(control.mean()), float(treated.mean()), sqrt(sum(parts))
    if not error:
        return Difference(m0, m1, m1 - m0, m1 - m0, m1 - m0, 0.0, 1.0 if m0 == m1 else 0.0)
    freedom = sum(parts) ** 2 / sum(part**2 / (len(arm) - 1) for part, arm in zip(parts, (control, treated), strict=True))
    half = float(t.isf(alpha / 2, freedom)) * error
    p = 2 * float(t.sf(abs(m1 - m0) / error, freedom))
    return Difference(m0, m1, m1 - m0, m1 - m0 - half, m1 - m0 + half, error, p)


def without_past(outcome: Floats, before: Floats) -> tuple[Floats, float]:
    """CUPED: the outcome less what the value before let expect, and the share of its variance that is left."""
    spread = float(before.var())
    slope = float(((before - before.mean()) * (outcome - outcome.mean())).mean()) / spread if spread else 0.0
    left = outcome - slope * (before - before.mean())
    return left, float(left.var() / outcome.var()) if outcome.var() else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected for being several: the smallest times their number, the next times one fewer, and never less than one before."""
    order = sorted(range(len(p_values)), key=lambda i: (p_values[i], i))
    corrected, before = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        before = max(before, min(1.0, (len(p_values) - place) * p_values[i]))
        corrected[i] = before
    return corrected


def false_alarms(
    outcomes: Floats, test: Callable[[Floats, Floats], Difference], runs: int = 1_000, seed: int = 0, alpha: float = 0.05
) -> float:
    """An A/A run: how often a test finds something between arms that were only drawn by lot; it should be about alpha."""
    rng = np.random.default_rng(seed)
    half, found = len(outcomes) // 2, 0
    for _ in range(runs):
        drawn = rng.permutation(len(outcomes))
        found += test(outcomes[drawn[:half]], outcomes[drawn[half:]]).p < alpha
    return found / runs
