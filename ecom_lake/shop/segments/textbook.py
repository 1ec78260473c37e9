"""The segments of the textbook: K-Means of scikit-learn with a given number of clusters on standardized features.

Published analyses of shops cut customers in this way. It is here so that they can be repeated: extremes are kept, the number of
clusters is given, and no gate decides. Not here: the segments that the data decide on (choice.py, segmentation.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ecom_lake.shop.segments.choice import Clustering, measure, silhouette_of
from ecom_lake.shop.segments.clustering import Floats
from ecom_lake.shop.settings.mining import MiningSettings

TEXTBOOK = "Textbook K-Means"
_REASON = 'Given by the setting segments_by = "textbook", not chosen.'


def textbook_clustering(points: Floats, k: int, settings: MiningSettings) -> Clustering:
    """The best of `restarts` starts on all points; its quality is measured on the first `choice_sample` of them."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # how threads split a sum may change its last digit
        fitted = KMeans(n_clusters=k, n_init=settings.restarts, random_state=settings.seed).fit(points)
    centres = np.asarray(fitted.cluster_centers_, dtype=np.float64)
    compared = points[: settings.choice_sample]
    measured = measure(compared, centres, silhouette_of(compared, centres), settings)
    return replace(measured, chosen=True, reason=_REASON)


def textbook_verdict(
    group: str, people: int, fitted: int, features: Sequence[str], chosen: Clustering, settings: MiningSettings
) -> str:
    """What was done, for the card; `fitted` is the number of customers in the fit."""
    among = f"all {people:,}" if fitted == people else f"a random sample of {fitted:,} of {people:,}"
    compared = min(fitted, settings.choice_sample)
    return (
        f'The {chosen.k} segments of {group} are those of K-Means as textbooks use it, given by segments_by = "textbook"; '
        f"no gate chose them. The features are {', '.join(features)}, each standardized to mean 0 and standard deviation 1, with "
        f"extreme values kept. K-Means has k = {chosen.k}, n_init = {settings.restarts} and random_state = {settings.seed}, on "
        f"{among} {group}. On {compared:,} of them, the silhouette is {chosen.silhouette:.3f}, the agreement with the segments "
        f"of resampled customers {chosen.bootstrap_ari:.2f}, and the smallest segment holds {chosen.min_share:.1%}."
    )
