"""A model that ranks rows: two candidates are fitted, and the champion is selected on rows of a later time.

Here: imputation, the fit of a random forest and of a logistic regression, the selection of the forest's leaf size and of the
champion, and Platt scaling. Nothing here receives rows of the test period. Not here: the test of the ranking (evaluation.py),
and the test of the probabilities (probability_backtest.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.shop.rankings.sample import Sample
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.logistic_regression import Logistic, Platt
from ecom_lake.statistics.random_forest import LEAVES, TREES, TREES_TO_TRY, Forest
from ecom_lake.statistics.ranking_metrics import average_precision, score_groups

FOREST, LOGISTIC = "random forest", "logistic regression"


class Scorer(Protocol):
    def scores(self, x: Floats) -> Floats: ...


@dataclass(frozen=True)
class Ranker:
    """From features to scores; a higher score predicts the outcome."""

    medians: Floats
    """Imputed where a feature is unknown: its median in the training sample."""
    scorer: Scorer
    platt: Platt
    """From scores to probabilities, fitted on rows of a later time."""

    def scores(self, x: Floats) -> Floats:
        return self.scorer.scores(imputed(x, self.medians))


@dataclass(frozen=True)
class Selection:
    """Both candidates, as they were fitted, and which of them is the champion."""

    rankers: Mapping[str, Ranker]
    coefficients: Floats
    """Of the logistic regression, the intercept first."""
    leaf: int
    champion: str

    @property
    def ranker(self) -> Ranker:
        return self.rankers[self.champion]


def select(
    train: Sample, later: Sample, seed: int, leaf: int | None = None, champion: str | None = None, trees: int = TREES
) -> Selection:
    """Fitted on `train`; leaf size and champion are selected on `later`, unless an earlier fit selected them."""
    medians = _medians(train.x)
    x, x_later = imputed(train.x, medians), imputed(later.x, medians)
    tried = {} if leaf else {each: Forest.fit(x, train.outcome, each, seed, TREES_TO_TRY) for each in LEAVES}
    leaf = leaf or _best_leaf(tried, x_later, later.outcome)
    is_fitted = leaf in tried and trees == TREES_TO_TRY
    forest = tried[leaf] if is_fitted else Forest.fit(x, train.outcome, leaf, seed, trees)
    logistic = Logistic.fit(x, train.outcome, DIGITS)
    candidates: dict[str, Scorer] = {FOREST: forest, LOGISTIC: logistic}
    scores = {name: scorer.scores(x_later) for name, scorer in candidates.items()}
    precision = {name: average_precision(score_groups(later.outcome, score)) for name, score in scores.items()}
    return Selection(
        {name: Ranker(medians, scorer, Platt.fit(scores[name], later.outcome, DIGITS)) for name, scorer in candidates.items()},
        logistic.coefficients,
        leaf,
        champion or max(precision, key=lambda name: (round(precision[name], DIGITS), name)),
    )


def imputed(x: Floats, medians: Floats) -> Floats:
    return np.where(np.isnan(x), medians, x)


def _medians(x: Floats) -> Floats:
    known = [column[~np.isnan(column)] for column in x.T]
    return np.array([float(np.median(values)) if len(values) else 0.0 for values in known]).round(DIGITS)


def _best_leaf(tried: Mapping[int, Forest], x: Floats, outcome: Flags) -> int:
    """The leaf size with the best average precision on later rows; the larger of two that are equal."""
    return max(tried, key=lambda leaf: (round(average_precision(score_groups(outcome, tried[leaf].scores(x))), 4), leaf))
