"""Are the probabilities true? They are published only where they proved better than a constant, at several times of the past.

The base rate of a shop moves: a calibration that was right in a bad season is wrong in a good one. So the procedure is tested,
not one fit of it. At each origin, a day of the past, a ranker is fitted and calibrated with what was known by then, as it is done
today, and predicts what was published on such a day. All origins are judged together, against two constants: the base rate that
was known at each origin, and the one rate that occurred over all of them, which nobody knew. docs/decisions/0018 says why.

Here: calibration, origins, and the gate. Not here: the gate of the ranking (classification.py), and which days (snapshots.py).
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
from ecom_lake.shop.rankings.evaluation import Judged
from ecom_lake.shop.rankings.ranker import Ranker
from ecom_lake.shop.rankings.sample import LEAST_EVENTS, People
from ecom_lake.shop.rankings.time_splits import LEAST_ORIGINS
from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.bootstrap import resampled_clusters
from ecom_lake.statistics.intervals import Estimate, percentile_interval
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.ranking_metrics import brier_score, calibration_curve

CALIBRATED, KNOWN, OCCURRED = "calibrated probability", "base rate known at the time", "base rate that occurred"
PUBLISHED = "calibration as published"
BRIER, SKILL = "Brier score over all origins", "Brier skill over all origins"
_RESAMPLES, _MOST_CLUSTERS = 2_000, 500


@dataclass(frozen=True)
class Origin:
    """A day of the past: what was predicted then with what was known by then, and what occurred."""

    day: date
    platt: Platt
    known_rate: float
    """Base rate of the people that the calibration was fitted on."""
    predicted: Floats
    happened: Flags
    cluster: npt.NDArray[Any]


@dataclass(frozen=True)
class Proof:
    """What the test of the probabilities found; without figures it could not be made."""

    is_true: bool
    sentence: str
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


def calibrate(ranker: Ranker, latest: People) -> Platt | None:
    """The ranker's sigmoid, shifted to the base rate of the latest people whose outcome is known; None where they are too few.

    Its slope, which moves little, comes from more people of an earlier time; the base rate is what moves.
    """
    if not latest.has_enough_events:
        return None
    return ranker.sigmoid.shifted_to(ranker.scores(latest.x), latest.happened, latest.weights, DIGITS)


def with_proof(verdict: Judged, proof: Proof, latest: People) -> tuple[Judged, Platt | None]:
    """What is known of the ranking and of its probabilities; and the calibration to publish with, if they are true."""
    assert verdict.ranker is not None
    platt = calibrate(verdict.ranker, latest) if proof.is_true else None
    parameters = {**verdict.parameters, **proof.parameters}
    details = f"{verdict.details} {proof.sentence}"
    name = verdict.question.name
    if platt is not None:
        parameters |= {f"{name}: {PUBLISHED}, shift": platt.shift, f"{name}: {PUBLISHED}, slope": platt.slope}
    elif proof.is_true:
        details += f" Fewer than {LEAST_EVENTS} recent outcomes of either kind are known to calibrate them today: it is empty."
    proved = replace(
        verdict,
        details=details,
        rivals=[*verdict.rivals, *proof.rivals],
        curves=[*verdict.curves, *proof.curves],
        parameters=parameters,
    )
    return proved, platt


def predict_at(day: date, ranker: Ranker, latest: People, test: People) -> Origin | None:
    """`latest` is what the calibration is fitted on; of `test` nothing but the features is used for the prediction."""
    platt = calibrate(ranker, latest)
    if platt is None or not len(test.happened):
        return None
    assert test.cluster is not None
    return Origin(day, platt, latest.rate, platt(ranker.scores(test.x)), test.happened, test.cluster)


def prove(name: str, does: str, who: str, origins: Sequence[Origin], seed: int) -> Proof:
    """The gate: better than either constant, with the whole interval."""
    happened = np.concatenate([np.zeros(0, bool), *(origin.happened for origin in origins)])
    few = min(int(happened.sum()), int((~happened).sum()))
    if len(origins) < LEAST_ORIGINS or few < LEAST_EVENTS:
        return Proof(False, _untested(len(origins), few))
    predicted = np.concatenate([origin.predicted for origin in origins])
    known = np.concatenate([np.full(len(origin.happened), origin.known_rate) for origin in origins])
    cluster = np.concatenate([origin.cluster for origin in origins])
    skills = _skills(predicted, known, happened, cluster, seed)
    is_true = decide(
        *(
            against_threshold(
                CALIBRATED, f"{SKILL} against {of}", 0.0, skill.value, (skill.low, skill.high), requirement="certainly better"
            )
            for of, skill in skills.items()
        )
    ).is_published
    series = f"{name}: {CALIBRATED}"
    briers = {
        CALIBRATED: brier_score(happened, predicted),
        KNOWN: brier_score(happened, known),
        OCCURRED: float(happened.mean() * (1 - happened.mean())),
    }
    return Proof(
        is_true,
        _sentence(does, who, origins, predicted, happened, briers, skills, is_true),
        [
            *(Rival(f"{name}: {of}", BRIER, brier) for of, brier in briers.items()),
            *(Rival(f"{series} against {of}", SKILL, skill.value, skill.low, skill.high) for of, skill in skills.items()),
            *_each(name, origins),
        ],
        [_calibration(series, happened, predicted)],
        {
            f"{name}: calibration of {origin.day}, {what}": value
            for origin in origins
            for what, value in (("shift", origin.platt.shift), ("slope", origin.platt.slope))
        },
    )


def _skills(predicted: Floats, known: Floats, happened: Flags, cluster: npt.NDArray[Any], seed: int) -> dict[str, Estimate]:
    """1 less the ratio of the Brier scores; clusters are resampled, since what lies in one is dependent."""
    _, place = np.unique(cluster, return_inverse=True)
    place = place * _MOST_CLUSTERS // max(int(place.max()) + 1, _MOST_CLUSTERS)
    columns = (np.ones(len(happened)), happened, (predicted - happened) ** 2, (known - happened) ** 2)
    sums = np.column_stack([np.bincount(place, column) for column in columns])
    sums = sums[sums[:, 0] > 0]
    drawn = resampled_clusters(len(sums), _RESAMPLES, seed)
    whole = _skill(sums.sum(axis=0)[None, :])
    resampled = _skill(np.einsum("ij,jk->ik", drawn.astype(float), sums))
    return {of: Estimate(float(whole[of][0]), *percentile_interval(resampled[of])) for of in whole}


def _skill(sums: Floats) -> dict[str, Floats]:
    n, events, error, error_of_known = sums.T
    error_of_occurred = events * (1 - events / n)
    return {
        KNOWN: 1 - error / np.maximum(error_of_known, 1e-9),
        OCCURRED: 1 - error / np.maximum(error_of_occurred, 1e-9),
    }


def _calibration(series: str, happened: Flags, predicted: Floats) -> Curve:
    bins = calibration_curve(happened, predicted)
    return Curve("calibration", series, [Point(mean, observed.value, observed.low, observed.high) for mean, observed in bins])


def _each(name: str, origins: Sequence[Origin]) -> list[Rival]:
    figures = []
    for origin in origins:
        figures.append(Rival(f"{name}: {origin.day}", "predicted mean", float(origin.predicted.mean())))
        figures.append(Rival(f"{name}: {origin.day}", "occurred", float(origin.happened.mean())))
    return figures


def _untested(origins: int, events: int) -> str:
    tested = "one day" if origins == 1 else f"{origins} days"
    why = f"with {events:,} outcomes of the rarer kind" if origins >= LEAST_ORIGINS else f"at least {LEAST_ORIGINS} are needed"
    return (
        f"The probabilities could only be tested on {tested} of the past ({why}),"
        " so the column probability is empty: use decile and reasons."
    )


def _sentence(
    does: str,
    who: str,
    origins: Sequence[Origin],
    predicted: Floats,
    happened: Flags,
    briers: Mapping[str, float],
    skills: Mapping[str, Estimate],
    is_true: bool,
) -> str:
    days = sorted(origin.day for origin in origins)
    known, occurred = skills[KNOWN], skills[OCCURRED]
    told = (
        f"The probabilities were tested as they would have been published on {len(days)} days from {days[0]} to {days[-1]}:"
        f" of {len(happened):,} {who}, {predicted.mean():.1%} were predicted to {does}, and {happened.mean():.1%} did."
        f" The Brier score is {briers[CALIBRATED]:.4f}; of the base rate known at the time it is {briers[KNOWN]:.4f}"
        f" (skill {known.value:.1%}, {known.low:.1%} to {known.high:.1%}), of the base rate that occurred {briers[OCCURRED]:.4f}"
        f" (skill {occurred.value:.1%}, {occurred.low:.1%} to {occurred.high:.1%})"
    )
    if is_true:
        return f"{told}, so the column probability is filled."
    return f"{told}; not certainly better than a constant, so the column probability is empty: use decile and reasons."
