"""The number of segments: every number is evaluated, and the best separated of the stable and large enough ones is chosen.

The number of the last fit is kept while it nearly passes, so that labels do not change at the edge of a threshold.
Not here: K-Means and its measures (clustering.py), and the comparison with a quantile grid (grid_rule.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecom_lake.shop.segments.clustering import (
    Floats,
    Labels,
    calinski_harabasz,
    inertia,
    kmeans,
    lloyd,
    mean_silhouettes,
    nearest,
    stability,
)
from ecom_lake.shop.settings.mining import MiningSettings

_POINTS_PER_CLUSTER = 10
"""Distinct points that each cluster needs, so that repeated values are not mistaken for structure."""
_SILHOUETTE_SAMPLE = 2_000
"""Sample size of the silhouette, whose time grows with the square of the sample."""
_WARM_START_TOLERANCE = 1.01
"""Centres started from the last fit are kept unless fresh ones reduce the within-cluster sum of squares by more than this."""


@dataclass(frozen=True)
class Clustering:
    """The clusters for one number of segments, and their quality."""

    k: int
    centres: Floats
    silhouette: float
    calinski_harabasz: float
    agreements: Floats
    min_share: float
    chosen: bool = False
    reason: str = ""

    @property
    def bootstrap_ari(self) -> float:
        return float(np.mean(self.agreements))

    def passes(self, settings: MiningSettings, slack: float = 0.0) -> bool:
        """`slack` lowers both thresholds by this share."""
        least = 1 - slack
        return self.bootstrap_ari >= settings.min_stability * least and self.min_share >= settings.min_segment_share * least


def evaluate(points: Floats, settings: MiningSettings, last: Floats | None = None) -> list[Clustering]:
    """A clustering for every number of segments that the settings and the points allow; `last` holds the last fit's centres."""
    most = min(settings.most_segments, len(np.unique(points, axis=0)) // _POINTS_PER_CLUSTER)
    rng = np.random.default_rng(settings.seed)
    numbers = range(settings.fewest_segments, most + 1)
    centres_by_k = [_from_last(points, kmeans(points, k, settings.restarts, rng), last) for k in numbers]
    sampled = points[:_SILHOUETTE_SAMPLE]
    silhouettes = mean_silhouettes(sampled, [_labels(sampled, centres) for centres in centres_by_k])
    clusterings = [measure(points, *found, settings) for found in zip(centres_by_k, silhouettes, strict=True)]
    return _with_choice(clusterings, settings, None if last is None else len(last))


def _from_last(points: Floats, fresh: Floats, last: Floats | None) -> Floats:
    """The centres of the last fit, updated to these points, unless fresh ones are clearly tighter."""
    if last is None or last.shape != fresh.shape:
        return fresh
    return tighter(points, lloyd(points, last), fresh)


def tighter(points: Floats, warm: Floats, fresh: Floats) -> Floats:
    """The warm centres, unless the fresh ones are clearly tighter or the warm ones leave a segment empty."""
    has_every_segment = len(np.unique(nearest(points, warm)[0])) == len(warm)
    return warm if has_every_segment and inertia(points, warm) <= _WARM_START_TOLERANCE * inertia(points, fresh) else fresh


def _labels(points: Floats, centres: Floats) -> Labels:
    """Labels without gaps: a small sample may miss a small segment."""
    return np.unique(nearest(points, centres)[0], return_inverse=True)[1].astype(np.int32)


def silhouette_of(points: Floats, centres: Floats) -> float:
    """The mean silhouette of these clusters."""
    return mean_silhouettes(points, [_labels(points, centres)])[0]


def measure(points: Floats, centres: Floats, silhouette: float, settings: MiningSettings) -> Clustering:
    labels, _ = nearest(points, centres)
    return Clustering(
        k=len(centres),
        centres=centres,
        silhouette=silhouette,
        calinski_harabasz=calinski_harabasz(points, centres),
        agreements=stability(points, centres, settings),
        min_share=float(np.bincount(labels, minlength=len(centres)).min() / len(points)),
    )


def _with_choice(clusterings: Sequence[Clustering], settings: MiningSettings, last_k: int | None) -> list[Clustering]:
    """The clusterings with the chosen one marked, and the reason for each."""
    kept = next((one for one in clusterings if one.k == last_k and one.passes(settings, settings.segment_slack)), None)
    passing = [one for one in clusterings if one.passes(settings)]
    best = kept or max(passing, key=lambda one: one.calinski_harabasz, default=None)
    return [replace(one, chosen=one is best, reason=_reason(one, best, kept, settings)) for one in clusterings]


def _reason(one: Clustering, best: Clustering | None, kept: Clustering | None, settings: MiningSettings) -> str:
    if one is kept:
        return (
            f"Kept from the last fit: its segments are still stable (agreement {one.bootstrap_ari:.2f} on resampled customers) "
            f"and the smallest holds {one.min_share:.1%} of the customers."
        )
    if not one.passes(settings) or best is None:
        return " ".join(_failed_requirements(one, settings))
    if one is best:
        return (
            f"Best separated of the stable numbers of segments (agreement {one.bootstrap_ari:.2f} on resampled customers, "
            f"at least {settings.min_segment_share:.0%} of the customers in each segment)."
        )
    if kept:
        return f"Stable too, but the {kept.k} segments of the last fit are still stable, and they are kept so that labels stay."
    return (
        f"Stable too, but {best.k} segments are better separated "
        f"(Calinski-Harabasz index {best.calinski_harabasz:,.0f}, compared with {one.calinski_harabasz:,.0f})."
    )


def _failed_requirements(one: Clustering, settings: MiningSettings) -> list[str]:
    failed = []
    if one.bootstrap_ari < settings.min_stability:
        failed.append(
            f"Not stable: the agreement on resampled customers is {one.bootstrap_ari:.3f}, "
            f"and at least {settings.min_stability:g} is required."
        )
    if one.min_share < settings.min_segment_share:
        failed.append(
            f"Its smallest segment holds {one.min_share:.2%} of the customers, "
            f"and at least {settings.min_segment_share:.0%} is required."
        )
    return failed
