"""How well scores rank a binary outcome, and how well probabilities are calibrated.

Here: average precision, ROC-AUC and the Brier score with their intervals, the cumulative gain curve and the calibration curve.
Rows with equal scores count as ties. Not here: lift (lift.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats, Integers
from ecom_lake.statistics.bootstrap import resampled_counts
from ecom_lake.statistics.intervals import Estimate, bootstrap_estimate, normal_interval, wilson_interval

_RESAMPLES, _BINS = 200, 500
_DECILES = 10
_Z = 1.96


@dataclass(frozen=True)
class ScoreGroups:
    """Rows in the order of falling score; rows with one score are one group."""

    positives: Floats
    negatives: Floats


def score_groups(outcome: Flags, score: Floats) -> ScoreGroups:
    _, group = np.unique(-score, return_inverse=True)
    return ScoreGroups(np.bincount(group, outcome).astype(float), np.bincount(group, ~outcome).astype(float))


def average_precision(groups: ScoreGroups) -> float:
    positives = groups.positives.cumsum()
    precision = positives / np.maximum(positives + groups.negatives.cumsum(), 1)
    return float((groups.positives * precision).sum() / max(positives[-1], 1))


def roc_auc(groups: ScoreGroups) -> float:
    """The probability that a random positive scores above a random negative; a tie counts half."""
    above = groups.positives.cumsum() - groups.positives / 2
    return float((groups.negatives * above).sum() / max(groups.positives.sum() * groups.negatives.sum(), 1))


def brier_score(outcome: Flags, probability: Floats) -> float:
    return float(((probability - outcome) ** 2).mean())


def ranking_estimates(outcome: Flags, score: Floats, seed: int) -> dict[str, Estimate]:
    """Average precision (PR-AUC) and ROC-AUC by name."""
    groups = score_groups(outcome, score)
    resamples = list(_resampled(groups, seed))
    metrics: dict[str, Callable[[ScoreGroups], float]] = {"PR-AUC": average_precision, "ROC-AUC": roc_auc}
    return {
        name: bootstrap_estimate(metric(groups), np.array([metric(each) for each in resamples]))
        for name, metric in metrics.items()
    }


def brier_estimate(outcome: Flags, probability: Floats) -> Estimate:
    value = brier_score(outcome, probability)
    low, high = normal_interval(value, float(((probability - outcome) ** 2).std()) / len(outcome) ** 0.5, _Z)
    return Estimate(value, max(low, 0.0), high)


def _resampled(groups: ScoreGroups, seed: int) -> Iterator[ScoreGroups]:
    """Groups are merged to a few hundred bins: a resample then costs little, and the bins move the metrics by less than it."""
    rows = groups.positives + groups.negatives
    bins = np.ceil(rows.cumsum() / rows.sum() * _BINS).astype(int) - 1
    cells = np.concatenate([np.bincount(bins, counts) for counts in (groups.positives, groups.negatives)])
    for resample in resampled_counts(cells, _RESAMPLES, seed):
        yield ScoreGroups(*np.split(resample.astype(float), 2))


def gain_curve(outcome: Flags | Integers, score: Floats, weights: Integers | None = None) -> list[tuple[float, float]]:
    """For the top 0%, 10%, … 100% of the units: which share of the outcomes they contain.

    A row stands for `weights` units (None: one), which have `outcome` outcomes together.
    """
    _, group = np.unique(-score, return_inverse=True)
    units, outcomes = (np.concatenate([[0], np.bincount(group, counts).cumsum()]) for counts in (weights, outcome))
    shares = [i / _DECILES for i in range(_DECILES + 1)]
    return [(share, float(np.interp(share, units / units[-1], outcomes / max(outcomes[-1], 1)))) for share in shares]


def calibration_curve(outcome: Flags, probability: Floats) -> list[tuple[float, Estimate]]:
    """For each decile of the rows by probability: the mean probability, and the observed rate with Wilson's interval."""
    deciles = np.array_split(np.argsort(probability, kind="stable"), _DECILES)
    return [(float(probability[rows].mean()), _observed_rate(outcome[rows])) for rows in deciles if len(rows)]


def _observed_rate(outcome: Flags) -> Estimate:
    rate = int(outcome.sum()) / len(outcome)
    return Estimate(rate, *wilson_interval(rate, len(outcome), _Z))
