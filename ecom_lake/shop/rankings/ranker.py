"""A model that ranks people: two candidates are fitted, and one is chosen on people of a later time.

Here: imputation, the fit of a random forest and of a logistic regression, the choice of the forest's leaf and of the champion,
and how sure its scores may be. Nothing here receives people of the test period. Not here: the test of the ranking
(classification.py), and how scores become probabilities (probability.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.shop.rankings.sample import People
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.logistic_regression import Logistic, Platt
from ecom_lake.statistics.random_forest import LEAVES, TREES, TREES_TO_TRY, Forest
from ecom_lake.statistics.ranking_metrics import average_precision, score_groups

FOREST, LOGISTIC = "random forest", "logistic regression"


class Scores(Protocol):
    def scores(self, x: Floats) -> Floats: ...


@dataclass(frozen=True)
class Ranker:
    """From the features of people to scores; higher is likelier."""

    blanks: Floats
    """Imputed where a feature is not known: its median among the training people."""
    scorer: Scores
    sigmoid: Platt
    """From scores to probabilities on people of a later time."""

    def scores(self, x: Floats) -> Floats:
        return self.scorer.scores(filled(x, self.blanks))


@dataclass(frozen=True)
class Chosen:
    """Both candidates, as they were fitted, and which of them is the champion."""

    rankers: Mapping[str, Ranker]
    coefficients: Floats
    """Of the logistic regression, the intercept first."""
    leaf: int
    champion: str

    @property
    def ranker(self) -> Ranker:
        return self.rankers[self.champion]


def choose(
    train: People, later: People, seed: int, leaf: int | None = None, champion: str | None = None, trees: int = TREES
) -> Chosen:
    """Fitted on `train`; leaf and champion are chosen on `later`, unless an earlier fit chose them."""
    blanks = _medians(train.x)
    x, x_later = filled(train.x, blanks), filled(later.x, blanks)
    tried = {} if leaf else {each: Forest.fit(x, train.happened, each, seed, TREES_TO_TRY) for each in LEAVES}
    leaf = leaf or _best_leaf(tried, x_later, later.happened)
    is_fitted = leaf in tried and trees == TREES_TO_TRY
    forest = tried[leaf] if is_fitted else Forest.fit(x, train.happened, leaf, seed, trees)
    logistic = Logistic.fit(x, train.happened, DIGITS)
    candidates: dict[str, Scores] = {FOREST: forest, LOGISTIC: logistic}
    scores = {name: scorer.scores(x_later) for name, scorer in candidates.items()}
    precision = {name: average_precision(score_groups(later.happened, score)) for name, score in scores.items()}
    return Chosen(
        {name: Ranker(blanks, scorer, Platt.fit(scores[name], later.happened, DIGITS)) for name, scorer in candidates.items()},
        logistic.coefficients,
        leaf,
        champion or max(precision, key=lambda name: (round(precision[name], DIGITS), name)),
    )


def filled(x: Floats, blanks: Floats) -> Floats:
    return np.where(np.isnan(x), blanks, x)


def _medians(x: Floats) -> Floats:
    known = [column[~np.isnan(column)] for column in x.T]
    return np.array([float(np.median(of)) if len(of) else 0.0 for of in known]).round(DIGITS)


def _best_leaf(tried: Mapping[int, Forest], x: Floats, happened: Flags) -> int:
    """The leaf that ranks best on later people; the larger of two that rank alike."""
    return max(tried, key=lambda leaf: (round(average_precision(score_groups(happened, tried[leaf].scores(x))), 4), leaf))
