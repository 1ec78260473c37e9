from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.engine.contracts.gate import decide
from ecom_lake.shop.segments.clustering import nearest
from ecom_lake.shop.segments.grid_rule import (
    ExplainedVariance,
    explained_differences,
    explained_future_spend,
    grid_centres,
    improvement_gates,
)
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.segment_customers import APART, blobs

DEFAULTS = MiningSettings()


@pytest.mark.parametrize(("k", "counts"), [(2, [50, 50]), (3, [33, 34, 33]), (4, [25] * 4), (9, [25] * 4)])
def test_one_column_is_cut_into_quantiles(k: int, counts: list[int]) -> None:
    line = np.arange(100.0)
    grid = grid_centres([line], k)
    labels, _ = nearest(line[:, None], grid)
    assert sorted(np.bincount(labels)) == sorted(counts)
    assert (np.diff(labels) >= 0).all()


def test_unequal_gaps_between_quantiles_are_kept() -> None:
    line = np.concatenate([np.linspace(0, 1, 25), np.linspace(10, 11, 25), np.linspace(11.5, 12, 25), np.linspace(40, 90, 25)])
    labels, _ = nearest(line[:, None], grid_centres([line], 4))
    assert np.bincount(labels).tolist() == [25] * 4


@pytest.mark.parametrize(("k", "size"), [(2, 2), (3, 4), (4, 4), (5, 6), (6, 6), (7, 8), (8, 8)])
def test_two_columns_make_at_least_as_many_cells(k: int, size: int) -> None:
    rng = np.random.default_rng(3)
    columns = [rng.normal(size=900), rng.gamma(2, size=900)]
    grid = grid_centres(columns, k)
    assert len(grid) == size
    labels, _ = nearest(np.stack(columns, axis=1), grid)
    first = np.bincount((columns[0] > np.median(columns[0])).astype(int) * 9 + labels)
    assert np.count_nonzero(first) == size, "no cell spans the median of the first column"


def test_equal_values_are_never_split() -> None:
    values = np.repeat([1.0, 2.0, 3.0], [80, 10, 10])
    labels, _ = nearest(values[:, None], grid_centres([values], 4))
    assert len(set(labels[:80].tolist())) == 1
    assert grid_centres([np.full(9, 4.0)], 3).tolist() == [[4.0]]


def test_kmeans_explains_more_where_no_grid_fits_the_groups() -> None:
    points, _ = blobs([(0, 0), (4, 1), (8, 0), (2, 8), (6, 9)], 400)
    explained = explained_differences(points, [0, 1], 5, DEFAULTS)
    assert explained.kmeans[0] > 0.95
    assert explained.gain[1] > 0
    assert explained.gain[0] == pytest.approx(explained.kmeans[0] - explained.grid[0])


def test_kmeans_explains_no_more_where_the_groups_are_a_grid() -> None:
    points, truth = blobs([(0, 0), (0, 4), (4, 0), (4, 4)], 400)
    halves = np.argsort(truth, kind="stable")  # the same number of each group in both halves
    explained = explained_differences(points[halves], [0, 1], 4, DEFAULTS)
    assert explained.gain[0] == pytest.approx(0, abs=1e-9)
    assert not explained.gain[1] > 0


def test_later_spending_is_explained() -> None:
    points, truth = blobs(APART, 200)
    rng = np.random.default_rng(5)
    spent = np.where(truth == 4, rng.lognormal(4, 0.2, len(truth)), 0.0)
    explained = explained_future_spend(points, spent, [0], 5, DEFAULTS)
    assert explained is not None
    assert explained.kmeans[0] > 0.95 > 0.5 > explained.grid[0]
    shuffled = explained_future_spend(points, rng.permutation(spent), [0], 5, DEFAULTS)
    assert shuffled is not None
    assert shuffled.kmeans[0] < 0.01
    assert explained_future_spend(points, np.where(np.arange(1000) < 90, 5.0, 0.0), [0], 5, DEFAULTS) is None


def gain(low: float, high: float) -> ExplainedVariance:
    middle = (low + high) / 2
    return ExplainedVariance((0.5 + middle, 0.4 + middle, 0.6 + middle), (0.5, 0.4, 0.6), (middle, low, high))


SURE, LEVEL, WORSE = gain(0.1, 0.2), gain(-0.1, 0.1), gain(-0.2, -0.1)


@pytest.mark.parametrize(
    ("others", "after", "was_taken", "is_taken"),
    [
        (SURE, None, False, True),
        (SURE, LEVEL, False, True),
        (SURE, WORSE, False, False),
        (SURE, WORSE, True, False),
        (LEVEL, None, False, False),
        (LEVEL, SURE, False, False),
        (LEVEL, LEVEL, True, True),
        (WORSE, SURE, True, False),
    ],
)
def test_kmeans_is_used_if_better_and_kept_until_the_rule_is_better(
    others: ExplainedVariance, after: ExplainedVariance | None, was_taken: bool, is_taken: bool
) -> None:
    gates = improvement_gates(others, after, was_taken, ("differences", "spend"))
    assert [gate.metric for gate in gates] == ["differences", "spend"][: len(gates)]
    assert decide(*gates).is_published is is_taken
