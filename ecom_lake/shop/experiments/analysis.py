"""An experiment from its people to its verdict, by what was written down before: the split first, then the outcomes.

Nothing is told of a split that is not as planned, of a test that errs more often than it may, or, where one look was planned,
of an experiment that is not over. Not here: the tests themselves, and files (cli/experiment_files.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.multiple_testing import holm
from ecom_lake.statistics.sequential_tests import always_valid_half, always_valid_p, bounds
from ecom_lake.statistics.two_sample_tests import (
    SPLIT_ALPHA,
    Difference,
    false_alarms,
    means_apart,
    shares_apart,
    split_p,
    without_past,
)

Method = Literal["fixed", "sequential", "always-valid"]
_AA_PEOPLE, _AA_RUNS, _AA_MOST = 4_000, 2_000, 1.4
"""The A/A run: on how many people at most, how often, and how many times alpha it may err."""
_WORTH_IT = 0.98
"""The past is taken out where no more than so much of the variance is left."""


@dataclass(frozen=True)
class Spec:
    """What was written down before the experiment began."""

    alpha: float = 0.05
    method: Method = "fixed"
    n: int | None = None
    """People per arm that were planned."""
    minimal_effect: float | None = None
    """The least difference that is worth finding, in the outcome's own unit."""
    looks: int = 5
    bounds: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    share_treated: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class Units:
    """The people of an experiment."""

    control: str
    treated: str
    is_treated: NDArray[np.bool_]
    outcomes: Mapping[str, Floats]
    before: Floats | None = None

    @property
    def people(self) -> tuple[int, int]:
        return int((~self.is_treated).sum()), int(self.is_treated.sum())


@dataclass(frozen=True)
class Result:
    metric: str
    control: float
    treated: float
    difference: float
    low: float
    high: float
    p: float | None
    """Corrected for several outcomes; NULL where bounds decide."""
    is_found: bool
    is_share: bool
    variance_left: float | None
    """After the past was taken out, where it was."""


@dataclass(frozen=True)
class Analysis:
    people: tuple[int, int]
    split_p: float
    false_alarms: float | None = None
    results: tuple[Result, ...] = ()
    refused: str | None = None
    is_early: bool = False
    """Whether it is refused only because the experiment is not over."""


def analyze(units: Units, spec: Spec) -> Analysis:
    people = units.people
    split = split_p(people, [1 - spec.share_treated, spec.share_treated])
    if split < SPLIT_ALPHA:
        return Analysis(people, split, refused=_bad_split(units, spec, split))
    if early := _too_early(units, spec):
        return Analysis(people, split, refused=early, is_early=True)
    erring = max(_erring(units, outcome, spec) for outcome in units.outcomes.values())
    if erring > _AA_MOST * spec.alpha:
        return Analysis(people, split, erring, refused=_errs(erring, spec))
    found = [_result(units, metric, spec) for metric in units.outcomes]
    return Analysis(people, split, erring, _corrected(found, spec))


def _bad_split(units: Units, spec: Spec, p: float) -> str:
    n0, n1 = units.people
    return (
        f"The split is broken: {n0:,} in {units.control} and {n1:,} in {units.treated}, where {spec.share_treated:.0%} were to be"
        f" treated; chance does that with p = {p:.2g}. Find out who is missing before you look at any outcome."
    )


def _too_early(units: Units, spec: Spec) -> str | None:
    least = min(units.people)
    if spec.n is None or spec.method == "always-valid":
        return None
    first = spec.n if spec.method == "fixed" else -(-spec.n // spec.looks)
    if least >= first:
        return None
    if spec.method == "fixed":
        return (
            f"Not over yet: {least:,} of {spec.n:,} people per arm. With one look planned nothing is told before;"
            " plan a sequential or always-valid experiment if you must look."
        )
    return f"The first of {spec.looks} looks is at {first:,} people per arm; there are {least:,}."


def _errs(erring: float, spec: Spec) -> str:
    return (
        f"Splits by lot of these same people find something in {erring:.1%} of all cases instead of {spec.alpha:.0%}: the outcome"
        " is too uneven for so few people, and the test would not be honest."
    )


def _erring(units: Units, outcome: Floats, spec: Spec) -> float:
    rng = np.random.default_rng(spec.seed)
    some = rng.permutation(len(outcome))[:_AA_PEOPLE]
    values = outcome[some]
    return false_alarms(values, _test(outcome), _AA_RUNS, spec.seed, spec.alpha)


def _test(outcome: Floats) -> Callable[..., Difference]:
    return shares_apart if np.isin(outcome, (0.0, 1.0)).all() else means_apart


def _result(units: Units, metric: str, spec: Spec) -> Result:
    """One outcome, not yet corrected for the others."""
    outcome = units.outcomes[metric]
    plain = _test(outcome)(outcome[~units.is_treated], outcome[units.is_treated], spec.alpha)
    apart, left = _without_the_past(units, outcome, plain, spec)
    p, half = _bound(units, apart, spec)
    return Result(
        metric=metric,
        control=plain.control,
        treated=plain.treated,
        difference=apart.value,
        low=apart.value - half,
        high=apart.value + half,
        p=p,
        is_found=p < spec.alpha if p is not None else abs(apart.value) > half,
        is_share=_test(outcome) is shares_apart,
        variance_left=left,
    )


def _without_the_past(units: Units, outcome: Floats, plain: Difference, spec: Spec) -> tuple[Difference, float | None]:
    if units.before is not None:
        rest, share = without_past(outcome, units.before)
        if share <= _WORTH_IT:
            return means_apart(rest[~units.is_treated], rest[units.is_treated], spec.alpha), share
    return plain, None


def _bound(units: Units, apart: Difference, spec: Spec) -> tuple[float | None, float]:
    """The p-value, where there is one, and half the width of the interval."""
    if spec.method == "sequential" and spec.n is not None:
        look = min(spec.looks, min(units.people) * spec.looks // spec.n)
        # Several outcomes share the chance of a false alarm evenly: bounds have no p-values that Holm could order.
        return None, bounds(spec.looks, spec.alpha / len(units.outcomes), spec.bounds)[look - 1] * apart.error
    if spec.method == "always-valid" and spec.minimal_effect is not None and apart.error:
        p = always_valid_p(apart.value, apart.error, spec.minimal_effect)
        return p, always_valid_half(apart.error, spec.minimal_effect, spec.alpha)
    return apart.p, (apart.high - apart.low) / 2


def _corrected(found: list[Result], spec: Spec) -> tuple[Result, ...]:
    p_values = [one.p for one in found if one.p is not None]
    if len(p_values) < len(found):
        return tuple(found)
    return tuple(replace(one, p=p, is_found=p < spec.alpha) for one, p in zip(found, holm(p_values), strict=True))
