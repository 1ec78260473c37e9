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

from ecom_lake.models.fitted import Curve, Point
from ecom_lake.models.rankings.classification import Judged, Model, decile, filled
from ecom_lake.models.rankings.lift import Flags, Floats
from ecom_lake.models.rankings.ranking import average_precision, steps

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
    assert verdict.model is not None and verdict.tested is not None
    x, happened = verdict.tested.x, verdict.tested.happened
    return importance(verdict.model, x, happened, verdict.question.features, groups, seed)


def listed(
    verdict: Judged, x: Floats, groups: Sequence[Group], lost: Mapping[str, float], is_against: bool = False
) -> pl.DataFrame:
    """Of people in their order the probability (where it is against, of its not happening), the tenth, and of the likeliest
    tenth the reasons."""
    assert verdict.model is not None
    said = verdict.model.probability(x)
    probability = (1 - said if is_against else said).round(6)
    tenth = decile(probability)
    first = np.flatnonzero(tenth == 1)
    why: list[str | None] = [None] * len(x)
    ordinary = typical(x, verdict.model.blanks)
    told = reasons(verdict.model, x[first], ordinary, verdict.question.features, groups, lost, -1 if is_against else 1)
    for i, words in zip(first, told, strict=True):
        why[i] = words
    return pl.DataFrame(
        {"probability": probability, "decile": tenth, "top_reasons": why},
        {"probability": pl.Float64, "decile": pl.Int64, "top_reasons": pl.String},
    )


def importance(
    model: Model, x: Floats, happened: Flags, features: Sequence[str], groups: Sequence[Group], seed: int
) -> dict[str, float]:
    """How much PR-AUC is lost when a group is shuffled among people; the greatest loss first."""
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(x))[:_SHUFFLED])
    x, happened = x[some], happened[some]
    whole = average_precision(steps(happened, model.probability(x)))
    lost: dict[str, float] = {}
    for group in groups:
        columns = _columns(group, features)
        without = []
        for _ in range(_SHUFFLES):
            shuffled = x.copy()
            shuffled[:, columns] = x[rng.permutation(len(x))][:, columns]
            without.append(average_precision(steps(happened, model.probability(shuffled))))
        lost[group.name] = round(whole - float(np.mean(without)), 6)
    return dict(sorted(lost.items(), key=lambda entry: (-entry[1], entry[0])))


def importance_curve(series: str, lost: Mapping[str, float]) -> Curve:
    return Curve("importance", series, [Point(i, value, label=name) for i, (name, value) in enumerate(lost.items(), start=1)])


def reasons(
    model: Model,
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
        said += _said(part, _moves(model, part, typical, features, telling) * sign, features, telling)
    return said


def _moves(model: Model, x: Floats, typical: Floats, features: Sequence[str], groups: Sequence[Group]) -> Floats:
    """How far each group moves each person's log-odds from where a typical value would leave them."""
    from_here = _log_odds(model, x)
    moves = np.zeros((len(groups), len(x)))
    for i, group in enumerate(groups):
        columns = _columns(group, features)
        ordinary = x.copy()
        ordinary[:, columns] = typical[columns]
        moves[i] = from_here - _log_odds(model, ordinary)
    return moves


def _log_odds(model: Model, x: Floats) -> Floats:
    chance = np.clip(model.probability(x), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(chance / (1 - chance)).round(6))


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
