"""Who will, and who will not: candidates that are taught, corrected and tested on three different times, and a gate.

Here: the order of things that all yes-or-no models share. The forest's leaf and the champion are chosen on the calibration
people, the sigmoid is learnt on them too, and the test people are looked at once. A list is published only if its likeliest tenth
beats that of the naive rule there, beyond what resampling explains. Not here: what is predicted, and from what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ecom_lake.models.fitted import DIGITS, Card, Curve, Point, Rival
from ecom_lake.models.rankings.forest import LEAVES, TREES_TO_TRY, Forest
from ecom_lake.models.rankings.lift import LISTED, Compared, Flags, Floats, compare
from ecom_lake.models.rankings.logistic import Logistic, Platt
from ecom_lake.models.rankings.ranking import average_precision, brier, calibration, gain, measures, steps

Counts = npt.NDArray[np.int64]

LEAST_EVENTS = 50
"""Fewest people, in each step, to whom it happened, and to whom it did not: below, an interval holds anything."""
FOREST, LOGISTIC, BASE = "random forest", "logistic regression", "base rate"
LIFT = f"lift at {LISTED:.0%}"


@dataclass(frozen=True)
class People:
    """Those looked at on one day or more (orders, where orders are judged): what was known of them, and what came of it."""

    x: Floats
    """A column for each feature; NaN where it is not known."""
    happened: Flags
    rule: Floats
    """The naive rival's score; more is likelier."""
    shown: Mapping[str, Floats] = field(default_factory=dict)
    """Probabilities of models that learn from no labels; shown beside the others."""


@dataclass(frozen=True)
class Question:
    name: str
    """Stands before all that is said of it: "next order"."""
    who: str
    """Whose scores: "customers"."""
    does: str
    """What the likeliest do more often than others: "order again"."""
    rule: str
    """What the naive rule goes by: "recency"."""
    features: Sequence[str]


class Scores(Protocol):
    def scores(self, x: Floats) -> Floats: ...


@dataclass(frozen=True)
class Model:
    """From what is known of people to a probability."""

    blanks: Floats
    """Stands for what is not known: the middle of those who were taught on."""
    scorer: Scores
    platt: Platt

    def probability(self, x: Floats) -> Floats:
        return self.platt(self.scorer.scores(filled(x, self.blanks)))


@dataclass(frozen=True)
class Judged:
    """What became of a question; without a model there is no list."""

    question: Question
    reason: str
    n: int = 0
    champion: str | None = None
    is_better: bool = False
    model: Model | None = None
    compared: Compared | None = None
    tested: People | None = None
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def judge(
    question: Question, train: People, calibrate: People, test: People, seed: int, kept: Mapping[str, str] | None = None
) -> Judged:
    """`kept` are the notes of a fit that is used again: what was chosen then is not chosen anew."""
    if why := _too_few(question, {"teach": train, "calibrate": calibrate, "test": test}):
        return Judged(question, why, n=len(train.happened))
    blanks = _middles(train.x)
    fills = [filled(people.x, blanks) for people in (train, calibrate, test)]
    forest, leaf = _forest(fills[0], train.happened, fills[1], calibrate.happened, seed, _kept(question, kept, "leaf"))
    taught: dict[str, Scores] = {FOREST: forest, LOGISTIC: Logistic.fit(fills[0], train.happened)}
    early = {name: scorer.scores(fills[1]) for name, scorer in taught.items()}
    platts = {name: Platt.fit(score, calibrate.happened) for name, score in early.items()}
    ranked = {name: average_precision(steps(calibrate.happened, score)) for name, score in early.items()}
    champion = _kept(question, kept, "champion") or max(ranked, key=lambda name: (round(ranked[name], DIGITS), name))
    late = {name: scorer.scores(fills[2]) for name, scorer in taught.items()}
    said = {name: platts[name](score) for name, score in late.items()} | dict(test.shown)
    compared = {name: compare(test.happened, score, test.rule, seed) for name, score in (late | dict(test.shown)).items()}
    won = compared[champion].difference.low > 0 and compared[champion].one.low > 1
    return Judged(
        question,
        _sentence(question, champion, compared[champion], won, test, said[champion]),
        len(train.happened),
        champion,
        won,
        Model(blanks, taught[champion], platts[champion]),
        compared[champion],
        test,
        list(_rivals(question, train, test, late | dict(test.shown), said, compared, seed)),
        _curves(question, champion, test, late[champion], said[champion]),
        _parameters(question, platts, leaf, taught[LOGISTIC]),
        {f"{question.name}: leaf": str(leaf), f"{question.name}: champion": champion},
    )


def with_figures(card: Card, verdict: Judged) -> Card:
    """The card with the lift of the best candidate and the rule's, where the question got that far; what is refused has no
    champion."""
    if verdict.compared is None:
        return card
    one, other = verdict.compared.one, verdict.compared.other
    return replace(
        card,
        champion=f"{verdict.question.name}: {verdict.champion}" if verdict.is_better else None,
        metric=LIFT,
        value=one.value,
        low=one.low,
        high=one.high,
        baseline=f"{verdict.question.name}: {verdict.question.rule}",
        baseline_value=other.value,
    )


def filled(x: Floats, blanks: Floats) -> Floats:
    return np.where(np.isnan(x), blanks, x)


def _middles(x: Floats) -> Floats:
    known = [column[~np.isnan(column)] for column in x.T]
    return np.array([float(np.median(of)) if len(of) else 0.0 for of in known]).round(DIGITS)


def _kept(question: Question, kept: Mapping[str, str] | None, what: str) -> str | None:
    return (kept or {}).get(f"{question.name}: {what}")


def _too_few(question: Question, parts: Mapping[str, People]) -> str | None:
    for step, people in parts.items():
        yes, no = int(people.happened.sum()), int((~people.happened).sum())
        if min(yes, no) < LEAST_EVENTS:
            return (
                f"{question.name.capitalize()}: to {step} a model there are {yes + no:,} {question.who}, of whom {yes:,}"
                f" {question.does} and {no:,} do not; fewer than {LEAST_EVENTS} of either kind tell nothing, so there is no list."
            )
    return None


def _forest(
    x: Floats, happened: Flags, x_later: Floats, happened_later: Flags, seed: int, kept: str | None
) -> tuple[Forest, int]:
    """The leaf that ranks best on later people; the larger of two that rank alike."""

    def ranks(leaf: int) -> tuple[float, int]:
        tried = Forest.fit(x, happened, leaf, seed, TREES_TO_TRY)
        return round(average_precision(steps(happened_later, tried.scores(x_later))), 4), leaf

    leaf = int(kept) if kept else max(LEAVES, key=ranks)
    return Forest.fit(x, happened, leaf, seed), leaf


def _sentence(question: Question, champion: str, compared: Compared, won: bool, test: People, said: Floats) -> str:
    one, other, more = compared.one, compared.other, compared.difference
    told = (
        f"{question.name.capitalize()}: of {len(said):,} {question.who} of a later time, the likeliest tenth by {champion}"
        f" {question.does} {one.value:.2f} times as often as all, by {question.rule} alone {other.value:.2f} times;"
        f" the difference is {more.value:.2f} ({more.low:.2f} to {more.high:.2f})"
    )
    if not won:
        return f"{told}, which chance can explain, so there is no list."
    return (
        f"{told}, so the list is published. On average the model said {said.mean():.1%} and {test.happened.mean():.1%} came true:"
        f" {_how_honest(test, said)}"
    )


def _how_honest(test: People, said: Floats) -> str:
    rate = np.full(len(said), test.happened.mean())
    is_worse = brier(test.happened, said) > brier(test.happened, rate)
    return "it tells who comes first, but not how likely it is." if is_worse else "its probabilities can be taken as they are."


def _rivals(
    question: Question,
    train: People,
    test: People,
    scores: Mapping[str, Floats],
    said: Mapping[str, Floats],
    compared: Mapping[str, Compared],
    seed: int,
) -> Iterator[Rival]:
    for name, score in scores.items():
        series, lift = f"{question.name}: {name}", compared[name].one
        yield Rival(series, LIFT, lift.value, lift.low, lift.high)
        yield from measures(series, test.happened, score, said[name], seed)
    rule = next(iter(compared.values())).other
    yield Rival(f"{question.name}: {question.rule}", LIFT, rule.value, rule.low, rule.high)
    yield from measures(f"{question.name}: {question.rule}", test.happened, test.rule, None, seed)
    rate = np.full(len(test.happened), float(train.happened.mean()))
    yield from measures(f"{question.name}: {BASE}", test.happened, rate, rate, seed)


def _curves(question: Question, champion: str, test: People, score: Floats, said: Floats) -> list[Curve]:
    diagonal = [Point(i / 10, i / 10) for i in range(11)]
    return [
        calibration(f"{question.name}: {champion}", test.happened, said),
        gain(f"{question.name}: {champion}", test.happened, score),
        gain(f"{question.name}: {question.rule}", test.happened, test.rule),
        Curve("gain", f"{question.name}: by lot", diagonal),
    ]


def _parameters(question: Question, platts: Mapping[str, Platt], leaf: int, logistic: Scores) -> dict[str, float]:
    assert isinstance(logistic, Logistic)
    of_platt = {
        f"{question.name}: {name}, sigmoid's {what}": value
        for name, platt in platts.items()
        for what, value in (("shift", platt.shift), ("slope", platt.slope))
    }
    betas = zip(("intercept", *question.features), logistic.beta, strict=True)
    return (
        of_platt
        | {f"{question.name}: {FOREST}, leaf": float(leaf)}
        | {f"{question.name}: {LOGISTIC}, {feature}": float(beta) for feature, beta in betas}
    )


def decile(probability: Floats) -> Counts:
    """1 is the likeliest tenth; whoever has the same probability is in the same one."""
    _, place, counts = np.unique(-probability, return_inverse=True, return_counts=True)
    before = (counts.cumsum() - counts)[place]
    return np.asarray(1 + 10 * before // max(len(probability), 1), dtype=np.int64)
