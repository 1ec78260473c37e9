"""K-Means, and how good clusters are: how far apart they lie, and whether they come back when other people are asked.

Written on scipy's `vq`, which runs in one thread: the same points give the same centres to the last digit on any machine
load. Not here: how many clusters to believe in (segment_choice.py), what the points mean (segment_people.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecom_lake.shop.settings.mining import MiningSettings

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

_STILL = 1e-4
"""Centres that move less than this, in standard deviations, have arrived."""
_MOST_ROUNDS = 300
_AT_ONCE = 500
"""Points whose distances to all others are held in memory."""


def stability(points: Floats, centres: Floats, settings: MiningSettings) -> Floats:
    """How far these clusters come back each time when as many points are drawn again, with repeats: the adjusted Rand indices.

    Each time the centres themselves are tried beside random starts: that a start went astray says nothing against them.
    """
    rng = np.random.default_rng([settings.seed, len(centres)])
    labels, _ = nearest(points, centres)
    agreements = []
    for _ in range(settings.resamples):
        drawn = points[rng.integers(len(points), size=len(points))]
        starts = [centres, *(_spread(drawn, len(centres), rng) for _ in range(settings.resample_restarts))]
        others, _ = nearest(points, _tightest(drawn, starts))
        agreements.append(adjusted_rand(labels, others))
    return np.array(agreements)


def kmeans(points: Floats, k: int, restarts: int, rng: np.random.Generator) -> Floats:
    return _tightest(points, [_spread(points, k, rng) for _ in range(restarts)])


def _tightest(points: Floats, starts: list[Floats]) -> Floats:
    """The best of the clusterings that the starts lead to; a single start may end far from it."""
    return min((settle(points, start) for start in starts), key=lambda centres: within(points, centres))


def settle(points: Floats, centres: Floats) -> Floats:
    """Lloyd's rounds from these centres, until they stay where they are. A centre that nobody is near stays too."""
    for _ in range(_MOST_ROUNDS):
        labels, _ = nearest(points, centres)
        size = np.bincount(labels, minlength=len(centres))[:, None]
        sums = np.stack([np.bincount(labels, weights=of, minlength=len(centres)) for of in points.T], axis=1)
        moved = np.where(size > 0, sums / np.maximum(size, 1), centres)
        still = np.abs(moved - centres).max() < _STILL
        centres = moved
        if still:
            break
    return centres


def nearest(points: Floats, centres: Floats) -> tuple[Labels, Floats]:
    """For each point, its nearest centre and how far it is."""
    from scipy.cluster.vq import vq

    labels, distances = vq(points, centres, check_finite=False)
    return labels, distances


def _spread(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    """k points to start from, each drawn the likelier the further it lies from those before (k-means++)."""
    centres = points[[rng.integers(len(points))]]
    squared = np.sum((points - centres) ** 2, axis=1)
    while len(centres) < k:
        reach = np.cumsum(squared)
        drawn = points[[np.searchsorted(reach, rng.random() * reach[-1], side="right").clip(max=len(points) - 1)]]
        centres = np.concatenate([centres, drawn])
        squared = np.minimum(squared, np.sum((points - drawn) ** 2, axis=1))
    return centres


def calinski_harabasz(points: Floats, centres: Floats) -> float:
    """Variance between the clusters over variance within them, each per degree of freedom; infinite where none is within."""
    inside, k = within(points, centres), len(centres)
    between = float(np.sum((points - points.mean(axis=0)) ** 2)) - inside
    return between * (len(points) - k) / (inside * (k - 1)) if inside > 0 else float("inf")


def within(points: Floats, centres: Floats) -> float:
    """The sum of squared distances from the nearest centre."""
    return float(np.sum(nearest(points, centres)[1] ** 2))


def silhouettes(points: Floats, partings: list[Labels]) -> list[float]:
    """Of each parting, the mean silhouette: how much nearer points are to their own cluster than to the next."""
    from scipy.spatial.distance import cdist

    orders = [np.argsort(labels, kind="stable") for labels in partings]
    sizes = [np.bincount(labels) for labels in partings]
    totals = [0.0 for _ in partings]
    for start in range(0, len(points), _AT_ONCE):
        distances = cdist(points[start : start + _AT_ONCE], points)
        for i, (labels, order, size) in enumerate(zip(partings, orders, sizes, strict=True)):
            sums = np.add.reduceat(distances[:, order], np.cumsum(size) - size, axis=1)
            totals[i] += float(np.sum(_silhouette(sums, labels[start : start + _AT_ONCE], size)))
    return [total / len(points) for total in totals]


def _silhouette(sums: Floats, labels: Labels, size: NDArray[np.int64]) -> Floats:
    """From each point's sum of distances to every cluster. A point that is a cluster of its own has 0."""
    each = np.arange(len(labels))
    own = sums[each, labels] / np.maximum(size[labels] - 1, 1)
    others = sums / size
    others[each, labels] = np.inf
    other = others.min(axis=1)
    most = np.maximum(own, other)
    apart = np.divide(other - own, most, out=np.zeros(len(labels)), where=most > 0)
    return np.where(size[labels] > 1, apart, 0.0)


def adjusted_rand(one: Labels, other: Labels) -> float:
    """How far two partings of the same points agree: 1 is wholly, 0 is no more than chance."""
    shape = int(one.max()) + 1, int(other.max()) + 1
    table = np.bincount(one * shape[1] + other, minlength=shape[0] * shape[1]).reshape(shape)
    both, rows, columns, pairs = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0), table.sum()))
    chance = rows * columns / pairs
    most = (rows + columns) / 2
    return (both - chance) / (most - chance) if most != chance else 1.0


def _pairs(counts: NDArray[np.int64]) -> float:
    return float(np.sum(counts * (counts - 1))) / 2
