from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.shop.segments.choice import Clustering, evaluate
from ecom_lake.shop.segments.clustering import Floats, adjusted_rand, kmeans, nearest
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.segment_customers import APART, blobs

DEFAULTS = MiningSettings()


def chosen(tried: list[Clustering]) -> Clustering | None:
    return next((one for one in tried if one.chosen), None)


def test_separated_groups_are_found_and_every_number_is_measured() -> None:
    points, truth = blobs(APART, 100)
    tried = evaluate(points, DEFAULTS)
    assert [one.k for one in tried] == [3, 4, 5, 6, 7, 8]
    best = chosen(tried)
    assert best is not None
    assert best.k == 5
    assert best.silhouette == max(one.silhouette for one in tried)
    assert adjusted_rand(truth, nearest(points, best.centres)[0]) > 0.99
    assert all(one.reason.endswith(".") for one in tried)


def test_a_group_below_the_minimum_size_is_not_a_cluster() -> None:
    points, _ = blobs(APART[:4], 100)
    together = np.concatenate([points, np.random.default_rng(1).normal((40.0, 40.0), 0.3, (12, 2))])
    allowed = chosen(evaluate(together, DEFAULTS.with_changes(min_segment_share=0.0)))
    assert allowed is not None
    assert allowed.min_share == 12 / 412
    large = evaluate(together, DEFAULTS)
    five = next(one for one in large if one.k == 5)
    assert not five.chosen
    assert five.reason == "Its smallest segment holds 2.91% of the customers, and at least 5% is required."


def test_a_cloud_without_groups_is_not_split() -> None:
    cloud = np.random.default_rng(4).normal(size=(500, 2))
    tried = evaluate(cloud, DEFAULTS)
    assert chosen(tried) is None
    assert all("Not stable: the agreement" in one.reason for one in tried)
    assert chosen(evaluate(cloud, DEFAULTS.with_changes(min_stability=0.0))) is not None


def test_few_distinct_points_are_not_split() -> None:
    assert evaluate(np.repeat(np.arange(20.0)[:, None], 50, axis=0), DEFAULTS) == []


def hardly_stable() -> tuple[Floats, Clustering]:
    """Points that five clusters fit best, and four nearly as well."""
    points, _ = blobs([*APART[:3], (3.0, 3.0), (3.0, 4.1)], 100)
    return points, next(one for one in evaluate(points, DEFAULTS) if one.k == 4)


def test_the_last_number_is_kept_while_it_nearly_passes() -> None:
    points, four = hardly_stable()
    fresh = chosen(evaluate(points, DEFAULTS))
    assert fresh is not None and fresh.k == 5
    stays = evaluate(points, DEFAULTS, last=four.centres)
    assert [one.k for one in stays if one.chosen] == [4]
    assert next(one for one in stays if one.k == 4).reason.startswith("Kept from the last fit:")
    assert next(one for one in stays if one.k == 5).reason.startswith("Stable too, but the 4 segments of the last fit")


@pytest.mark.parametrize(("bar_above", "slack", "stays"), [(0.01, 0.05, True), (0.01, 0.0, False), (0.1, 0.05, False)])
def test_the_last_number_is_kept_just_below_the_threshold_and_not_far_below(bar_above: float, slack: float, stays: bool) -> None:
    cloud = np.random.default_rng(4).normal(size=(400, 2))
    [three, *_] = evaluate(cloud, DEFAULTS)
    strict = DEFAULTS.with_changes(most_segments=3, min_stability=three.bootstrap_ari * (1 + bar_above), segment_slack=slack)
    assert chosen(evaluate(cloud, strict)) is None
    assert (chosen(evaluate(cloud, strict, last=three.centres)) is not None) is stays


def test_centres_start_from_the_last_ones() -> None:
    points, _ = blobs(APART, 100)
    last = kmeans(points, 5, 10, np.random.default_rng(1))[[4, 2, 0, 1, 3]]
    five = next(one for one in evaluate(points, DEFAULTS, last=last + 0.05) if one.k == 5)
    assert five.centres == pytest.approx(last, abs=1e-3)
