"""Lift of the top decile: how much more often the outcome occurs there than among all rows, for two rankings of the same rows.

Both lifts and their difference come with intervals from one bootstrap. Rows whose scores tie at the edge of the top decile
belong to it in part, so that the order of rows decides nothing. Not here: other measures of a ranking (ranking_metrics.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats, Integers
from ecom_lake.statistics.bootstrap import resampled_counts
from ecom_lake.statistics.intervals import Estimate, bootstrap_estimate

TOP_SHARE = 0.1
RESAMPLES = 2_000


@dataclass(frozen=True)
class LiftComparison:
    candidate: Estimate
    rival: Estimate
    difference: Estimate


def membership(score: Floats, share: float = TOP_SHARE, weights: Floats | Integers | None = None) -> Floats:
    """How much of each row belongs to the top share: 1, 0, or an equal part for rows that tie at its edge.

    `weights` is how many units each row stands for; None: one each.
    """
    _, group = np.unique(-score, return_inverse=True)
    ties = np.bincount(group, weights).astype(np.float64)
    above = ties.cumsum() - ties
    part: Floats = np.clip((share * ties.sum() - above) / ties, 0, 1)[group]
    return part


def lift(outcome: Flags, score: Floats) -> float:
    members = membership(score)
    return float((members * outcome).sum() / members.sum() / outcome.mean())


def compare_lifts(outcome: Flags, candidate: Floats, rival: Floats, seed: int) -> LiftComparison:
    """Rows fall into a few cells (in either top decile or not, and the outcome), and the bootstrap resamples the cells."""
    rows = np.stack([membership(candidate), membership(rival), outcome.astype(float)], axis=1)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    candidates, rivals = _lifts(cells, np.concatenate([counts[None, :], resampled_counts(counts, RESAMPLES, seed)]))
    return LiftComparison(_estimate(candidates), _estimate(rivals), _estimate(candidates - rivals))


def _lifts(cells: Floats, counts: Integers) -> tuple[Floats, Floats]:
    """A lift of either ranking for each row of counts."""
    outcome = cells[:, 2]
    rate = np.maximum((counts * outcome).sum(axis=1), 1) / counts.sum(axis=1)
    candidate, rival = (
        (counts * members * outcome).sum(axis=1) / np.maximum((counts * members).sum(axis=1), 1e-9) / rate
        for members in (cells[:, 0], cells[:, 1])
    )
    return candidate, rival


def _estimate(values: Floats) -> Estimate:
    """The first value is that of the data, the others are those of resamples."""
    return bootstrap_estimate(float(values[0]), values[1:])
