"""What drives a model's scores, in all and of each person?

Here: grouped permutation importance on people of a later time (features that say nearly the same share their credit, and are
shuffled together), and of each person the few groups of features without whose oddity the score would be lower. Not here: how
people and models are made (classification.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Curve, Point
from ecom_lake.shop.rankings.evaluation import Judged, decile
from ecom_lake.shop.rankings.ranker import Ranker, filled
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.logistic_regression import Platt, logit
from ecom_lake.statistics.ranking_metrics import average_precision, score_groups

Says = Callable[[Mapping[str, float]], str | None]
"""What a group of features is like, in a few words; nothing where it is not known."""

MOST_REASONS = 3
_SHUFFLES, _SHUFFLED, _AT_ONCE = 3, 20_000, 50_000
_LEAST = 0.05
"""A reason changes the odds by at least this: e^0.05 is 5%."""
_TELLING = 0.02
"""A group without this share of the most important one's importance is no reason: shuffling alone gives as much."""


@dataclass(frozen=True)
class Group:
    name: str
    features: tuple[str, ...]
    says: Says


def lost_without(verdict: Judged, groups: Sequence[Group], seed: int) -> dict[str, float]:
    """The importance of each group, on the people that the model was tested on."""
    assert verdict.ranker is not None and verdict.tested is not None
    x, happened = verdict.tested.x, verdict.tested.happened
    return importance(verdict.ranker, x, happened, verdict.question.features, groups, seed)


def listed(
    verdict: Judged,
    x: Floats,
    groups: Sequence[Group],
    lost: Mapping[str, float],
    platt: Platt | None,
    is_against: bool = False,
) -> pl.DataFrame:
    """Of each person the probability (NULL without a calibration), the decile, and in the top decile the reasons.

    With `is_against` all of them are of its not happening. Decile and reasons come from the ranker's scores alone: a new
    calibration does not move them.
    """
    assert verdict.ranker is not None
    score = verdict.ranker.scores(x)
    tenth = decile((-score if is_against else score).round(6))
    first = np.flatnonzero(tenth == 1)
    why: list[str | None] = [None] * len(x)
    ordinary = typical(x, verdict.ranker.blanks)
    told = reasons(verdict.ranker, x[first], ordinary, verdict.question.features, groups, lost, -1 if is_against else 1)
    for i, words in zip(first, told, strict=True):
        why[i] = words
    return pl.DataFrame(
        {"probability": _probability(platt, score, is_against), "decile": tenth, "top_reasons": why},
        {"probability": pl.Float64, "decile": pl.Int64, "top_reasons": pl.String},
    )


def _probability(platt: Platt | None, score: Floats, is_against: bool) -> pl.Series:
    if platt is None:
        return pl.Series([None] * len(score), dtype=pl.Float64)
    happens = platt(score)
    return pl.Series((1 - happens if is_against else happens).round(6))


def importance(
    ranker: Ranker, x: Floats, happened: Flags, features: Sequence[str], groups: Sequence[Group], seed: int
) -> dict[str, float]:
    """How much PR-AUC is lost when a group is shuffled among people; the greatest loss first."""
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(x))[:_SHUFFLED])
    x, happened = x[some], happened[some]
    whole = average_precision(score_groups(happened, ranker.scores(x)))
    lost: dict[str, float] = {}
    for group in groups:
        columns = _columns(group, features)
        without = []
        for _ in range(_SHUFFLES):
            shuffled = x.copy()
            shuffled[:, columns] = x[rng.permutation(len(x))][:, columns]
            without.append(average_precision(score_groups(happened, ranker.scores(shuffled))))
        lost[group.name] = round(whole - float(np.mean(without)), 6)
    return dict(sorted(lost.items(), key=lambda entry: (-entry[1], entry[0])))


def importance_curve(series: str, lost: Mapping[str, float]) -> Curve:
    return Curve("importance", series, [Point(i, value, label=name) for i, (name, value) in enumerate(lost.items(), start=1)])


def reasons(
    ranker: Ranker,
    x: Floats,
    typical: Floats,
    features: Sequence[str],
    groups: Sequence[Group],
    lost: Mapping[str, float],
    sign: int,
) -> list[str | None]:
    """Of each person, what moves the score (up, where sign is 1; down, where it is -1) most, against a typical person.

    Only groups that proved to matter on people of a later time are asked.
    """
    least = _TELLING * max(lost.values(), default=0.0)
    telling = [group for group in groups if lost.get(group.name, 0.0) > max(least, 0.0)]
    said: list[str | None] = []
    for i in range(0, len(x), _AT_ONCE):
        part = x[i : i + _AT_ONCE]
        said += _said(part, _moves(ranker, part, typical, features, telling) * sign, features, telling)
    return said


def _moves(ranker: Ranker, x: Floats, typical: Floats, features: Sequence[str], groups: Sequence[Group]) -> Floats:
    """How far each group moves each person's log-odds from where a typical value would leave them."""
    from_here = _log_odds(ranker, x)
    moves = np.zeros((len(groups), len(x)))
    for i, group in enumerate(groups):
        columns = _columns(group, features)
        ordinary = x.copy()
        ordinary[:, columns] = typical[columns]
        moves[i] = from_here - _log_odds(ranker, ordinary)
    return moves


def _log_odds(ranker: Ranker, x: Floats) -> Floats:
    return np.asarray(logit(np.clip(ranker.scores(x), 1e-6, 1 - 1e-6)).round(6))


def _said(x: Floats, moves: Floats, features: Sequence[str], groups: Sequence[Group]) -> list[str | None]:
    order = np.argsort(-moves, axis=0, kind="stable")[:MOST_REASONS]
    said = []
    for person, best in enumerate(order.T):
        known = dict(zip(features, x[person].tolist(), strict=True))
        told = [groups[g].says(known) for g in best if moves[g, person] >= _LEAST]
        said.append("; ".join(words for words in told if words) or None)
    return said


def _columns(group: Group, features: Sequence[str]) -> list[int]:
    return [features.index(feature) for feature in group.features if feature in features]


def typical(x: Floats, blanks: Floats) -> Floats:
    return np.asarray(np.median(filled(x, blanks), axis=0)) if len(x) else blanks
