"""The effect of an exposure on the exposed, estimated from observational data.

Unexposed people are weighted by their odds of exposure, and a model of the outcome is subtracted first (augmented inverse
probability weighting, AIPW). The estimate of the average effect on the exposed (ATT) is consistent if either model is right;
its interval comes from the influence function. For comparison: the crude difference, weighting alone, and a linear
regression, so that readers see whether the answer depends on the method. Not here: who is exposed to what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.factor_regression import Design, Term, least_squares, robust_error_of_last
from ecom_lake.statistics.intervals import Z95, Estimate, normal_interval
from ecom_lake.statistics.logistic_regression import fit_logistic, sigmoid

MAX_PROPENSITY = 0.95
"""People with a higher propensity have nobody to be compared with, and are left out."""


@dataclass(frozen=True)
class People:
    """Rows of people with the same covariates, and how many people each row stands for."""

    design: Design
    exposed: Floats
    count: Floats


@dataclass(frozen=True)
class Matched:
    """The exposed, and the unexposed weighted to resemble them."""

    people: People
    weight: Floats
    """For the unexposed: their odds of exposure, times their count; for the exposed: their count."""
    kept: Floats
    """1 where people are compared, 0 where they lie outside the common support."""
    overlap: float
    """Share of the exposed who are compared."""
    before: Mapping[str, float]
    """Absolute standardised mean difference of each level between exposed and unexposed; `after` is the same after weighting."""
    after: Mapping[str, float]
    propensity: Floats

    @property
    def worst(self) -> float:
        """The largest standardised mean difference after weighting."""
        return max(self.after.values(), default=0.0)


@dataclass(frozen=True)
class Effect:
    weighting: float
    """The difference by weighting alone."""
    adjusted: Estimate
    """The AIPW estimate of the difference of the means."""
    mean_exposed: float
    mean_unexposed: float
    """The mean of the exposed if they had not been exposed."""
    risk_ratio: Estimate | None = None
    odds_ratio: Estimate | None = None
    """For binary outcomes; None where one of the means is 0 or 1."""


def matched(people: People, ridge: float = 1.0) -> Matched:
    propensity = sigmoid(people.design.predicted(fit_logistic(people.design, people.exposed, people.count, ridge)))
    is_exposed = people.exposed == 1
    kept = _has_common_support(propensity, is_exposed)
    weight = people.count * kept * np.where(is_exposed, 1.0, propensity / (1 - propensity))
    exposed = people.count * is_exposed
    return Matched(
        people=people,
        weight=weight,
        kept=kept.astype(np.float64),
        overlap=float((exposed * kept).sum() / exposed.sum()),
        before=_standardised_differences(people, people.count),
        after=_standardised_differences(people, weight) if (weight * is_exposed).sum() else {},
        propensity=propensity,
    )


def _has_common_support(propensity: Floats, is_exposed: Flags) -> Flags:
    """Whether the propensity is one that people of both groups have."""
    has_support = (propensity <= MAX_PROPENSITY) & (propensity >= propensity[~is_exposed].min())
    has_support[is_exposed] &= propensity[is_exposed] <= propensity[~is_exposed].max()
    return np.asarray(has_support)


def _standardised_differences(people: People, weight: Floats) -> dict[str, float]:
    """In standard deviations of the exposed; where these do not vary, of all people."""
    design = people.design
    exposed, unexposed = weight * people.exposed, weight * (1 - people.exposed)
    mean_exposed, mean_unexposed = (design.all_sums(group) / group.sum() for group in (exposed, unexposed))
    of_exposed = np.sqrt(_variance(design, people.count * people.exposed))
    of_all = np.sqrt(_variance(design, people.count))
    deviation = np.where(of_exposed > 0, of_exposed, np.where(of_all > 0, of_all, 1.0))
    names = [f"{term.name}: {level}" if len(term.levels) > 1 else term.name for term in design.terms for level in term.levels]
    differences = np.abs(mean_exposed - mean_unexposed) / deviation
    return dict(zip(names[1:], (float(difference) for difference in differences[1:]), strict=True))


def _variance(design: Design, weight: Floats) -> Floats:
    mean = design.all_sums(weight) / weight.sum()
    squares = [
        np.bincount(term.codes, weight if term.values is None else weight * term.values**2, len(term.levels))
        for term in design.terms
    ]
    mean_of_squares: Floats = np.concatenate(squares) / weight.sum()
    variance: Floats = np.maximum(mean_of_squares - mean**2, 0)
    return variance


def effect(found: Matched, outcome: Floats, is_share: bool = True, ridge: float = 1.0) -> Effect:
    """The effect on a binary outcome, or (`is_share` false) on an amount."""
    people = found.people
    n, a = people.count * found.kept, people.exposed
    exposed, odds = n * a, found.weight * (1 - a)
    unexposed = people.count * (1 - a)
    outcome_model = _share_model if is_share and 0 < (unexposed * outcome).sum() < unexposed.sum() else _amount_model
    expected = outcome_model(people.design, outcome, unexposed, ridge)
    n_exposed, sum_of_odds = exposed.sum(), odds.sum()
    mean_exposed = float((exposed * outcome).sum() / n_exposed)
    mean_unexposed = float((exposed * expected).sum() / n_exposed + (odds * (outcome - expected)).sum() / sum_of_odds)
    # A row stands for as many people as it counts, and an influence is that of one person.
    odds_per_person = np.where(n > 0, odds / np.where(n > 0, n, 1), 0.0)
    on_exposed = a * (outcome - mean_exposed) / n_exposed
    residual = (odds * (outcome - expected)).sum() / sum_of_odds
    on_unexposed = (
        a * (expected - (mean_unexposed - residual)) / n_exposed + odds_per_person * (outcome - expected - residual) / sum_of_odds
    )
    risk_ratio, odds_ratio = (
        _ratio(mean_exposed, mean_unexposed, n, on_exposed, on_unexposed, is_odds) if is_share else None
        for is_odds in (False, True)
    )
    return Effect(
        weighting=mean_exposed - float((odds * outcome).sum() / sum_of_odds),
        adjusted=_estimate(mean_exposed - mean_unexposed, _standard_error(n, on_exposed - on_unexposed)),
        mean_exposed=mean_exposed,
        mean_unexposed=mean_unexposed,
        risk_ratio=risk_ratio,
        odds_ratio=odds_ratio,
    )


def _share_model(design: Design, outcome: Floats, weight: Floats, ridge: float) -> Floats:
    return sigmoid(design.predicted(fit_logistic(design, outcome, weight, ridge)))


def _amount_model(design: Design, outcome: Floats, weight: Floats, _ridge: float) -> Floats:
    return design.predicted(least_squares(design, outcome, weight))


def crude(people: People, outcome: Floats) -> Estimate:
    """The unadjusted difference."""
    means, variance = [], 0.0
    for weight in (people.count * people.exposed, people.count * (1 - people.exposed)):
        n = float(weight.sum())
        means.append(float((weight * outcome).sum() / n))
        variance += float((weight * (outcome - means[-1]) ** 2).sum()) / n / n
    return _estimate(means[0] - means[1], sqrt(variance))


def regression(people: People, outcome: Floats) -> Estimate:
    """The coefficient of the exposure in a least-squares regression on the exposure and all covariates."""
    exposure = Term("exposure", ("exposure",), np.zeros(len(outcome), dtype=np.int64), people.exposed)
    design = people.design.with_term(exposure)
    beta = least_squares(design, outcome, people.count)
    return _estimate(float(beta[-1]), robust_error_of_last(design, outcome, people.count, beta))


def _standard_error(count: Floats, influence: Floats) -> float:
    return sqrt(float((count * influence**2).sum()))


def _estimate(value: float, standard_error: float) -> Estimate:
    return Estimate(value, *normal_interval(value, standard_error))


def _ratio(
    exposed: float, unexposed: float, count: Floats, on_exposed: Floats, on_unexposed: Floats, is_odds: bool
) -> Estimate | None:
    """The ratio of two risks or odds, with an interval on the log scale by the delta method."""
    if not (0 < exposed < 1 and 0 < unexposed < 1):
        return None
    one, other = (1 - exposed, 1 - unexposed) if is_odds else (1.0, 1.0)
    log_ratio = log(exposed / one) - log(unexposed / other)
    standard_error = _standard_error(count, on_exposed / (exposed * one) - on_unexposed / (unexposed * other))
    bounds = [exp(min(log_ratio + z * standard_error, 700.0)) for z in (0.0, -Z95, Z95)]
    return Estimate(*bounds) if all(map(isfinite, bounds)) else None


def e_value(risk_ratio: float) -> float:
    """How strongly an unmeasured confounder would have to be associated with both exposure and outcome, as a risk ratio, to
    explain the association away."""
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + sqrt(ratio * (ratio - 1))
