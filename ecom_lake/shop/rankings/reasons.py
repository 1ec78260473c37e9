"""What drives the scores of a model, overall and for each row.

Here: grouped permutation importance on the test sample (correlated features are permuted together), and for each row the few
groups of features that move its score most from that of a typical row. Not here: how samples and models are made (ranker.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Curve, Point
from ecom_lake.shop.rankings.evaluation import Evaluation, decile
from ecom_lake.shop.rankings.ranker import Ranker, imputed
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.logistic_regression import Platt, logit
from ecom_lake.statistics.ranking_metrics import average_precision, score_groups

Describe = Callable[[Mapping[str, float]], str | None]
"""The values of a group of features in a few words; None where they are unknown."""

MAX_REASONS = 3
_PERMUTATIONS, _PERMUTED_ROWS, _BATCH_ROWS = 3, 20_000, 50_000
_MIN_EFFECT = 0.05
"""A reason changes the odds by at least this: e^0.05 is 5%."""
_MIN_SHARE = 0.02
"""A group with a smaller share of the largest importance is no reason: permutation alone gives as much."""


@dataclass(frozen=True)
class Group:
    name: str
    features: tuple[str, ...]
    describe: Describe


def group_importance(evaluation: Evaluation, groups: Sequence[Group], seed: int) -> dict[str, float]:
    """The importance of each group on the test sample."""
    assert evaluation.ranker is not None and evaluation.test is not None
    x, outcome = evaluation.test.x, evaluation.test.outcome
    return permutation_importance(evaluation.ranker, x, outcome, evaluation.target.features, groups, seed)


def ranked_list(
    evaluation: Evaluation,
    x: Floats,
    groups: Sequence[Group],
    importance: Mapping[str, float],
    platt: Platt | None,
) -> pl.DataFrame:
    """For each row the probability (NULL without a calibration), the decile, and in the top decile the reasons.

    Where the target is against the outcome, all of them refer to its absence. Decile and reasons depend on the ranker's scores
    alone: a new calibration does not move them.
    """
    assert evaluation.ranker is not None
    is_against = evaluation.target.is_against
    score = evaluation.ranker.scores(x)
    deciles = decile((-score if is_against else score).round(6))
    top = np.flatnonzero(deciles == 1)
    typical = typical_values(x, evaluation.ranker.medians)
    sign = -1 if is_against else 1
    top_reasons: list[str | None] = [None] * len(x)
    found = reasons(evaluation.ranker, x[top], typical, evaluation.target.features, groups, importance, sign)
    for row, text in zip(top, found, strict=True):
        top_reasons[row] = text
    return pl.DataFrame(
        {"probability": _probability(platt, score, is_against), "decile": deciles, "top_reasons": top_reasons},
        {"probability": pl.Float64, "decile": pl.Int64, "top_reasons": pl.String},
    )


def _probability(platt: Platt | None, score: Floats, is_against: bool) -> pl.Series:
    if platt is None:
        return pl.Series([None] * len(score), dtype=pl.Float64)
    probability = platt(score)
    return pl.Series((1 - probability if is_against else probability).round(6))


def permutation_importance(
    ranker: Ranker, x: Floats, outcome: Flags, features: Sequence[str], groups: Sequence[Group], seed: int
) -> dict[str, float]:
    """How much average precision decreases when a group is permuted among the rows; the largest decrease first."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(x))[:_PERMUTED_ROWS])
    x, outcome = x[rows], outcome[rows]
    original = average_precision(score_groups(outcome, ranker.scores(x)))
    importance: dict[str, float] = {}
    for group in groups:
        columns = _columns(group, features)
        precision = []
        for _ in range(_PERMUTATIONS):
            permuted = x.copy()
            permuted[:, columns] = x[rng.permutation(len(x))][:, columns]
            precision.append(average_precision(score_groups(outcome, ranker.scores(permuted))))
        importance[group.name] = round(original - float(np.mean(precision)), 6)
    return dict(sorted(importance.items(), key=lambda entry: (-entry[1], entry[0])))


def importance_curve(series: str, importance: Mapping[str, float]) -> Curve:
    points = [Point(i, value, label=name) for i, (name, value) in enumerate(importance.items(), start=1)]
    return Curve("importance", series, points)


def reasons(
    ranker: Ranker,
    x: Floats,
    typical: Floats,
    features: Sequence[str],
    groups: Sequence[Group],
    importance: Mapping[str, float],
    sign: int,
) -> list[str | None]:
    """For each row, what moves the score (up, where sign is 1; down, where it is -1) most, compared with a typical row.

    Only groups that are important on the test sample count.
    """
    smallest = _MIN_SHARE * max(importance.values(), default=0.0)
    important = [group for group in groups if importance.get(group.name, 0.0) > max(smallest, 0.0)]
    found: list[str | None] = []
    for start in range(0, len(x), _BATCH_ROWS):
        batch = x[start : start + _BATCH_ROWS]
        found += _phrases(batch, _effects(ranker, batch, typical, features, important) * sign, features, important)
    return found


def _effects(ranker: Ranker, x: Floats, typical: Floats, features: Sequence[str], groups: Sequence[Group]) -> Floats:
    """How far each group moves the log-odds of each row from where typical values would put them."""
    log_odds = _log_odds(ranker, x)
    effects = np.zeros((len(groups), len(x)))
    for i, group in enumerate(groups):
        columns = _columns(group, features)
        replaced = x.copy()
        replaced[:, columns] = typical[columns]
        effects[i] = log_odds - _log_odds(ranker, replaced)
    return effects


def _log_odds(ranker: Ranker, x: Floats) -> Floats:
    return np.asarray(logit(np.clip(ranker.scores(x), 1e-6, 1 - 1e-6)).round(6))


def _phrases(x: Floats, effects: Floats, features: Sequence[str], groups: Sequence[Group]) -> list[str | None]:
    order = np.argsort(-effects, axis=0, kind="stable")[:MAX_REASONS]
    phrases = []
    for row, best in enumerate(order.T):
        values = dict(zip(features, x[row].tolist(), strict=True))
        described = [groups[g].describe(values) for g in best if effects[g, row] >= _MIN_EFFECT]
        phrases.append("; ".join(phrase for phrase in described if phrase) or None)
    return phrases


def _columns(group: Group, features: Sequence[str]) -> list[int]:
    return [features.index(feature) for feature in group.features if feature in features]


def typical_values(x: Floats, medians: Floats) -> Floats:
    return np.asarray(np.median(imputed(x, medians), axis=0)) if len(x) else medians
