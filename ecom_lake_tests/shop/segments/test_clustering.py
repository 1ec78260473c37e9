from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.shop.segments.clustering import adjusted_rand, calinski_harabasz, kmeans, lloyd, mean_silhouettes, nearest
from ecom_lake_tests.builders.segment_customers import APART, blobs


def test_the_same_points_give_the_same_bytes() -> None:
    points, _ = blobs(APART, 60, width=1.0)
    one, other = (kmeans(points, 4, 5, np.random.default_rng(9)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_a_centre_without_points_is_kept() -> None:
    points = np.array([[0.0], [1.0], [10.0]])
    assert lloyd(points, np.array([[0.0], [10.0], [99.0]])).tolist() == [[0.5], [10.0], [99.0]]


def test_the_inertia_is_no_higher_than_that_of_scikit_learn() -> None:
    from sklearn.cluster import KMeans

    points = np.random.default_rng(8).gamma(2.0, size=(2_000, 3))
    for k in (3, 5, 8):
        ours = kmeans(points, k, 10, np.random.default_rng(0))
        theirs = KMeans(k, n_init=20, random_state=0).fit(points).inertia_
        assert float(np.sum(nearest(points, ours)[1] ** 2)) <= theirs * 1.001


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@settings(max_examples=50)
@given(labels)
def test_adjusted_rand_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import adjusted_rand_score

    one, other = np.array(pairs, dtype=np.int32).T
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other))


def test_calinski_harabasz_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import calinski_harabasz_score

    points, truth = blobs(APART, 40)
    centres = np.stack([points[truth == i].mean(axis=0) for i in range(5)])
    assert (nearest(points, centres)[0] == truth).all()
    assert calinski_harabasz(points, centres) == pytest.approx(calinski_harabasz_score(points, truth))


def test_silhouettes_agree_with_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    points, truth = blobs(APART, 240, width=1.0)  # more points than are held in memory at once
    alone = np.where(np.arange(len(points)) == 7, 5, truth).astype(np.int32)  # a cluster of one point
    found = mean_silhouettes(points, [truth, alone])
    assert found == pytest.approx([silhouette_score(points, truth), silhouette_score(points, alone)])


def test_the_silhouette_of_one_cluster_is_zero() -> None:
    """A sample may miss every cluster but one."""
    assert mean_silhouettes(np.array([[0.0], [1.0], [5.0]]), [np.zeros(3, np.int32)]) == [0]
