"""K-Means, and measures of a clustering: separation, and stability on resampled customers.

Written on scipy's `vq`, which runs in one thread: the same points give the same centres to the last digit under any load.
Not here: the number of clusters (choice.py), and the features (groups.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecom_lake.shop.settings.mining import MiningSettings

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

_TOLERANCE = 1e-4
"""Centres that move less than this, in standard deviations, have converged."""
_MOST_ITERATIONS = 300
_CHUNK = 500
"""Points whose distances to all others are held in memory."""


def stability(points: Floats, centres: Floats, settings: MiningSettings) -> Floats:
    """The adjusted Rand index of these clusters with those of each bootstrap sample.

    Every sample is also clustered from the given centres, so that a poor random start does not count as instability.
    """
    rng = np.random.default_rng([settings.seed, len(centres)])
    labels, _ = nearest(points, centres)
    agreements = []
    for _ in range(settings.resamples):
        drawn = points[rng.integers(len(points), size=len(points))]
        starts = [centres, *(_kmeans_plus_plus(drawn, len(centres), rng) for _ in range(settings.resample_restarts))]
        others, _ = nearest(points, _best(drawn, starts))
        agreements.append(adjusted_rand(labels, others))
    return np.array(agreements)


def kmeans(points: Floats, k: int, restarts: int, rng: np.random.Generator) -> Floats:
    return _best(points, [_kmeans_plus_plus(points, k, rng) for _ in range(restarts)])


def _best(points: Floats, starts: list[Floats]) -> Floats:
    """The centres with the smallest within-cluster sum of squares; a single start may end in a poor local minimum."""
    return min((lloyd(points, start) for start in starts), key=lambda centres: inertia(points, centres))


def lloyd(points: Floats, centres: Floats) -> Floats:
    """Lloyd's algorithm from these centres until they converge. A centre without points stays where it is."""
    for _ in range(_MOST_ITERATIONS):
        labels, _ = nearest(points, centres)
        size = np.bincount(labels, minlength=len(centres))[:, None]
        sums = np.stack([np.bincount(labels, weights=of, minlength=len(centres)) for of in points.T], axis=1)
        moved = np.where(size > 0, sums / np.maximum(size, 1), centres)
        has_converged = np.abs(moved - centres).max() < _TOLERANCE
        centres = moved
        if has_converged:
            break
    return centres


def nearest(points: Floats, centres: Floats) -> tuple[Labels, Floats]:
    """The nearest centre of each point, and its distance."""
    from scipy.cluster.vq import vq

    labels, distances = vq(points, centres, check_finite=False)
    return labels, distances


def _kmeans_plus_plus(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    """k starting points, drawn with probabilities proportional to the squared distance from those before (k-means++)."""
    centres = points[[rng.integers(len(points))]]
    squared = np.sum((points - centres) ** 2, axis=1)
    while len(centres) < k:
        reach = np.cumsum(squared)
        drawn = points[[np.searchsorted(reach, rng.random() * reach[-1], side="right").clip(max=len(points) - 1)]]
        centres = np.concatenate([centres, drawn])
        squared = np.minimum(squared, np.sum((points - drawn) ** 2, axis=1))
    return centres


def calinski_harabasz(points: Floats, centres: Floats) -> float:
    """Variance between the clusters over variance within them, each per degree of freedom; infinite without variance within."""
    inside, k = inertia(points, centres), len(centres)
    between = float(np.sum((points - points.mean(axis=0)) ** 2)) - inside
    return between * (len(points) - k) / (inside * (k - 1)) if inside > 0 else float("inf")


def inertia(points: Floats, centres: Floats) -> float:
    """The within-cluster sum of squares."""
    return float(np.sum(nearest(points, centres)[1] ** 2))


def mean_silhouettes(points: Floats, labelings: list[Labels]) -> list[float]:
    """The mean silhouette of each labeling: how much nearer points are to their own cluster than to the next."""
    from scipy.spatial.distance import cdist

    orders = [np.argsort(labels, kind="stable") for labels in labelings]
    sizes = [np.bincount(labels) for labels in labelings]
    totals = [0.0 for _ in labelings]
    for start in range(0, len(points), _CHUNK):
        distances = cdist(points[start : start + _CHUNK], points)
        for i, (labels, order, size) in enumerate(zip(labelings, orders, sizes, strict=True)):
            sums = np.add.reduceat(distances[:, order], np.cumsum(size) - size, axis=1)
            totals[i] += float(np.sum(_silhouette(sums, labels[start : start + _CHUNK], size)))
    return [total / len(points) for total in totals]


def _silhouette(sums: Floats, labels: Labels, size: NDArray[np.int64]) -> Floats:
    """From each point's sum of distances to every cluster; 0 for a cluster of a single point, and where there is no other."""
    each = np.arange(len(labels))
    own = sums[each, labels] / np.maximum(size[labels] - 1, 1)
    others = sums / size
    others[each, labels] = np.inf
    other = others.min(axis=1)
    larger = np.maximum(own, other)
    silhouette = np.divide(other - own, larger, out=np.zeros(len(labels)), where=(larger > 0) & np.isfinite(larger))
    return np.where(size[labels] > 1, silhouette, 0.0)


def adjusted_rand(one: Labels, other: Labels) -> float:
    """The agreement of two labelings of the same points: 1 is identical, 0 is expected by chance."""
    shape = int(one.max()) + 1, int(other.max()) + 1
    table = np.bincount(one * shape[1] + other, minlength=shape[0] * shape[1]).reshape(shape)
    both, rows, columns, pairs = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0), table.sum()))
    chance = rows * columns / pairs
    most = (rows + columns) / 2
    return (both - chance) / (most - chance) if most != chance else 1.0


def _pairs(counts: NDArray[np.int64]) -> float:
    return float(np.sum(counts * (counts - 1))) / 2
