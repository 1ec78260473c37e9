"""Probabilities are published only where they proved better than a constant on several days of the past.

The base rate of a shop moves: a calibration that was right in one season is wrong in another. So the procedure is tested, not
one fit of it. At each origin, a day of the past, a ranker is fitted and calibrated with what was known by then, as is done
today, and predicts what would have been published on that day. All origins are tested together against two constants: the base
rate that was known at each origin, and the rate that occurred over all of them, which nobody knew. docs/decisions/0018 gives the
reasons.

Here: calibration, origins, and the gate. Not here: the gate of the ranking (evaluation.py), and the choice of the days
(time_splits.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from ecom_lake.engine.contracts.fitted import Curve, Point, Rival
from ecom_lake.engine.contracts.gate import against_threshold, decide
from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.shop.rankings.evaluation import Evaluation
from ecom_lake.shop.rankings.ranker import Ranker
from ecom_lake.shop.rankings.sample import MIN_EVENTS, Sample
from ecom_lake.shop.rankings.time_splits import MIN_ORIGINS
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.bootstrap import resampled_clusters
from ecom_lake.statistics.intervals import Estimate, percentile_interval
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.ranking_metrics import brier_score, calibration_curve

CALIBRATED, KNOWN, OCCURRED = "calibrated probability", "base rate known at the time", "base rate that occurred"
PUBLISHED = "calibration as published"
BRIER, SKILL = "Brier score over all origins", "Brier skill over all origins"
_RESAMPLES, _MAX_CLUSTERS = 2_000, 500


@dataclass(frozen=True)
class Origin:
    """A day of the past: what was predicted then with what was known by then, and what occurred."""

    day: date
    platt: Platt
    known_rate: float
    """Base rate of the sample that the calibration was fitted on."""
    predicted: Floats
    outcome: Flags
    cluster: npt.NDArray[Any]


@dataclass(frozen=True)
class Backtest:
    """The result of the test of the probabilities; without rivals it could not be made."""

    passes: bool
    sentence: str
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


def calibrate(ranker: Ranker, latest: Sample) -> Platt | None:
    """The ranker's Platt scaling, shifted to the base rate of the latest known outcomes; None where there are too few.

    Its slope, which moves little, comes from more rows of an earlier time; the base rate is what moves.
    """
    if not latest.has_enough_events:
        return None
    return ranker.platt.shifted_to(ranker.scores(latest.x), latest.outcome, latest.weights, DIGITS)


def with_backtest(evaluation: Evaluation, backtest: Backtest, latest: Sample) -> tuple[Evaluation, Platt | None]:
    """The evaluation with that of its probabilities, and the calibration to publish with, if they passed."""
    assert evaluation.ranker is not None
    platt = calibrate(evaluation.ranker, latest) if backtest.passes else None
    parameters = {**evaluation.parameters, **backtest.parameters}
    details = f"{evaluation.details} {backtest.sentence}"
    name = evaluation.target.name
    if platt is not None:
        parameters |= {f"{name}: {PUBLISHED}, shift": platt.shift, f"{name}: {PUBLISHED}, slope": platt.slope}
    elif backtest.passes:
        details += f" Fewer than {MIN_EVENTS} recent outcomes of either kind are known to calibrate them today: it is empty."
    extended = replace(
        evaluation,
        details=details,
        rivals=[*evaluation.rivals, *backtest.rivals],
        curves=[*evaluation.curves, *backtest.curves],
        parameters=parameters,
    )
    return extended, platt


def predict_at(day: date, ranker: Ranker, latest: Sample, test: Sample) -> Origin | None:
    """The calibration is fitted on `latest`; the prediction uses nothing of `test` but the features."""
    platt = calibrate(ranker, latest)
    if platt is None or not len(test.outcome):
        return None
    assert test.cluster is not None
    return Origin(day, platt, latest.rate, platt(ranker.scores(test.x)), test.outcome, test.cluster)


def backtest(name: str, does: str, who: str, origins: Sequence[Origin], seed: int) -> Backtest:
    """The gate: better than either constant, with the whole interval."""
    outcome = np.concatenate([np.zeros(0, bool), *(origin.outcome for origin in origins)])
    events = min(int(outcome.sum()), int((~outcome).sum()))
    if len(origins) < MIN_ORIGINS or events < MIN_EVENTS:
        return Backtest(False, _untested(len(origins), events))
    predicted = np.concatenate([origin.predicted for origin in origins])
    known = np.concatenate([np.full(len(origin.outcome), origin.known_rate) for origin in origins])
    cluster = np.concatenate([origin.cluster for origin in origins])
    skills = _skills(predicted, known, outcome, cluster, seed)
    passes = _passes(skills)
    series = f"{name}: {CALIBRATED}"
    briers = {
        CALIBRATED: brier_score(outcome, predicted),
        KNOWN: brier_score(outcome, known),
        OCCURRED: float(outcome.mean() * (1 - outcome.mean())),
    }
    return Backtest(
        passes,
        _sentence(does, who, origins, predicted, outcome, briers, skills, passes),
        [
            *(Rival(f"{name}: {rival}", BRIER, brier) for rival, brier in briers.items()),
            *(Rival(f"{series} against {rival}", SKILL, skill.value, skill.low, skill.high) for rival, skill in skills.items()),
            *_by_origin(name, origins),
        ],
        [_calibration(series, outcome, predicted)],
        {
            f"{name}: calibration of {origin.day}, {what}": value
            for origin in origins
            for what, value in (("shift", origin.platt.shift), ("slope", origin.platt.slope))
        },
    )


def _passes(skills: Mapping[str, Estimate]) -> bool:
    gates = (
        against_threshold(
            CALIBRATED, f"{SKILL} against {rival}", 0.0, skill.value, (skill.low, skill.high), requirement="certainly better"
        )
        for rival, skill in skills.items()
    )
    return decide(*gates).is_published


def _skills(predicted: Floats, known: Floats, outcome: Flags, cluster: npt.NDArray[Any], seed: int) -> dict[str, Estimate]:
    """Brier skill scores; clusters are resampled, since rows of one cluster are dependent."""
    _, group = np.unique(cluster, return_inverse=True)
    group = group * _MAX_CLUSTERS // max(int(group.max()) + 1, _MAX_CLUSTERS)
    columns = (np.ones(len(outcome)), outcome, (predicted - outcome) ** 2, (known - outcome) ** 2)
    sums = np.column_stack([np.bincount(group, column) for column in columns])
    sums = sums[sums[:, 0] > 0]
    draws = resampled_clusters(len(sums), _RESAMPLES, seed)
    values = _skill(sums.sum(axis=0)[None, :])
    resampled = _skill(np.einsum("ij,jk->ik", draws.astype(float), sums))
    return {rival: Estimate(float(values[rival][0]), *percentile_interval(resampled[rival])) for rival in values}


def _skill(sums: Floats) -> dict[str, Floats]:
    n, events, error, error_of_known = sums.T
    error_of_occurred = events * (1 - events / n)
    return {
        KNOWN: 1 - error / np.maximum(error_of_known, 1e-9),
        OCCURRED: 1 - error / np.maximum(error_of_occurred, 1e-9),
    }


def _calibration(series: str, outcome: Flags, predicted: Floats) -> Curve:
    bins = calibration_curve(outcome, predicted)
    return Curve("calibration", series, [Point(mean, observed.value, observed.low, observed.high) for mean, observed in bins])


def _by_origin(name: str, origins: Sequence[Origin]) -> list[Rival]:
    rivals = []
    for origin in origins:
        rivals.append(Rival(f"{name}: {origin.day}", "predicted mean", float(origin.predicted.mean())))
        rivals.append(Rival(f"{name}: {origin.day}", "occurred", float(origin.outcome.mean())))
    return rivals


def _untested(origins: int, events: int) -> str:
    days = "one day" if origins == 1 else f"{origins} days"
    why = f"with {events:,} outcomes of the rarer kind" if origins >= MIN_ORIGINS else f"at least {MIN_ORIGINS} are needed"
    return (
        f"The probabilities could only be tested on {days} of the past ({why}),"
        " so the column probability is empty: use decile and reasons."
    )


def _sentence(
    does: str,
    who: str,
    origins: Sequence[Origin],
    predicted: Floats,
    outcome: Flags,
    briers: Mapping[str, float],
    skills: Mapping[str, Estimate],
    passes: bool,
) -> str:
    days = sorted(origin.day for origin in origins)
    known, occurred = skills[KNOWN], skills[OCCURRED]
    finding = (
        f"The probabilities were tested as they would have been published on {len(days)} days from {days[0]} to {days[-1]}:"
        f" {predicted.mean():.1%} of {len(outcome):,} {who} were predicted to {does}, and {outcome.mean():.1%} did."
        f" The Brier score is {briers[CALIBRATED]:.4f}; that of the base rate known at the time is {briers[KNOWN]:.4f}"
        f" (skill {known.value:.1%}, {known.low:.1%} to {known.high:.1%}), that of the base rate that occurred"
        f" {briers[OCCURRED]:.4f} (skill {occurred.value:.1%}, {occurred.low:.1%} to {occurred.high:.1%})"
    )
    if passes:
        return f"{finding}, so the column probability is filled."
    return f"{finding}; not certainly better than a constant, so the column probability is empty: use decile and reasons."
