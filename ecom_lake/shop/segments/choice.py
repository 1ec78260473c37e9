"""How many segments to believe in: every number is measured, and the best of those that come back and are not too small wins.

The number that was chosen last stays while it nearly passes, so that labels do not flicker at the edge of a bar.
Not here: clustering and its measures (clustering.py), whether a rule does as well (segment_rule.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecom_lake.shop.segments.clustering import (
    Floats,
    Labels,
    calinski_harabasz,
    kmeans,
    nearest,
    settle,
    silhouettes,
    stability,
    within,
)
from ecom_lake.shop.settings.mining import MiningSettings

_POINTS_PER_CLUSTER = 10
"""Distinct points that a cluster needs, lest repeated values be taken for structure."""
_SILHOUETTE_SAMPLE = 2_000
"""People whose distances to each other are measured; the time grows with their square."""
_AS_TIGHT = 1.01
"""Centres that start from the last ones are taken unless others are tighter by more than this."""


@dataclass(frozen=True)
class Tried:
    """One number of segments, and how good it is."""

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
        least = 1 - slack
        return self.bootstrap_ari >= settings.min_stability * least and self.min_share >= settings.min_segment_share * least


def try_all(points: Floats, settings: MiningSettings, last: Floats | None = None) -> list[Tried]:
    """Every number of segments that the settings allow and the points can bear; `last` are the centres of the last fit."""
    most = min(settings.most_segments, len(np.unique(points, axis=0)) // _POINTS_PER_CLUSTER)
    rng = np.random.default_rng(settings.seed)
    numbers = range(settings.fewest_segments, most + 1)
    found = [_from_last(points, kmeans(points, k, settings.restarts, rng), last) for k in numbers]
    few = points[:_SILHOUETTE_SAMPLE]
    apart = silhouettes(few, [_labels(few, centres) for centres in found])
    tried = [_measured(points, centres, far, settings) for centres, far in zip(found, apart, strict=True)]
    return _judged(tried, settings, None if last is None else len(last))


def _from_last(points: Floats, fresh: Floats, last: Floats | None) -> Floats:
    """The centres that the last ones have become, unless fresh ones are tighter."""
    if last is None or last.shape != fresh.shape:
        return fresh
    return tighter(points, settle(points, last), fresh)


def tighter(points: Floats, warm: Floats, fresh: Floats) -> Floats:
    """The warm centres, unless the fresh ones are clearly tighter or the warm ones leave a segment empty."""
    is_whole = len(np.unique(nearest(points, warm)[0])) == len(warm)
    return warm if is_whole and within(points, warm) <= _AS_TIGHT * within(points, fresh) else fresh


def _labels(points: Floats, centres: Floats) -> Labels:
    """Numbered without gaps: a small sample may miss a small segment."""
    return np.unique(nearest(points, centres)[0], return_inverse=True)[1].astype(np.int32)


def _measured(points: Floats, centres: Floats, silhouette: float, settings: MiningSettings) -> Tried:
    labels, _ = nearest(points, centres)
    return Tried(
        k=len(centres),
        centres=centres,
        silhouette=silhouette,
        calinski_harabasz=calinski_harabasz(points, centres),
        agreements=stability(points, centres, settings),
        min_share=float(np.bincount(labels, minlength=len(centres)).min() / len(points)),
    )


def _judged(tried: Sequence[Tried], settings: MiningSettings, last: int | None) -> list[Tried]:
    stays = next((one for one in tried if one.k == last and one.passes(settings, settings.segment_slack)), None)
    passing = [one for one in tried if one.passes(settings)]
    best = stays or max(passing, key=lambda one: one.calinski_harabasz, default=None)
    return [replace(one, chosen=one is best, reason=_reason(one, best, stays, settings)) for one in tried]


def _reason(one: Tried, best: Tried | None, stays: Tried | None, settings: MiningSettings) -> str:
    if one is stays:
        return (
            f"Kept from the last fit: its segments still come back on resampled people ({one.bootstrap_ari:.2f} of 1) "
            f"and the smallest holds {one.min_share:.1%} of the people."
        )
    if not one.passes(settings) or best is None:
        return " ".join(_missed(one, settings))
    if one is best:
        return (
            f"Best separated of those whose segments come back on resampled people ({one.bootstrap_ari:.2f} of 1) "
            f"and hold at least {settings.min_segment_share:.0%} of the people each."
        )
    if stays:
        return f"Stable too, but the {stays.k} segments of the last fit still hold, and labels stay put."
    return (
        f"Stable too, but {best.k} segments are better separated "
        f"(Calinski-Harabasz {best.calinski_harabasz:,.0f} against {one.calinski_harabasz:,.0f})."
    )


def _missed(one: Tried, settings: MiningSettings) -> list[str]:
    said = []
    if one.bootstrap_ari < settings.min_stability:
        said.append(
            f"On resampled people its segments come back to {one.bootstrap_ari:.3f} of 1, "
            f"and {settings.min_stability:g} is asked for."
        )
    if one.min_share < settings.min_segment_share:
        said.append(
            f"Its smallest segment holds {one.min_share:.2%} of the people, and {settings.min_segment_share:.0%} is asked for."
        )
    return said
