"""Does K-Means do better than a rule? The rule is a grid: people above and below the quantiles of two features.

Both are made from one half of the people and tried on the other: how much of the differences between people a segment tells,
and, where there are order dates, how much of what they bought later. Not here: who they are (segment_people.py).
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
LEAST_RETURNS = 50
"""People of the tried half who must have bought again, before that says anything."""


@dataclass(frozen=True)
class Explained:
    """The share of differences that each tells of people that it was not made from, with its interval of 95%."""

    kmeans: tuple[float, float, float]
    rule: tuple[float, float, float]
    gain: tuple[float, float, float]
    """Of K-Means over the rule; its interval is one of pairs."""


def cells(columns: Sequence[Floats], k: int) -> Floats:
    """The grid of at least k cells as centres, on one column or two: the cuts lie half way between neighbouring centres."""
    if len(columns) == 1:
        return _axis(columns[0], min(k, _MOST_ON_AN_AXIS))[:, None]
    first, second = _axis(columns[0], 2), _axis(columns[1], min(-(-k // 2), _MOST_ON_AN_AXIS))
    return np.array(list(product(first, second)))


def _axis(values: Floats, parts: int) -> Floats:
    """Centres on a line whose halfway points cut the values into quantiles; equal values stay together."""
    distinct, counts = np.unique(values, return_counts=True)
    below = np.cumsum(counts)[:-1] / len(values)
    if not len(below):
        return distinct[:1]
    places = sorted({int(np.argmin(np.abs(below - part / parts))) for part in range(1, parts)})
    cuts = [(distinct[at] + distinct[at + 1]) / 2 for at in places]
    return _around(cuts)


def _around(cuts: Sequence[float]) -> Floats:
    """Each centre mirrors its neighbour in the cut between them, so only one distance is free: it must keep all of them apart."""
    gaps = np.diff(cuts)
    least = max(0.0, gaps[0] - gaps[1]) if len(gaps) > 1 else 0.0
    most = gaps[0] if len(gaps) else 2.0
    centres = [cuts[0] - (least + most) / 2]
    for cut in cuts:
        centres.append(2 * cut - centres[-1])
    return np.array(centres)


def told_of_others(points: Floats, axes: Sequence[int], k: int, settings: MiningSettings) -> Explained:
    """How much of the differences between people the segments of the others tell."""
    return _tried(points, points, axes, k, settings)


def told_of_later(points: Floats, spent: Floats, axes: Sequence[int], k: int, settings: MiningSettings) -> Explained | None:
    """How much of what people spent later; None where too few did."""
    if np.count_nonzero(spent[1::2] > 0) < LEAST_RETURNS or np.count_nonzero(spent[::2] > 0) < LEAST_RETURNS:
        return None
    return _tried(points, np.log1p(np.maximum(spent, 0))[:, None], axes, k, settings)


def worth_gates(others: Explained, after: Explained | None, was_taken: bool, measures: tuple[str, str]) -> list[Gate]:
    """Certainly better than the rule at explaining how people differ, and not certainly worse at what they spend later.

    Where K-Means was taken last, it stays until the rule is certainly better, so that labels do not flicker.
    `measures` name the two.
    """
    of_others = _gate(measures[0], others, "not certainly worse" if was_taken else "certainly better")
    return [of_others] if after is None else [of_others, _gate(measures[1], after, "not certainly worse")]


def _gate(metric: str, found: Explained, requirement: Requirement) -> Gate:
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
        rival_value=found.rule[0],
        difference_low=difference_low,
        difference_high=difference_high,
    )


def _tried(points: Floats, outcome: Floats, axes: Sequence[int], k: int, settings: MiningSettings) -> Explained:
    learnt, tried = points[::2], points[1::2]
    rng = np.random.default_rng([settings.seed, k])
    centres, grid = kmeans(learnt, k, _STARTS, rng), cells([learnt[:, axis] for axis in axes], k)
    placed = [
        (nearest(learnt, centres)[0], nearest(tried, centres)[0]),
        (nearest(learnt[:, axes], grid)[0], nearest(tried[:, axes], grid)[0]),
    ]
    whole = np.zeros(len(learnt), np.int32), np.zeros(len(tried), np.int32)
    missed = [_missed(outcome[::2], outcome[1::2], *labels) for labels in (*placed, whole)]
    draws = (rng.integers(len(tried), size=len(tried)) for _ in range(_RESAMPLES))
    sums = np.array([[of.sum() for of in missed], *([of[some].sum() for of in missed] for some in draws)]).T
    by_kmeans, by_rule = (1 - of / np.maximum(sums[2], np.finfo(float).tiny) for of in sums[:2])
    return Explained(_interval(by_kmeans), _interval(by_rule), _interval(by_kmeans - by_rule))


def _missed(learnt: Floats, tried: Floats, own: Labels, other: Labels) -> Floats:
    """How far off, squared, each of the tried is from the mean of those learnt of that are in the same segment."""
    size = np.bincount(own, minlength=int(max(own.max(), other.max())) + 1)
    sums = np.stack([np.bincount(own, weights=column, minlength=len(size)) for column in learnt.T], axis=1)
    means = np.where(size[:, None] > 0, sums / np.maximum(size, 1)[:, None], learnt.mean(axis=0))
    missed: Floats = np.sum((tried - means[other]) ** 2, axis=1)
    return missed


def _interval(shares: Floats) -> tuple[float, float, float]:
    """Of all people, and between which bounds it lies when they are drawn again."""
    found = bootstrap_estimate(float(shares[0]), shares[1:])
    return found.value, found.low, found.high
