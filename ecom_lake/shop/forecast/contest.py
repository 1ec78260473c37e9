"""The comparison of methods on one series: the methods that take part, their backtests and scores, the champion, the forecasts.

Not here: the methods (methods.py), errors and origins (rolling_origin.py), prediction intervals (prediction_intervals.py), and
categories (sales_by_category.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.engine.contracts.gate import Gate
from ecom_lake.shop.forecast.methods import BASELINES, NAIVE, Method
from ecom_lake.shop.forecast.prediction_intervals import SHARES, Band, band, held
from ecom_lake.shop.forecast.rolling_origin import (
    Backtest,
    champion,
    common_origins,
    interval,
    mape,
    mase,
    overlapping,
    roll,
    scaled_errors,
    takes_part,
)
from ecom_lake.shop.forecast.sales_series import Floats, Series

MASE, AGAINST_NAIVE = "mase", "mase_against_naive"


@dataclass(frozen=True)
class Contest:
    series: Series
    methods: Mapping[str, Method]
    tests: Mapping[str, Backtest]
    expected: Mapping[str, Floats]
    """The current forecast of each method."""
    origins: tuple[int, ...]
    """Of the backtest; all methods are tested and scored at the same origins."""
    scores: Mapping[str, float | None]
    champion: str

    @property
    def is_won(self) -> bool:
        """Whether the champion is better than a naive forecast."""
        return self.champion not in BASELINES

    @property
    def gain(self) -> float:
        """The relative reduction of the error compared with the naive forecast."""
        naive, best = self.scores[NAIVE], self.scores[self.champion]
        return 1 - best / naive if naive and best is not None else 0.0

    def label(self, method: str) -> str:
        return f"{method} by {self.series.grain.name}"

    def bands(self, method: str) -> list[Band]:
        return [band(self.expected[method], self.series, self.tests[method], share) for share in SHARES]

    def rivals(self, seed: int) -> list[Rival]:
        return [rival for method in self.tests for rival in self._measures(method, seed)]

    def score(self, method: str, seed: int) -> Rival:
        return Rival(self.label(method), MASE, self.scores[method], *self._interval(self._each(method), seed))

    def against_naive(self, method: str, seed: int) -> Rival:
        """The difference of the scores, negative where the method is better; its interval is of the paired differences, and
        None where too few origins have forecasts that share no period."""
        score, naive = self.scores[method], self.scores[NAIVE]
        lead = None if score is None or naive is None else round(score - naive, 6)
        return Rival(self.label(method), AGAINST_NAIVE, lead, *self._interval(self._each(method) - self._each(NAIVE), seed))

    def gate(self, seed: int) -> Gate:
        """A champion that is itself naive is its own rival, so that it does not pass."""
        rival = NAIVE if self.is_won else self.champion
        best, lead = self.score(self.champion, seed), self.against_naive(self.champion, seed)
        return Gate(
            candidate=self.champion,
            metric=MASE,
            direction="lower",
            requirement="better",
            value=best.value,
            low=best.low,
            high=best.high,
            rival=rival,
            rival_value=self.scores[rival],
            difference_low=lead.low if self.is_won else 0.0,
            difference_high=lead.high if self.is_won else 0.0,
        )

    def _interval(self, each: Floats, seed: int) -> tuple[float, float] | tuple[None, None]:
        return interval(each, overlapping(self.series.grain, len(self.expected[self.champion])), seed)

    def _each(self, method: str) -> Floats:
        return scaled_errors(self.tests[method].at(self.origins), self.series)

    def _measures(self, method: str, seed: int) -> list[Rival]:
        relative_error = Rival(self.label(method), "mape", mape(self.tests[method].at(self.origins)))
        lead = [] if method == NAIVE else [self.against_naive(method, seed)]
        return [
            self.score(method, seed),
            relative_error,
            *lead,
            *coverages(self.label(method), self.tests[method], self.series, seed),
        ]


def coverages(name: str, test: Backtest, series: Series, seed: int) -> list[Rival]:
    """How often the prediction intervals contained the actual value; None where there were no intervals."""
    measured = []
    for share in SHARES:
        each = held(test, series, share)
        value = round(float(each.mean()), 6) if len(each) else None
        block = overlapping(series.grain, test.forecast.shape[1])
        measured.append(Rival(name, f"coverage_{round(100 * share)}", value, *interval(each, block, seed)))
    return measured


def contest(series: Series, methods: Sequence[Method], steps: int, kept: str | None) -> Contest:
    """`kept` is the previous champion. It stays champion while it beats the naive forecast; a naive one, while it is no worse."""
    taking_part = {method.name: method for method in methods if takes_part(series, method)}
    tests = {name: roll(series, method, steps) for name, method in taking_part.items()}
    origins = common_origins(tests)
    scores = {name: mase(test.at(origins), series) for name, test in tests.items()}
    best = kept if kept in scores and _stays_champion(kept, scores) else champion(scores)
    expected = {name: method(series.values, steps) for name, method in taking_part.items()}
    return Contest(series, taking_part, tests, expected, origins, scores, best)


def _stays_champion(kept: str, scores: Mapping[str, float | None]) -> bool:
    score, naive = scores[kept], scores[NAIVE]
    if score is None or naive is None:
        return kept == NAIVE
    return score <= naive if kept in BASELINES else score < naive
