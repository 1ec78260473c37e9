"""How well do scores rank, and are they honest as probabilities?

Here: average precision, ROC, Brier, their intervals, and the two pictures, gain and calibration. Ties count as ties. Not here:
lift (lift.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ecom_lake.engine.contracts.fitted import Curve, Point, Rival
from ecom_lake.statistics.lift import Flags, Floats

_RESAMPLES, _BINS, _BOUNDS = 200, 500, (2.5, 97.5)
_TENTHS = 10


@dataclass(frozen=True)
class Steps:
    """People in the order of falling score; those who tie are one step."""

    hits: Floats
    others: Floats


def steps(happened: Flags, score: Floats) -> Steps:
    _, place = np.unique(-score, return_inverse=True)
    return Steps(np.bincount(place, happened).astype(float), np.bincount(place, ~happened).astype(float))


def average_precision(at: Steps) -> float:
    hits = at.hits.cumsum()
    return float((at.hits * hits / np.maximum(hits + at.others.cumsum(), 1)).sum() / max(hits[-1], 1))


def roc(at: Steps) -> float:
    """The chance that one of those to whom it happened scores above one to whom it did not; a tie counts half."""
    before = at.hits.cumsum() - at.hits / 2
    return float((at.others * before).sum() / max(at.hits.sum() * at.others.sum(), 1))


def brier(happened: Flags, probability: Floats) -> float:
    return float(((probability - happened) ** 2).mean())


def measures(name: str, happened: Flags, score: Floats, probability: Floats | None, seed: int) -> Iterator[Rival]:
    """A rule that gives no probability has no Brier score."""
    at = steps(happened, score)
    drawn = list(_resampled(happened, score, seed))
    for metric, of in (("PR-AUC", average_precision), ("ROC-AUC", roc)):
        yield Rival(name, metric, of(at), *_bounds(of, drawn, of(at)))
    if probability is not None:
        value = brier(happened, probability)
        around = 1.96 * float(((probability - happened) ** 2).std()) / len(happened) ** 0.5
        yield Rival(name, "Brier", value, max(value - around, 0.0), value + around)


def _resampled(happened: Flags, score: Floats, seed: int) -> Iterator[Steps]:
    """Steps are drawn together to a few hundred: each resample then costs nothing, and moves the measures by less than it."""
    fine = steps(happened, score)
    together = np.ceil((fine.hits + fine.others).cumsum() / len(happened) * _BINS).astype(int) - 1
    hits, others = (np.bincount(together, of) for of in (fine.hits, fine.others))
    cells = np.concatenate([hits, others])
    for drawn in np.random.default_rng(seed).multinomial(len(happened), cells / cells.sum(), _RESAMPLES):
        yield Steps(*np.split(drawn.astype(float), 2))


def _bounds(of: Callable[[Steps], float], drawn: list[Steps], value: float) -> tuple[float, float]:
    low, high = np.percentile([of(at) for at in drawn], _BOUNDS)
    return float(min(low, value)), float(max(high, value))


def gain(series: str, happened: Flags, score: Floats) -> Curve:
    """Of those to whom it happened, which share is in the likeliest tenth, two tenths, …?"""
    at = steps(happened, score)
    people = np.concatenate([[0], (at.hits + at.others).cumsum()]) / len(happened)
    found = np.concatenate([[0], at.hits.cumsum()]) / max(at.hits.sum(), 1)
    shares = [i / _TENTHS for i in range(_TENTHS + 1)]
    return Curve("gain", series, [Point(share, float(np.interp(share, people, found))) for share in shares])


def calibration(series: str, happened: Flags, probability: Floats) -> Curve:
    """In each tenth of the people by probability: what was said, and what came true, with Wilson's interval."""
    tenths = np.array_split(np.argsort(probability, kind="stable"), _TENTHS)
    said = [(float(probability[of].mean()), int(happened[of].sum()), len(of)) for of in tenths if len(of)]
    return Curve("calibration", series, [Point(x, hits / n, *_wilson(hits, n)) for x, hits, n in said])


def _wilson(hits: int, n: int) -> tuple[float, float]:
    z = 1.96
    middle = (hits + z * z / 2) / (n + z * z)
    around = z / (n + z * z) * (hits * (n - hits) / n + z * z / 4) ** 0.5
    return max(middle - around, 0.0), min(middle + around, 1.0)
