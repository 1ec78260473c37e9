"""Is a ranking better than a naive rule? Candidates are fitted, chosen and tested on three different times, and a gate decides.

Here: the test and the gate that all yes-or-no models share. Candidates are fitted on the training people, the forest's leaf and
the champion are chosen on the calibration people, and the test people are used once, to measure. A list is published only if its
top decile beats that of the naive rule there, beyond what resampling explains. Not here: what is predicted, and from what; the
fit (ranker.py); whether the probabilities are true (probability.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ecom_lake.engine.contracts.fitted import Curve, Point, Rival
from ecom_lake.engine.contracts.gate import Gate, Verdict, against_threshold, decide, unmeasured
from ecom_lake.shop.rankings.ranker import FOREST, LOGISTIC, Chosen, Ranker, choose
from ecom_lake.shop.rankings.sample import LEAST_EVENTS, People
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.intervals import Estimate
from ecom_lake.statistics.lift import TOP_SHARE, LiftComparison, compare_lifts
from ecom_lake.statistics.ranking_metrics import brier_estimate, gain_curve, ranking_estimates

Counts = npt.NDArray[np.int64]

BASE = "base rate"
LIFT = f"lift at {TOP_SHARE:.0%}"


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


@dataclass(frozen=True)
class Judged:
    """What became of a question; without a ranker there is no list."""

    question: Question
    verdict: Verdict
    details: str = ""
    """What the verdict does not say: on whom it was tested, and how the probabilities did."""
    n: int = 0
    champion: str | None = None
    ranker: Ranker | None = None
    compared: LiftComparison | None = None
    tested: People | None = None
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_better(self) -> bool:
        return self.verdict.is_published

    @property
    def reason(self) -> str:
        return f"{self.verdict.sentence} {self.details}".strip()


def judge(
    question: Question, train: People, calibrate: People, test: People, seed: int, kept: Mapping[str, str] | None = None
) -> Judged:
    """`kept` are the notes of a fit that is used again: what was chosen then is not chosen anew."""
    if why := _too_few(question, {"train": train, "calibrate": calibrate, "test": test}):
        return Judged(question, unmeasured(why), n=len(train.happened))
    leaf, champion = _kept(question, kept, "leaf"), _kept(question, kept, "champion")
    chosen = choose(train, calibrate, seed, int(leaf) if leaf else None, champion)
    scores = {name: ranker.scores(test.x) for name, ranker in chosen.rankers.items()} | dict(test.shown)
    compared = {name: compare_lifts(test.happened, score, test.rule, seed) for name, score in scores.items()}
    best = compared[chosen.champion]
    return Judged(
        question,
        decide(*gates(question, chosen.champion, best)),
        f"Tested on {len(test.happened):,} {question.who} of a later time, all of them: a list of the top decile holds"
        f" {best.candidate.value:.2f} times as many who {question.does} as a random tenth.",
        len(train.happened),
        chosen.champion,
        chosen.ranker,
        best,
        test,
        list(_rivals(question, train, test, scores, compared, seed)),
        _curves(question, chosen.champion, test, scores[chosen.champion]),
        _parameters(question, chosen),
        {f"{question.name}: leaf": str(chosen.leaf), f"{question.name}: champion": chosen.champion},
    )


def _kept(question: Question, kept: Mapping[str, str] | None, what: str) -> str | None:
    return (kept or {}).get(f"{question.name}: {what}")


def gates(question: Question, champion: str, found: LiftComparison) -> tuple[Gate, Gate]:
    """The list must be better than that of the naive rule, and than people drawn by lot, whose lift is 1."""
    one, other, lead = found.candidate, found.rival, found.difference
    better_than_the_rule = Gate(
        question=question.name,
        candidate=champion,
        metric=LIFT,
        direction="higher",
        requirement="certainly better",
        value=one.value,
        low=one.low,
        high=one.high,
        rival=question.rule,
        rival_value=other.value,
        difference_low=lead.low,
        difference_high=lead.high,
    )
    better_than_by_lot = against_threshold(
        champion, LIFT, 1.0, one.value, (one.low, one.high), requirement="certainly better", question=question.name
    )
    return better_than_the_rule, better_than_by_lot


def _too_few(question: Question, parts: Mapping[str, People]) -> str | None:
    for step, people in parts.items():
        yes, no = int(people.happened.sum()), int((~people.happened).sum())
        if min(yes, no) < LEAST_EVENTS:
            return (
                f"{question.name.capitalize()}: to {step} a model there are {yes + no:,} {question.who}, of whom {yes:,}"
                f" {question.does} and {no:,} do not; fewer than {LEAST_EVENTS} of either kind tell nothing, so there is no list."
            )
    return None


def _rivals(
    question: Question,
    train: People,
    test: People,
    scores: Mapping[str, Floats],
    compared: Mapping[str, LiftComparison],
    seed: int,
) -> Iterator[Rival]:
    """Only what is a probability without a calibration has a Brier score here."""
    for name, score in scores.items():
        series, lift = f"{question.name}: {name}", compared[name].candidate
        yield Rival(series, LIFT, lift.value, lift.low, lift.high)
        yield from _measures(series, test.happened, score, test.shown.get(name), seed)
    rule = next(iter(compared.values())).rival
    yield Rival(f"{question.name}: {question.rule}", LIFT, rule.value, rule.low, rule.high)
    yield from _measures(f"{question.name}: {question.rule}", test.happened, test.rule, None, seed)
    rate = np.full(len(test.happened), float(train.happened.mean()))
    yield from _measures(f"{question.name}: {BASE}", test.happened, rate, rate, seed)


def _curves(question: Question, champion: str, test: People, score: Floats) -> list[Curve]:
    diagonal = [Point(i / 10, i / 10) for i in range(11)]
    return [
        _gain(f"{question.name}: {champion}", test.happened, score),
        _gain(f"{question.name}: {question.rule}", test.happened, test.rule),
        Curve("gain", f"{question.name}: by lot", diagonal),
    ]


def _measures(name: str, happened: Flags, score: Floats, probability: Floats | None, seed: int) -> Iterator[Rival]:
    """A rule that gives no probability has no Brier score."""
    estimates: dict[str, Estimate] = ranking_estimates(happened, score, seed)
    if probability is not None:
        estimates["Brier"] = brier_estimate(happened, probability)
    return (Rival(name, metric, found.value, found.low, found.high) for metric, found in estimates.items())


def _gain(series: str, happened: Flags, score: Floats) -> Curve:
    return Curve("gain", series, [Point(share, found) for share, found in gain_curve(happened, score)])


def _parameters(question: Question, chosen: Chosen) -> dict[str, float]:
    betas = zip(("intercept", *question.features), chosen.coefficients, strict=True)
    blanks = zip(question.features, chosen.ranker.blanks, strict=True)
    return (
        {f"{question.name}: {FOREST}, leaf": float(chosen.leaf)}
        | {f"{question.name}: {LOGISTIC}, {feature}": float(beta) for feature, beta in betas}
        | {f"{question.name}: imputed, {feature}": float(blank) for feature, blank in blanks}
        | {
            f"{question.name}: {name}, sigmoid's {what}": value
            for name, ranker in chosen.rankers.items()
            for what, value in (("shift", ranker.sigmoid.shift), ("slope", ranker.sigmoid.slope))
        }
    )


def decile(score: Floats) -> Counts:
    """1 is the top decile; people with the same score are in the same one."""
    _, place, counts = np.unique(-score, return_inverse=True, return_counts=True)
    before = (counts.cumsum() - counts)[place]
    return np.asarray(1 + 10 * before // max(len(score), 1), dtype=np.int64)
