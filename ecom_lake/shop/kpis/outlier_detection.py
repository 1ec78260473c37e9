"""Whether a month is an outlier compared with the months before it; robust to growth, seasonality and earlier outliers.

A measure is assessed on a scale on which its noise does not depend on its size (`Scale`). The expected value is the median of the
last months, extrapolated along half their median slope, plus the seasonal deviation of the same month a year before. The usual
deviation is the median error of earlier expectations, but at least that of chance alone, and at least a minimum by scale.
Not here: the measures (anomalies_build.py). docs/decisions/0008-anomalies.md gives the reasons and the measured error rates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import asin, exp, inf, log, pi, sin, sqrt
from statistics import median

LEAST_HISTORY = 6
"""The fewest months before a month that is assessed."""
LIMIT = 5.0
"""A month is an outlier if it deviates from the expectation by more than so many usual deviations."""
_TREND_MONTHS, _ERROR_MONTHS, _YEAR = 6, 24, 12
_TREND_DAMPING = 0.5
_MAD_TO_STANDARD_DEVIATION = 1.4826
_NOISE_OF_THE_EXPECTATION = 1.3
"""Chance moves the expectation too, so that the error of an expectation is larger than that of the value."""


@dataclass(frozen=True)
class Scale:
    """A transformation that stabilizes the variance of a measure, and the smallest usual deviation on that scale."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    least_deviation: float
    least: float = -inf
    """The smallest value on the transformed scale, that of 0."""
    most: float = inf


def _logarithmic(least_deviation: float, offset: float) -> Scale:
    """Relative differences count; `offset` is added so that 0 has a logarithm."""
    return Scale(lambda x: log(x + offset), lambda y: max(exp(y) - offset, 0.0), least_deviation, log(offset))


COUNTS = _logarithmic(0.11, 0.5)
RATIOS = _logarithmic(0.04, 0.01)
AMOUNTS = _logarithmic(0.07, 0.01)
DAYS = _logarithmic(0.08, 1.0)
QUIET_DAYS = _logarithmic(0.35, 1.0)
SHARES = Scale(lambda p: asin(sqrt(p)), lambda y: sin(min(max(y, 0.0), pi / 2)) ** 2, 0.02, 0.0, pi / 2)
"""The standard error of a share of n rows is 1 / (2 √n) on this scale, whatever the share."""


@dataclass(frozen=True)
class Assessment:
    expected: float
    low: float
    high: float
    score: float

    @property
    def is_outlier(self) -> bool:
        return abs(self.score) > LIMIT


def assess(values: Sequence[float | None], standard_errors: Sequence[float], scale: Scale) -> list[Assessment | None]:
    """Each month compared with those before it; None where they are too few, or the value is None.

    `standard_errors` are those of chance alone, on the transformed scale.
    """
    transformed = [None if value is None else scale.to(value) for value in values]
    assessments: list[Assessment | None] = []
    errors: list[float | None] = []
    for now, value in enumerate(transformed):
        extrapolated = _expected(transformed[:now], errors)
        if value is None or extrapolated is None:
            assessments.append(None)
            errors.append(None)
            continue
        expected = min(max(extrapolated, scale.least), scale.most)
        deviation = max(scale.least_deviation, _NOISE_OF_THE_EXPECTATION * standard_errors[now], _usual_error(errors))
        low, high = scale.back(expected - LIMIT * deviation), scale.back(expected + LIMIT * deviation)
        assessments.append(Assessment(scale.back(expected), low, high, (value - expected) / deviation))
        errors.append(value - expected)
    return assessments


def _expected(before: Sequence[float | None], errors: Sequence[float | None]) -> float | None:
    known = [(month, value) for month, value in enumerate(before) if value is not None]
    if len(known) < LEAST_HISTORY:
        return None
    last = known[-_TREND_MONTHS:]
    slope = median((later - earlier) / (b - a) for i, (b, later) in enumerate(last) for a, earlier in last[:i])
    ahead = len(before) - median(month for month, _ in last)
    return median(value for _, value in last) + _TREND_DAMPING * slope * ahead + _seasonal(errors)


def _seasonal(errors: Sequence[float | None]) -> float:
    """The error of the same month a year before, less the usual error."""
    if len(errors) < _YEAR or (year_before := errors[-_YEAR]) is None:
        return 0.0
    excess = max(abs(year_before) - _usual_error(errors), 0.0)
    return excess if year_before > 0 else -excess


def _usual_error(errors: Sequence[float | None]) -> float:
    recent = [abs(error) for error in errors[-_ERROR_MONTHS:] if error is not None]
    return _MAD_TO_STANDARD_DEVIATION * median(recent) if len(recent) >= LEAST_HISTORY else 0.0
