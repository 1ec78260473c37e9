"""What would have become of the exposed, had they not been exposed? Told from unexposed people who are like them.

The estimate is for the exposed: unexposed people are weighted by their odds of being exposed, and what the outcome's own
model says of them is taken off first (augmented inverse probability weighting). It is right where either model is. Its
interval comes from the influence that each person has on it. Beside it: the crude difference, weighting alone, and a linear
regression, so that everybody sees whether the answer hangs on the method. Not here: who is exposed to what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, exp, isfinite, log, sqrt

import numpy as np

from ecom_lake.statistics.factor_regression import Design, Floats, Term, expit, least_squares, logistic, spread_of_last

SURE = 0.95
"""Who is exposed with a greater chance than this has nobody to be compared with, and is left out."""
Z95 = 1.959963984540054


@dataclass(frozen=True)
class People:
    """Rows of people who are alike, with how many they are."""

    design: Design
    exposed: Floats
    count: Floats


@dataclass(frozen=True)
class Matched:
    """The exposed, and the unexposed weighted to be like them."""

    people: People
    weight: Floats
    """Of the unexposed: their odds of being exposed, times how many they are; of the exposed how many they are."""
    kept: Floats
    """1 where people are compared, 0 where nobody is like them."""
    overlap: float
    """Share of the exposed who are compared."""
    before: Mapping[str, float]
    """Standardised difference between exposed and unexposed of each level, and after weighting."""
    after: Mapping[str, float]
    chance: Floats

    @property
    def worst(self) -> float:
        return max(self.after.values(), default=0.0)


@dataclass(frozen=True)
class Estimate:
    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        return (self.high - self.low) / (2 * Z95)

    @property
    def p(self) -> float:
        """Two-sided p-value of no difference."""
        return erfc(abs(self.value) / self.error / sqrt(2)) if self.error else float(self.value == 0)


@dataclass(frozen=True)
class Effect:
    weighting: float
    """The difference by weighting alone."""
    adjusted: Estimate
    """Difference of the means, the exposed less those who are like them."""
    mean_exposed: float
    mean_unexposed: float
    """Had they not been exposed."""
    risk_ratio: Estimate | None = None
    odds_ratio: Estimate | None = None
    """Of outcomes that are there or not; NULL where one of the means is 0 or 1."""


def matched(people: People, ridge: float = 1.0) -> Matched:
    chance = expit(people.design.predicted(logistic(people.design, people.exposed, people.count, ridge)))
    is_exposed = people.exposed == 1
    kept = (chance <= SURE) & (chance >= chance[~is_exposed].min())
    kept[is_exposed] &= chance[is_exposed] <= chance[~is_exposed].max()
    weight = people.count * kept * np.where(is_exposed, 1.0, chance / (1 - chance))
    exposed = people.count * is_exposed
    return Matched(
        people=people,
        weight=weight,
        kept=kept.astype(np.float64),
        overlap=float((exposed * kept).sum() / exposed.sum()),
        before=_differences(people, people.count),
        after=_differences(people, weight) if (weight * is_exposed).sum() else {},
        chance=chance,
    )


def _differences(people: People, weight: Floats) -> dict[str, float]:
    """In standard deviations of the exposed; where these are all alike, of everybody."""
    design = people.design
    exposed, unexposed = weight * people.exposed, weight * (1 - people.exposed)
    of_exposed, of_unexposed = (design.all_sums(w) / w.sum() for w in (exposed, unexposed))
    spread = np.sqrt(_spread(design, people.count * people.exposed))
    everybody = np.sqrt(_spread(design, people.count))
    unit = np.where(spread > 0, spread, np.where(everybody > 0, everybody, 1.0))
    names = [f"{term.name}: {level}" if len(term.levels) > 1 else term.name for term in design.terms for level in term.levels]
    found = np.abs(of_exposed - of_unexposed) / unit
    return dict(zip(names[1:], (float(one) for one in found[1:]), strict=True))


def _spread(design: Design, weight: Floats) -> Floats:
    first = design.all_sums(weight) / weight.sum()
    squares = [
        np.bincount(term.codes, weight if term.values is None else weight * term.values**2, len(term.levels))
        for term in design.terms
    ]
    second: Floats = np.concatenate(squares) / weight.sum()
    variance: Floats = np.maximum(second - first**2, 0)
    return variance


def effect(found: Matched, outcome: Floats, is_share: bool = True, ridge: float = 1.0) -> Effect:
    """On an outcome that is there or not, or on an amount."""
    people = found.people
    n, a = people.count * found.kept, people.exposed
    exposed, odds = n * a, found.weight * (1 - a)
    unexposed = people.count * (1 - a)
    model = _share_model if is_share and 0 < (unexposed * outcome).sum() < unexposed.sum() else _amount_model
    expected = model(people.design, outcome, unexposed, ridge)
    treated, compared = exposed.sum(), odds.sum()
    mean_exposed = float((exposed * outcome).sum() / treated)
    mean_unexposed = float((exposed * expected).sum() / treated + (odds * (outcome - expected)).sum() / compared)
    # One row is as many people as it counts: influences are a person's.
    per_person = np.where(n > 0, odds / np.where(n > 0, n, 1), 0.0)
    on_exposed = a * (outcome - mean_exposed) / treated
    residual = (odds * (outcome - expected)).sum() / compared
    on_unexposed = (
        a * (expected - (mean_unexposed - residual)) / treated + per_person * (outcome - expected - residual) / compared
    )
    return Effect(
        weighting=mean_exposed - float((odds * outcome).sum() / compared),
        adjusted=_interval(mean_exposed - mean_unexposed, _error(n, on_exposed - on_unexposed)),
        mean_exposed=mean_exposed,
        mean_unexposed=mean_unexposed,
        risk_ratio=_ratio(mean_exposed, mean_unexposed, n, on_exposed, on_unexposed, odds=False) if is_share else None,
        odds_ratio=_ratio(mean_exposed, mean_unexposed, n, on_exposed, on_unexposed, odds=True) if is_share else None,
    )


def _share_model(design: Design, outcome: Floats, weight: Floats, ridge: float) -> Floats:
    return expit(design.predicted(logistic(design, outcome, weight, ridge)))


def _amount_model(design: Design, outcome: Floats, weight: Floats, _ridge: float) -> Floats:
    return design.predicted(least_squares(design, outcome, weight))


def crude(people: People, outcome: Floats) -> Estimate:
    """The difference as it is."""
    means, variance = [], 0.0
    for weight in (people.count * people.exposed, people.count * (1 - people.exposed)):
        n = float(weight.sum())
        means.append(float((weight * outcome).sum() / n))
        variance += float((weight * (outcome - means[-1]) ** 2).sum()) / n / n
    return _interval(means[0] - means[1], sqrt(variance))


def regression(people: People, outcome: Floats) -> Estimate:
    """By least squares, everything that is compared in it beside the exposure."""
    exposure = Term("exposure", ("exposure",), np.zeros(len(outcome), dtype=np.int64), people.exposed)
    design = people.design.and_(exposure)
    beta = least_squares(design, outcome, people.count)
    return _interval(float(beta[-1]), spread_of_last(design, outcome, people.count, beta))


def _error(count: Floats, influence: Floats) -> float:
    return sqrt(float((count * influence**2).sum()))


def _interval(value: float, error: float) -> Estimate:
    return Estimate(value, value - Z95 * error, value + Z95 * error)


def _ratio(
    exposed: float, unexposed: float, count: Floats, on_exposed: Floats, on_unexposed: Floats, odds: bool
) -> Estimate | None:
    """On the scale of logs, by the delta method."""
    if not (0 < exposed < 1 and 0 < unexposed < 1):
        return None
    one, other = (1 - exposed, 1 - unexposed) if odds else (1.0, 1.0)
    value = log(exposed / one) - log(unexposed / other)
    error = _error(count, on_exposed / (exposed * one) - on_unexposed / (unexposed * other))
    bounds = [exp(min(value + z * error, 700.0)) for z in (0.0, -Z95, Z95)]
    return Estimate(*bounds) if all(map(isfinite, bounds)) else None


def e_value(risk_ratio: float) -> float:
    """How strongly something that is not adjusted for would have to go with both exposure and outcome, as a risk ratio, to
    explain the association away."""
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + sqrt(ratio * (ratio - 1))
