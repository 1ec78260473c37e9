from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.clustering import (
    Floats,
    adjusted_rand,
    calinski_harabasz,
    choose,
    kmeans,
    nearest,
    settle,
    stability,
)

DEFAULTS = MiningSettings()


def blobs(centres: list[tuple[float, float]], each: int, width: float = 0.3) -> tuple[Floats, np.ndarray]:
    rng = np.random.default_rng(2)
    points = np.concatenate([rng.normal(centre, width, (each, 2)) for centre in centres])
    return points, np.repeat(np.arange(len(centres), dtype=np.int32), each)


APART = [(0.0, 0.0), (3.0, 0.0), (0.0, 3.0), (3.0, 3.0), (1.5, 6.0)]


def test_groups_that_lie_apart_are_found() -> None:
    points, truth = blobs(APART, 100)
    centres = choose(points, DEFAULTS)
    assert centres is not None
    assert len(centres) == 5
    assert adjusted_rand(truth, nearest(points, centres)[0]) > 0.99


def test_a_group_too_small_is_not_made_a_cluster() -> None:
    points, _ = blobs(APART[:4], 100)
    stray = np.random.default_rng(1).normal((40.0, 40.0), 0.3, (12, 2))
    together = np.concatenate([points, stray])
    allowed = choose(together, replace(DEFAULTS, min_segment_share=0.0))
    assert allowed is not None
    assert np.bincount(nearest(together, allowed)[0]).min() == 12
    large = choose(together, replace(DEFAULTS, min_segment_share=0.05))
    assert large is None or np.bincount(nearest(together, large)[0]).min() > 12


def test_a_cloud_without_groups_is_not_parted() -> None:
    cloud = np.random.default_rng(4).normal(size=(500, 2))
    assert choose(cloud, DEFAULTS) is None
    forced = choose(cloud, replace(DEFAULTS, min_stability=0.0))
    assert forced is not None
    assert stability(cloud, forced, DEFAULTS) < DEFAULTS.min_stability


def test_few_distinct_points_are_not_parted() -> None:
    repeated = np.repeat(np.arange(20.0)[:, None], 50, axis=0)
    assert choose(repeated, DEFAULTS) is None


def test_the_same_points_give_the_same_bytes() -> None:
    points, _ = blobs(APART, 60, width=1.0)
    one, other = (kmeans(points, 4, 5, np.random.default_rng(9)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_a_centre_that_nobody_is_near_stays() -> None:
    points = np.array([[0.0], [1.0], [10.0]])
    assert settle(points, np.array([[0.0], [10.0], [99.0]])).tolist() == [[0.5], [10.0], [99.0]]


def test_as_tight_as_scikit_learn() -> None:
    from sklearn.cluster import KMeans

    points = np.random.default_rng(8).gamma(2.0, size=(2_000, 3))
    for k in (3, 5, 8):
        ours = kmeans(points, k, 10, np.random.default_rng(0))
        theirs = KMeans(k, n_init=20, random_state=0).fit(points).inertia_
        assert float(np.sum(nearest(points, ours)[1] ** 2)) <= theirs * 1.001


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@settings(max_examples=50)
@given(labels)
def test_adjusted_rand_against_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import adjusted_rand_score

    one, other = np.array(pairs, dtype=np.int32).T
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other))


def test_calinski_harabasz_against_scikit_learn() -> None:
    from sklearn.metrics import calinski_harabasz_score

    points, truth = blobs(APART, 40)
    centres = np.stack([points[truth == i].mean(axis=0) for i in range(5)])
    assert (nearest(points, centres)[0] == truth).all()
    assert calinski_harabasz(points, centres) == pytest.approx(calinski_harabasz_score(points, truth))
