"""Whether a ranking is better than a naive rule: candidates are fitted, selected and tested on three different times.

Here: the out-of-time test and the gate that all models of a binary outcome share. Candidates are fitted on the training sample,
the forest's leaf size and the champion are selected on the calibration sample, and the test sample is used once, to measure. A
list is published only if the lift of its top decile exceeds that of the naive rule and that of a random list by LEAST_LEAD, with
its whole interval. A list of those without the outcome is tested as it is published: from the lowest score. Not here: what is
predicted, and from which features; the fit (ranker.py); the test of the probabilities (probability_backtest.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ecom_lake.engine.contracts.fitted import Curve, Point, Rival
from ecom_lake.engine.contracts.gate import Gate, Verdict, against_threshold, decide, unmeasured
from ecom_lake.shop.rankings.hash_sample import ALL, HashSample
from ecom_lake.shop.rankings.ranker import FOREST, LOGISTIC, Ranker, Selection, select
from ecom_lake.shop.rankings.sample import MIN_EVENTS, Sample
from ecom_lake.statistics.arrays import Flags, Floats, Integers
from ecom_lake.statistics.lift import TOP_SHARE, LiftComparison, compare_lifts
from ecom_lake.statistics.ranking_metrics import brier_estimate, gain_curve, ranking_estimates

BASE = "base rate"
LIFT = f"lift at {TOP_SHARE:.0%}"
LEAST_LEAD = 0.01
"""The least difference of two lifts that is worth a list: where a random list finds 100 of those who are looked for, the better
list finds one more, with the whole interval. A smaller lead can be significant and is of no use: of 98% who do not order, no list
can contain more than 1.02 times as many as a random one."""


@dataclass(frozen=True)
class Target:
    """The outcome that a model predicts, in words."""

    name: str
    """Precedes everything that is reported about it: "next order"."""
    who: str
    """Whose outcome: "customers"."""
    does: str
    """The outcome as a verb: "order again"."""
    baseline: str
    """What the naive rule ranks by: "recency"."""
    features: Sequence[str]
    does_not: str | None = None
    """The absence of the outcome as a verb, where the list is of those without it: "do not order again"."""

    @property
    def is_against(self) -> bool:
        return self.does_not is not None

    @property
    def listed(self) -> str:
        """What those at the top of the list do."""
        return self.does_not or self.does


@dataclass(frozen=True)
class Evaluation:
    """The result for one target; without a ranker there is no list."""

    target: Target
    verdict: Verdict
    details: str = ""
    """What the verdict does not contain: how large the lift is, and how the probabilities did."""
    n: int = 0
    champion: str | None = None
    ranker: Ranker | None = None
    lifts: LiftComparison | None = None
    test: Sample | None = None
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        return self.verdict.is_published

    @property
    def reason(self) -> str:
        return f"{self.verdict.sentence} {self.details}".strip()


def evaluate(
    target: Target,
    train: Sample,
    calibration: Sample,
    test: Sample,
    seed: int,
    kept: Mapping[str, str] | None = None,
    people: HashSample = ALL,
) -> Evaluation:
    """`kept` are the notes of an earlier fit that is used again: what was selected then is not selected again. `people` are
    those whom the test sample is a part of."""
    if why := _too_few(target, {"train": train, "calibrate": calibration, "test": test}):
        return Evaluation(target, unmeasured(why), n=len(train.outcome))
    leaf, champion = _kept(target, kept, "leaf"), _kept(target, kept, "champion")
    selection = select(train, calibration, seed, int(leaf) if leaf else None, champion)
    scores = {name: ranker.scores(test.x) for name, ranker in selection.rankers.items()} | dict(test.rival_probabilities)
    sign = -1 if target.is_against else 1
    is_listed = ~test.outcome if target.is_against else test.outcome
    lifts = {name: compare_lifts(is_listed, sign * score, sign * test.baseline, seed) for name, score in scores.items()}
    best = lifts[selection.champion]
    verdict = decide(*gates(target, selection.champion, best))
    return Evaluation(
        target,
        verdict,
        _headline(target, best, is_listed, people, verdict),
        len(train.outcome),
        selection.champion,
        selection.ranker,
        best,
        test,
        list(_rivals(target, train, test, scores, lifts, seed)),
        _curves(target, selection.champion, is_listed, sign * scores[selection.champion], sign * test.baseline),
        _parameters(target, selection),
        {f"{target.name}: leaf": str(selection.leaf), f"{target.name}: champion": selection.champion},
    )


def _kept(target: Target, kept: Mapping[str, str] | None, what: str) -> str | None:
    return (kept or {}).get(f"{target.name}: {what}")


def _headline(target: Target, lifts: LiftComparison, is_listed: Flags, people: HashSample, verdict: Verdict) -> str:
    """For a manager: what a list is worth, or why there is none."""
    model, rule = f"{lifts.candidate.value:.2f}", f"{lifts.rival.value:.2f}"
    group, tested = f"{target.who} that {target.listed}", len(is_listed)
    sample = f"all {tested:,}" if people.is_all else f"{tested:,} ({people.in_words})"
    test = f"in a test on {sample} {target.who} of a later time"
    if verdict.is_published:
        return f"A list of the top decile contains {model} times as many {group} as a random list of the same size, {test}."
    better_than_the_rule, _ = verdict.gates
    equal = "a random list" if better_than_the_rule.passes else f"a list by {target.baseline}"
    return (
        f"No list of {group} is published: {equal} is about as good. The top decile contains {rule} times as"
        f" many of them as a random list of the same size by {target.baseline}, and {model} times as many by the model, {test}."
        f"{_limit(target, float(is_listed.mean()))}"
    )


def _limit(target: Target, share: float) -> str:
    """Why no list can pass the gate, where nearly everybody has the outcome that is listed."""
    if 1 / share > 1 + LEAST_LEAD:
        return ""
    return f" No list can do much better, because {share:.1%} of all {target.who} {target.listed}: at most {1 / share:.3f} times."


def gates(target: Target, champion: str, lifts: LiftComparison) -> tuple[Gate, Gate]:
    """The list must be better by LEAST_LEAD than that of the naive rule, and than a random one, whose lift is 1."""
    candidate, rival, difference = lifts.candidate, lifts.rival, lifts.difference
    better_than_the_rule = Gate(
        question=target.name,
        candidate=champion,
        metric=LIFT,
        direction="higher",
        requirement="certainly better",
        value=candidate.value,
        low=candidate.low,
        high=candidate.high,
        rival=target.baseline,
        rival_value=rival.value,
        difference_low=difference.low,
        difference_high=difference.high,
        margin=LEAST_LEAD,
    )
    interval = candidate.low, candidate.high
    better_than_random = against_threshold(
        champion, LIFT, 1 + LEAST_LEAD, candidate.value, interval, requirement="certainly better", question=target.name
    )
    return better_than_the_rule, better_than_random


def _too_few(target: Target, samples: Mapping[str, Sample]) -> str | None:
    for step, sample in samples.items():
        yes, no = int(sample.outcome.sum()), int((~sample.outcome).sum())
        if min(yes, no) < MIN_EVENTS:
            return (
                f"{target.name.capitalize()}: there are too few {target.who} to {step} a model. It takes at least {MIN_EVENTS}"
                f" that {target.does} and {MIN_EVENTS} that do not; there are {yes:,} and {no:,}, so no list is published."
            )
    return None


def _rivals(
    target: Target,
    train: Sample,
    test: Sample,
    scores: Mapping[str, Floats],
    lifts: Mapping[str, LiftComparison],
    seed: int,
) -> Iterator[Rival]:
    """Lifts are those of the list; PR-AUC, ROC-AUC and Brier score are always those of the outcome. Only what is a probability
    without a calibration has a Brier score here."""
    for name, score in scores.items():
        series, lift = f"{target.name}: {name}", lifts[name].candidate
        yield Rival(series, LIFT, lift.value, lift.low, lift.high)
        yield from _metrics(series, test.outcome, score, test.rival_probabilities.get(name), seed)
    rule = next(iter(lifts.values())).rival
    yield Rival(f"{target.name}: {target.baseline}", LIFT, rule.value, rule.low, rule.high)
    yield from _metrics(f"{target.name}: {target.baseline}", test.outcome, test.baseline, None, seed)
    rate = np.full(len(test.outcome), float(train.outcome.mean()))
    yield from _metrics(f"{target.name}: {BASE}", test.outcome, rate, rate, seed)


def _metrics(name: str, outcome: Flags, score: Floats, probability: Floats | None, seed: int) -> Iterator[Rival]:
    """A rule without probabilities has no Brier score."""
    estimates = ranking_estimates(outcome, score, seed)
    if probability is not None:
        estimates["Brier"] = brier_estimate(outcome, probability)
    return (Rival(name, metric, found.value, found.low, found.high) for metric, found in estimates.items())


def _curves(target: Target, champion: str, is_listed: Flags, score: Floats, baseline: Floats) -> list[Curve]:
    diagonal = [Point(i / 10, i / 10) for i in range(11)]
    return [
        _gain(f"{target.name}: {champion}", is_listed, score),
        _gain(f"{target.name}: {target.baseline}", is_listed, baseline),
        Curve("gain", f"{target.name}: at random", diagonal),
    ]


def _gain(series: str, outcome: Flags, score: Floats) -> Curve:
    return Curve("gain", series, [Point(share, found) for share, found in gain_curve(outcome, score)])


def _parameters(target: Target, selection: Selection) -> dict[str, float]:
    coefficients = zip(("intercept", *target.features), selection.coefficients, strict=True)
    medians = zip(target.features, selection.ranker.medians, strict=True)
    return (
        {f"{target.name}: {FOREST}, leaf": float(selection.leaf)}
        | {f"{target.name}: {LOGISTIC}, {feature}": float(coefficient) for feature, coefficient in coefficients}
        | {f"{target.name}: imputed, {feature}": float(median) for feature, median in medians}
        | {
            f"{target.name}: {name}, sigmoid's {what}": value
            for name, ranker in selection.rankers.items()
            for what, value in (("shift", ranker.platt.shift), ("slope", ranker.platt.slope))
        }
    )


def decile(score: Floats) -> Integers:
    """1 is the top decile; rows with equal scores are in the same decile."""
    _, group, counts = np.unique(-score, return_inverse=True, return_counts=True)
    before = (counts.cumsum() - counts)[group]
    return np.asarray(1 + 10 * before // max(len(score), 1), dtype=np.int64)
