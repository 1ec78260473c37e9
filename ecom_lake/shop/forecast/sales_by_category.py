"""The forecast by category: one method for all categories, scaled to the forecast of the total.

A champion for each category is worse, because there are too few months to distinguish methods (docs/decisions/0013-forecast.md).
One of the methods is the category's recent share of the total. Not here: the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.shop.forecast.contest import MASE, Contest
from ecom_lake.shop.forecast.methods import SHARE, Method, simple_methods
from ecom_lake.shop.forecast.prediction_intervals import held
from ecom_lake.shop.forecast.rolling_origin import (
    Backtest,
    actual_after,
    champion,
    common_origins,
    interval,
    mase,
    overlapping,
    scaled_errors,
    takes_part,
)
from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, Series
from ecom_lake.shop.forecast.scale_to_total import fitted_to


@dataclass(frozen=True)
class Categories:
    method: str
    series: tuple[Series, ...]
    forecast: Floats
    """A row per category, a column per step; to the cent, the rows add up to the forecast of the total."""
    tests: tuple[Backtest, ...]
    rivals: tuple[Rival, ...]


def by_category(categories: Sequence[Series], total: Contest, kept: str | None, seed: int) -> Categories | None:
    """None where the shop has fewer than two categories."""
    if len(categories) < 2:
        return None
    methods = {method.name: method for method in _methods() if all(takes_part(series, method) for series in categories)}
    tests = {name: _tests(categories, method, total) for name, method in methods.items()}
    origins = common_origins({name: of[0] for name, of in tests.items()})
    compared = {name: tuple(test.at(origins) for test in of) for name, of in tests.items()}
    scores = {name: _mean_mase(categories, of) for name, of in compared.items()}
    best = kept if kept in methods else champion(scores)
    forecast = _fitted(categories, methods[best], len(total.series), total.expected[total.champion])
    rivals = (*_scores(categories, compared, scores, seed), *_coverage(categories, best, tests[best], seed))
    return Categories(best, tuple(categories), forecast, tests[best], rivals)


def _methods() -> tuple[Method, ...]:
    share = Method(SHARE, MONTHS.level, lambda sold, steps: np.full(steps, sold[-MONTHS.level :].mean()))
    return (*simple_methods(), share)


def _tests(categories: Sequence[Series], method: Method, total: Contest) -> tuple[Backtest, ...]:
    tested = total.tests[total.champion]
    origins = [origin for origin in tested.origins if origin >= method.least]
    wholes = tested.at(origins).forecast
    made = [_fitted(categories, method, origin, np.nan_to_num(whole)) for origin, whole in zip(origins, wholes, strict=True)]
    tests = []
    for row, series in enumerate(categories):
        actual = actual_after(series, origins, wholes.shape[1])
        forecast = np.array([fitted[row] for fitted in made]).reshape(actual.shape)
        tests.append(Backtest(tuple(origins), np.where(np.isnan(actual), np.nan, forecast), actual))
    return tuple(tests)


def _fitted(categories: Sequence[Series], method: Method, known: int, whole: Floats) -> Floats:
    parts = np.array([method(series.values[:known], len(whole)) for series in categories])
    recent = np.array([series.values[:known][-MONTHS.level :].sum() for series in categories])
    return fitted_to(whole, parts, recent, [series.name for series in categories])


def _mean_mase(categories: Sequence[Series], tests: Sequence[Backtest]) -> float | None:
    known = [score for series, test in zip(categories, tests, strict=True) if (score := mase(test, series)) is not None]
    return round(float(np.mean(known)), 6) if known else None


def _scores(
    categories: Sequence[Series], tests: dict[str, tuple[Backtest, ...]], scores: dict[str, float | None], seed: int
) -> list[Rival]:
    rivals = []
    for name, of in tests.items():
        each = np.mean([scaled_errors(test, series) for series, test in zip(categories, of, strict=True)], axis=0)
        rivals.append(Rival(_label(name), MASE, scores[name], *interval(each, _block(of), seed)))
    return rivals


def _coverage(categories: Sequence[Series], method: str, tests: Sequence[Backtest], seed: int) -> list[Rival]:
    made = []
    for share, metric in ((0.8, "coverage_80"), (0.95, "coverage_95")):
        each = np.mean([held(test, series, share) for series, test in zip(categories, tests, strict=True)], axis=0)
        value = round(float(each.mean()), 6) if len(each) else None
        made.append(Rival(_label(method), metric, value, *interval(each, _block(tests), seed)))
    return made


def _block(tests: Sequence[Backtest]) -> int:
    return overlapping(MONTHS, tests[0].forecast.shape[1])


def _label(method: str) -> str:
    return f"{method} by category"
