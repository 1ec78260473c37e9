"""The rival of K-Means: a quantile grid, which splits customers at the quantiles of two features.

Both are fitted on one half of the customers and evaluated on the other: the share of the variance of the features that the
segments explain and, where there are order dates, the share of the variance of later spend. Not here: the
customers (groups.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ecom_lake.engine.contracts.gate import Gate, Requirement
from ecom_lake.shop.segments.clustering import Floats, Labels, kmeans, nearest
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import bootstrap_estimate

KMEANS, GRID = "K-Means", "Quantile grid"

_RESAMPLES = 200
_STARTS = 4
_MOST_ON_AN_AXIS = 4
LEAST_REPEAT_BUYERS = 50
"""Customers in each half who must have ordered again, so that later spend can be compared."""


@dataclass(frozen=True)
class ExplainedVariance:
    """The explained share of the variance among the held-out customers, each with its 95% bootstrap interval."""

    kmeans: tuple[float, float, float]
    grid: tuple[float, float, float]
    gain: tuple[float, float, float]
    """K-Means less the grid, on the same resamples."""


def grid_centres(columns: Sequence[Floats], k: int) -> Floats:
    """The grid of at least k cells as centres, on one column or two: the cuts lie half way between neighbouring centres."""
    if len(columns) == 1:
        return _axis(columns[0], min(k, _MOST_ON_AN_AXIS))[:, None]
    first, second = _axis(columns[0], 2), _axis(columns[1], min(-(-k // 2), _MOST_ON_AN_AXIS))
    return np.array(list(product(first, second)))


def _axis(values: Floats, parts: int) -> Floats:
    """Centres on a line whose midpoints cut the values into quantiles; equal values stay together."""
    distinct, counts = np.unique(values, return_counts=True)
    if parts == 1 or len(distinct) == 1:
        return distinct[:1]
    below = np.cumsum(counts)[:-1] / len(values)
    places = sorted({int(np.argmin(np.abs(below - part / parts))) for part in range(1, parts)})
    cuts = [(distinct[at] + distinct[at + 1]) / 2 for at in places]
    return _around(cuts)


def _around(cuts: Sequence[float]) -> Floats:
    """Centres whose midpoints are the cuts: one distance is free, and it is chosen so that the centres stay in order."""
    gaps = np.diff(cuts)
    least = max(0.0, gaps[0] - gaps[1]) if len(gaps) > 1 else 0.0
    most = gaps[0] if len(gaps) else 2.0
    centres = [cuts[0] - (least + most) / 2]
    for cut in cuts:
        centres.append(2 * cut - centres[-1])
    return np.array(centres)


def explained_differences(points: Floats, axes: Sequence[int], k: int, settings: MiningSettings) -> ExplainedVariance:
    """The share of the features' variance that the segments explain."""
    return _evaluated(points, points, axes, k, settings)


def explained_future_spend(
    points: Floats, spent: Floats, axes: Sequence[int], k: int, settings: MiningSettings
) -> ExplainedVariance | None:
    """The share of the variance of later spend that the segments explain; None where too few customers ordered again."""
    if np.count_nonzero(spent[1::2] > 0) < LEAST_REPEAT_BUYERS or np.count_nonzero(spent[::2] > 0) < LEAST_REPEAT_BUYERS:
        return None
    return _evaluated(points, np.log1p(np.maximum(spent, 0))[:, None], axes, k, settings)


def improvement_gates(
    differences: ExplainedVariance, spend: ExplainedVariance | None, was_chosen: bool, measures: tuple[str, str]
) -> list[Gate]:
    """K-Means must explain certainly more of the features' variance than the grid, and not certainly less of later spend.

    Where K-Means was chosen in the last fit, it stays until the grid is certainly better, so that labels stay stable.
    `measures` holds the names of both metrics.
    """
    feature_gate = _gate(measures[0], differences, "not certainly worse" if was_chosen else "certainly better")
    return [feature_gate] if spend is None else [feature_gate, _gate(measures[1], spend, "not certainly worse")]


def _gate(metric: str, found: ExplainedVariance, requirement: Requirement) -> Gate:
    (value, low, high), (_, difference_low, difference_high) = found.kmeans, found.gain
    return Gate(
        candidate=KMEANS,
        metric=metric,
        direction="higher",
        requirement=requirement,
        value=value,
        low=low,
        high=high,
        rival=GRID,
        rival_value=found.grid[0],
        difference_low=difference_low,
        difference_high=difference_high,
    )


def _evaluated(points: Floats, outcome: Floats, axes: Sequence[int], k: int, settings: MiningSettings) -> ExplainedVariance:
    train, test = points[::2], points[1::2]
    rng = np.random.default_rng([settings.seed, k])
    centres, grid = kmeans(train, k, _STARTS, rng), grid_centres([train[:, axis] for axis in axes], k)
    labels = [
        (nearest(train, centres)[0], nearest(test, centres)[0]),
        (nearest(train[:, axes], grid)[0], nearest(test[:, axes], grid)[0]),
    ]
    one_segment = np.zeros(len(train), np.int32), np.zeros(len(test), np.int32)
    errors = [_squared_errors(outcome[::2], outcome[1::2], *each) for each in (*labels, one_segment)]
    resamples = (rng.integers(len(test), size=len(test)) for _ in range(_RESAMPLES))
    sums = np.array([[of.sum() for of in errors], *([of[drawn].sum() for of in errors] for drawn in resamples)]).T
    by_kmeans, by_grid = (1 - of / np.maximum(sums[2], np.finfo(float).tiny) for of in sums[:2])
    return ExplainedVariance(_with_interval(by_kmeans), _with_interval(by_grid), _with_interval(by_kmeans - by_grid))


def _squared_errors(train: Floats, test: Floats, train_labels: Labels, test_labels: Labels) -> Floats:
    """The squared distance of each test row from the mean of the training rows in the same segment."""
    size = np.bincount(train_labels, minlength=int(max(train_labels.max(), test_labels.max())) + 1)
    sums = np.stack([np.bincount(train_labels, weights=column, minlength=len(size)) for column in train.T], axis=1)
    means = np.where(size[:, None] > 0, sums / np.maximum(size, 1)[:, None], train.mean(axis=0))
    errors: Floats = np.sum((test - means[test_labels]) ** 2, axis=1)
    return errors


def _with_interval(shares: Floats) -> tuple[float, float, float]:
    """The share in the whole sample, which comes first, with the 95% interval of the resamples."""
    found = bootstrap_estimate(float(shares[0]), shares[1:])
    return found.value, found.low, found.high
