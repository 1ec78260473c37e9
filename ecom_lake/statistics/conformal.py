"""Split-conformal prediction intervals for forecasts of several steps, and their coverage in a backtest.

Absolute errors come as a matrix: a row for each forecast origin, a column for each step ahead, NaN where the outcome is not
known. Not here: the errors, and the scale that they are relative to.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from ecom_lake.statistics.arrays import Floats

_ROUNDING = 1e-12


def radii(errors: Floats, coverage: float) -> Floats:
    """Half the width of the interval at each step: the smallest with this coverage, and never narrower than at an earlier step.

    NaN where there are too few errors.
    """
    return _non_decreasing(np.array([_conformal_quantile(errors[:, step], coverage) for step in range(errors.shape[1])]))


def observed_coverage(errors: Floats, origins: Sequence[int], coverage: float) -> Floats:
    """At each origin that had an interval: the share of the outcomes inside. The interval is computed only from errors that were
    known at the origin; the error of a step is known so many periods after its own origin."""
    shares = []
    for row, origin in enumerate(origins):
        known = np.where(_known_at(origins[:row], errors.shape[1]) <= origin, errors[:row], np.nan)
        radius = radii(known, coverage)
        is_tested = ~np.isnan(radius) & ~np.isnan(errors[row])
        if is_tested.any():
            shares.append(float((errors[row][is_tested] <= radius[is_tested] + _ROUNDING).mean()))
    return np.array(shares)


def _conformal_quantile(errors: Floats, coverage: float) -> float:
    """The quantile of the errors with the next one counted among them."""
    known = np.sort(errors[~np.isnan(errors)])
    rank = ceil(round((len(known) + 1) * coverage, 9))
    return float(known[rank - 1]) if rank <= len(known) else np.nan


def _non_decreasing(values: Floats) -> Floats:
    """Isotonic regression by pooling adjacent violators. A running maximum would widen with every step that is looked at."""
    blocks: list[tuple[float, int]] = []
    for value in values[~np.isnan(values)]:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] > mean:
            previous_mean, previous_size = blocks.pop()
            mean, size = (previous_mean * previous_size + mean * size) / (previous_size + size), previous_size + size
        blocks.append((mean, size))
    pooled = [mean for mean, size in blocks for _ in range(size)]
    return np.array(pooled + [np.nan] * (len(values) - len(pooled)))


def _known_at(origins: Sequence[int], steps: int) -> Floats:
    """The period in which each error becomes known."""
    return np.array(origins, dtype=float)[:, None] + np.arange(1, steps + 1)[None, :]
