"""The bootstrap on counts: rows fall into cells, and only the number of rows in each cell is drawn.

One multinomial draw replaces the drawing of every row, so that a resample of a million rows costs a few hundred numbers.
Not here: intervals (intervals.py).
"""

from __future__ import annotations

import numpy as np

from ecom_lake.statistics.arrays import Floats, Integers


def resampled_counts(counts: Floats | Integers, resamples: int, seed: int) -> Integers:
    """A row for each resample: how many of its rows fall into each cell. `counts` is how many rows of the data do."""
    total = counts.sum()
    return np.random.default_rng(seed).multinomial(int(total), counts / total, resamples)


def resampled_clusters(clusters: int, resamples: int, seed: int) -> Integers:
    """A row for each resample: how often each cluster is drawn; all clusters are equally likely."""
    return resampled_counts(np.ones(clusters), resamples, seed)
