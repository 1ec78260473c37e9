"""The contest of the methods on one series: who takes part, how each did, who is champion, and what it lets expect.

Not here: methods, errors and intervals themselves (forecasters.py, rolling_origin.py, conformal.py); series of parts
(sales_by_category.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.models.fitted import Rival
from ecom_lake.models.forecasting.conformal import SHARES, Band, band, held
from ecom_lake.models.forecasting.forecasters import BASELINES, NAIVE, Method
from ecom_lake.models.forecasting.rolling_origin import (
    Backtest,
    champion,
    common_origins,
    interval,
    mape,
    mase,
    roll,
    scaled_errors,
    takes_part,
)
from ecom_lake.models.forecasting.sales_series import Floats, Series

MASE, AGAINST_NAIVE = "mase", "mase_against_naive"


@dataclass(frozen=True)
class Contest:
    series: Series
    methods: Mapping[str, Method]
    tests: Mapping[str, Backtest]
    expected: Mapping[str, Floats]
    """What each method lets expect now."""
    origins: tuple[int, ...]
    """Where all were tested: of these they are judged."""
    scores: Mapping[str, float | None]
    champion: str

    @property
    def is_won(self) -> bool:
        """By more than a naive guess."""
        return self.champion not in BASELINES

    @property
    def gain(self) -> float:
        """By how much the champion missed less than the naive guess did, as a share of that."""
        naive, best = self.scores[NAIVE], self.scores[self.champion]
        return 1 - best / naive if naive and best is not None else 0.0

    def label(self, method: str) -> str:
        return f"{method} by {self.series.grain.name}"

    def bands(self, method: str) -> list[Band]:
        return [band(self.expected[method], self.series, self.tests[method], share) for share in SHARES]

    def rivals(self, seed: int) -> list[Rival]:
        return [rival for method in self.tests for rival in self._measures(method, seed)]

    def score(self, method: str, seed: int) -> Rival:
        return Rival(self.label(method), MASE, self.scores[method], *interval(self._each(method), seed))

    def against_naive(self, method: str, seed: int) -> Rival:
        """Below nought where the method missed less; the interval is of the difference, origin by origin."""
        score, yardstick = self.scores[method], self.scores[NAIVE]
        lead = None if score is None or yardstick is None else round(score - yardstick, 6)
        return Rival(self.label(method), AGAINST_NAIVE, lead, *interval(self._each(method) - self._each(NAIVE), seed))

    def _each(self, method: str) -> Floats:
        return scaled_errors(self.tests[method].at(self.origins), self.series)

    def _measures(self, method: str, seed: int) -> list[Rival]:
        off = Rival(self.label(method), "mape", mape(self.tests[method].at(self.origins)))
        lead = [] if method == NAIVE else [self.against_naive(method, seed)]
        return [self.score(method, seed), off, *lead, *coverages(self.label(method), self.tests[method], self.series, seed)]


def coverages(name: str, test: Backtest, series: Series, seed: int) -> list[Rival]:
    """How often the intervals held what came; none where none could be made."""
    measured = []
    for share in SHARES:
        each = held(test, series, share)
        value = round(float(each.mean()), 6) if len(each) else None
        measured.append(Rival(name, f"coverage_{round(100 * share)}", value, *interval(each, seed)))
    return measured


def contest(series: Series, methods: Sequence[Method], steps: int, kept: str | None) -> Contest:
    """`kept` was champion before, and stays it while it does no worse than the naive guess."""
    taking_part = {method.name: method for method in methods if takes_part(series, method)}
    tests = {name: roll(series, method, steps) for name, method in taking_part.items()}
    origins = common_origins(tests)
    scores = {name: mase(test.at(origins), series) for name, test in tests.items()}
    best = kept if kept in scores and _holds(scores[kept], scores[NAIVE]) else champion(scores)
    expected = {name: method(series.values, steps) for name, method in taking_part.items()}
    return Contest(series, taking_part, tests, expected, origins, scores, best)


def _holds(score: float | None, naive: float | None) -> bool:
    return (np.inf if score is None else score) <= (np.inf if naive is None else naive)
