"""The analysis of an experiment by its plan: first the split, then an A/A test, then the outcomes.

No outcome is reported if the split is not as planned, or if the participants are not those of a planned look; an outcome is
refused if its test has too many false positives on these data. Where the order of their assignment is known, the analysis uses
the first ones, up to the last look that was reached. Not here: looks (planned_looks.py), tests (statistics/), and files
(cli/experiment_files.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecom_lake.shop.experiments.planned_looks import look_at, look_sizes, looks_reached
from ecom_lake.statistics.arrays import Floats, Integers
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
_AA_SMALLER_ARM, _AA_RUNS, _AA_MOST = 2_000, 2_000, 1.4
"""The A/A test: the largest size of its smaller arm, its number of runs, and the highest false positive rate as a multiple of
alpha."""
_WORTHWHILE_VARIANCE = 0.98
"""CUPED is used where at most this share of the variance remains."""


@dataclass(frozen=True)
class Spec:
    """The plan that was written down before the experiment began."""

    alpha: float = 0.05
    method: Method = "fixed"
    n: int | None = None
    """Planned sample size per arm."""
    minimal_effect: float | None = None
    """The smallest difference worth detecting, in the outcome's own unit."""
    looks: int = 5
    bounds: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    share_treated: float = 0.5
    seed: int = 0
    name: str = ""
    """Name of the experiment: participants who were assigned at the same time have another order in another experiment."""


@dataclass(frozen=True)
class Units:
    """The participants of an experiment."""

    control: str
    treated: str
    is_treated: NDArray[np.bool_]
    outcomes: Mapping[str, Floats]
    before: Floats | None = None
    by_time: Integers | None = None
    """The positions of the participants in the order of their assignment, where it is known."""

    @property
    def people(self) -> tuple[int, int]:
        return int((~self.is_treated).sum()), int(self.is_treated.sum())

    def first(self, size: int) -> Units:
        """The participants who had been assigned when the smaller arm had reached a size; all of them where it has not, or where
        the order of assignment is not known."""
        if self.by_time is None:
            return self
        treated = self.is_treated[self.by_time]
        smaller_arm = np.minimum(np.cumsum(treated), np.cumsum(~treated))
        kept = np.sort(self.by_time[: int(np.searchsorted(smaller_arm, size)) + 1])
        outcomes = {name: outcome[kept] for name, outcome in self.outcomes.items()}
        before = None if self.before is None else self.before[kept]
        return Units(self.control, self.treated, self.is_treated[kept], outcomes, before)


@dataclass(frozen=True)
class Result:
    metric: str
    control: float
    treated: float
    difference: float
    low: float
    high: float
    p: float | None
    """Corrected for several outcomes; None where sequential bounds decide."""
    is_found: bool
    is_share: bool
    variance_left: float | None
    """Share of the variance after CUPED, where it was used."""


@dataclass(frozen=True)
class Unreliable:
    """An outcome without a result, because its test has too many false positives."""

    metric: str
    false_alarms: float
    reason: str


@dataclass(frozen=True)
class Analysis:
    people: tuple[int, int]
    """Of the control and the treatment, without those who were assigned after the look."""
    split_p: float
    false_alarms: float | None = None
    """The highest false positive rate of the outcomes with a result; of all outcomes where none has one."""
    results: tuple[Result, ...] = ()
    unreliable: tuple[Unreliable, ...] = ()
    refused: str | None = None
    is_early: bool = False
    """Whether the refusal's only reason is that a look has not been reached."""
    look: int | None = None
    """The planned look, counted from 1; None where none was planned."""
    left_out: int = 0
    """Participants who were assigned after the look."""


def analyze(units: Units, spec: Spec) -> Analysis:
    people = units.people
    split = split_p(people, [1 - spec.share_treated, spec.share_treated])
    if split < SPLIT_ALPHA:
        return Analysis(people, split, refused=_bad_split(units, spec, split))
    sizes = _planned_looks(spec)
    look = _look(units, sizes)
    if sizes and look is None:
        return Analysis(people, split, refused=_no_look(min(people), spec, sizes), is_early=min(people) < sizes[-1])
    seen = units.first(sizes[look - 1]) if look else units
    rates = {metric: _false_positive_rate(outcome, spec) for metric, outcome in seen.outcomes.items()}
    unreliable = tuple(_unreliable(metric, rate, spec) for metric, rate in rates.items() if rate > _AA_MOST * spec.alpha)
    if len(unreliable) == len(rates):
        why = " ".join(one.reason for one in unreliable)
        return Analysis(seen.people, split, max(rates.values()), unreliable=unreliable, refused=why)
    reliable = [metric for metric in rates if metric not in {one.metric for one in unreliable}]
    results = _corrected([_result(seen, metric, spec, look) for metric in reliable], spec, len(rates))
    highest, left_out = max(rates[metric] for metric in reliable), sum(people) - sum(seen.people)
    return Analysis(seen.people, split, highest, results, unreliable, look=look, left_out=left_out)


def _bad_split(units: Units, spec: Spec, p: float) -> str:
    n0, n1 = units.people
    return (
        f"The split is not as planned: {n0:,} in {units.control} and {n1:,} in {units.treated}, where {spec.share_treated:.0%}"
        f" were to be treated (p = {p:.2g}). Find out which participants are missing before you look at any outcome."
    )


def _planned_looks(spec: Spec) -> tuple[int, ...]:
    """Participants per arm at each look; empty where any number is valid, or none was planned."""
    if spec.n is None or spec.method == "always-valid":
        return ()
    return look_sizes(spec.n, spec.looks if spec.method == "sequential" else 1)


def _look(units: Units, sizes: tuple[int, ...]) -> int | None:
    """The look to analyze, counted from 1. With the order of assignment any look that was reached can be repeated."""
    if not sizes:
        return None
    if units.by_time is not None:
        return looks_reached(sizes, min(units.people)) or None
    return look_at(sizes, min(units.people))


def _no_look(people: int, spec: Spec, sizes: tuple[int, ...]) -> str:
    """Why the participants of the smaller arm are at no planned look, and what to do."""
    reached = looks_reached(sizes, people)
    add = "add the column assigned, with the date or time at which each participant was assigned"
    if reached == len(sizes):
        return (
            f"There are more participants than planned: {people:,} per arm instead of {sizes[-1]:,}. To analyze the first"
            f" {sizes[-1]:,} of each arm, {add}."
        )
    if spec.method == "fixed":
        return (
            f"The experiment is not over: {people:,} of {sizes[-1]:,} participants per arm. The plan has a single look at the"
            " end; plan a sequential or always-valid experiment if you need earlier looks."
        )
    if not reached:
        return f"The first of {len(sizes)} looks is at {sizes[0]:,} participants per arm; there are {people:,} so far."
    return (
        f"The next look, {reached + 1} of {len(sizes)}, is at {sizes[reached]:,} participants per arm; there are {people:,} so"
        f" far. To repeat look {reached}, {add}."
    )


def _unreliable(metric: str, rate: float, spec: Spec) -> Unreliable:
    why = (
        f"The test of {metric} is not reliable on these data: random splits of the same participants show a significant"
        f" difference in {rate:.1%} of all cases instead of {spec.alpha:.0%}. The outcome is too skewed for so few participants;"
        " collect more."
    )
    return Unreliable(metric, rate, why)


def _false_positive_rate(outcome: Floats, spec: Spec) -> float:
    """The share of random splits of a sample, in the planned shares, in which the test finds a difference."""
    rng = np.random.default_rng(spec.seed)
    most = round(_AA_SMALLER_ARM / min(spec.share_treated, 1 - spec.share_treated))
    values = outcome[rng.permutation(len(outcome))[:most]]
    return false_alarms(values, _test(outcome), _AA_RUNS, spec.seed, spec.alpha, spec.share_treated)


def _test(outcome: Floats) -> Callable[..., Difference]:
    return shares_apart if np.isin(outcome, (0.0, 1.0)).all() else means_apart


def _result(units: Units, metric: str, spec: Spec, look: int | None) -> Result:
    """The result of one outcome, not yet corrected for the others."""
    outcome = units.outcomes[metric]
    plain = _test(outcome)(outcome[~units.is_treated], outcome[units.is_treated], spec.alpha)
    difference, variance_left = _with_cuped(units, outcome, plain, spec)
    p, half_width = _p_and_half_width(len(units.outcomes), difference, spec, look)
    return Result(
        metric=metric,
        control=plain.control,
        treated=plain.treated,
        difference=difference.value,
        low=difference.value - half_width,
        high=difference.value + half_width,
        p=p,
        is_found=p < spec.alpha if p is not None else abs(difference.value) > half_width,
        is_share=_test(outcome) is shares_apart,
        variance_left=variance_left,
    )


def _with_cuped(units: Units, outcome: Floats, plain: Difference, spec: Spec) -> tuple[Difference, float | None]:
    if units.before is not None:
        rest, share = without_past(outcome, units.before)
        if share <= _WORTHWHILE_VARIANCE:
            return means_apart(rest[~units.is_treated], rest[units.is_treated], spec.alpha), share
    return plain, None


def _p_and_half_width(outcomes: int, found: Difference, spec: Spec, look: int | None) -> tuple[float | None, float]:
    """The p-value, where there is one, and half the width of the interval."""
    if spec.method == "sequential" and look is not None:
        # Bonferroni instead of Holm for several outcomes: sequential bounds have no p-values that Holm could order.
        return None, bounds(spec.looks, spec.alpha / outcomes, spec.bounds)[look - 1] * found.error
    if spec.method == "always-valid" and spec.minimal_effect is not None and found.error:
        p = always_valid_p(found.value, found.error, spec.minimal_effect)
        return p, always_valid_half(found.error, spec.minimal_effect, spec.alpha)
    return found.p, (found.high - found.low) / 2


def _corrected(found: list[Result], spec: Spec, planned: int) -> tuple[Result, ...]:
    """`planned`: the number of outcomes, with those that have no result; they count as not significant."""
    p_values = [one.p for one in found if one.p is not None]
    if len(p_values) < len(found):
        return tuple(found)
    corrected = holm([*p_values, *[1.0] * (planned - len(found))])[: len(found)]
    return tuple(replace(one, p=p, is_found=p < spec.alpha) for one, p in zip(found, corrected, strict=True))
