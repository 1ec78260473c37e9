"""Does a month stand out from the ones before it? One measure at a time; robust to growth, season and earlier outliers.

A measure is judged on a scale on which its noise does not depend on its size (`Scale`). What is expected is the median of the
last months, carried on along half their median slope, and what the same month of the year before had beyond its own
expectation. What is usual is how far earlier expectations were off, but never less than chance alone or a least amount.
Not here: what is measured (anomalies.py). docs/decisions/0008-anomalies.md says why, and how often it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import asin, exp, log, pi, sin, sqrt
from statistics import median

LEAST_HISTORY = 6
"""Months that must lie before one that is judged."""
LIMIT = 5.0
"""What lies further from the expectation than so many times the usual stands out."""
_TREND_MONTHS, _USUAL_MONTHS, _YEAR = 6, 24, 12
_CARRIED_ON = 0.5
_TO_DEVIATION = 1.4826
_EXPECTATION_IS_NOISY_TOO = 1.3


@dataclass(frozen=True)
class Scale:
    """How a measure is stretched before it is judged, and the least that counts as usual there."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    usual: float


def _amounts(usual: float, zero: float) -> Scale:
    """Proportions count; `zero` is what nothing at all is taken for."""
    return Scale(lambda x: log(x + zero), lambda y: max(exp(y) - zero, 0.0), usual)


COUNTS = _amounts(0.11, 0.5)
RATIOS = _amounts(0.04, 0.01)
AMOUNTS = _amounts(0.07, 0.01)
DAYS = _amounts(0.08, 1.0)
QUIET_DAYS = _amounts(0.35, 1.0)
SHARES = Scale(lambda p: asin(sqrt(p)), lambda y: sin(min(max(y, 0.0), pi / 2)) ** 2, 0.02)
"""On which the deviation of a share of n rows is 1 / (2 √n), whatever the share."""


@dataclass(frozen=True)
class Judged:
    expected: float
    low: float
    high: float
    score: float

    @property
    def stands_out(self) -> bool:
        return abs(self.score) > LIMIT


def judge(values: Sequence[float | None], chance: Sequence[float], scale: Scale) -> list[Judged | None]:
    """Each month held against those before it; None where they are too few. `chance` is the deviation that chance alone gives
    each value, on the stretched scale. A value that is not known is None."""
    stretched = [None if value is None else scale.to(value) for value in values]
    judged: list[Judged | None] = []
    missed: list[float | None] = []
    for now, found in enumerate(stretched):
        expected = _expected(stretched[:now], missed)
        if found is None or expected is None:
            judged.append(None)
            missed.append(None)
            continue
        usual = max(scale.usual, _EXPECTATION_IS_NOISY_TOO * chance[now], _usually_missed_by(missed))
        far = LIMIT * usual
        low, high = scale.back(expected - far), scale.back(expected + far)
        judged.append(Judged(scale.back(expected), low, high, (found - expected) / usual))
        missed.append(found - expected)
    return judged


def _expected(before: Sequence[float | None], missed: Sequence[float | None]) -> float | None:
    known = [(month, value) for month, value in enumerate(before) if value is not None]
    if len(known) < LEAST_HISTORY:
        return None
    last = known[-_TREND_MONTHS:]
    slope = median((later - earlier) / (b - a) for i, (b, later) in enumerate(last) for a, earlier in last[:i])
    ahead = len(before) - median(month for month, _ in last)
    return median(value for _, value in last) + _CARRIED_ON * slope * ahead + _season(missed)


def _season(missed: Sequence[float | None]) -> float:
    """What the same month of the year before had beyond its expectation, less what is usual anyway."""
    if len(missed) < _YEAR or (then := missed[-_YEAR]) is None:
        return 0.0
    beyond = max(abs(then) - _usually_missed_by(missed), 0.0)
    return beyond if then > 0 else -beyond


def _usually_missed_by(missed: Sequence[float | None]) -> float:
    lately = [abs(miss) for miss in missed[-_USUAL_MONTHS:] if miss is not None]
    return _TO_DEVIATION * median(lately) if len(lately) >= LEAST_HISTORY else 0.0
