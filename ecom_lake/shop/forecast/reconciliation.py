"""Top-down reconciliation: the champion's daily forecasts are scaled to the champion's monthly forecasts.

Month by month, in proportion, to the cent. On real Olist the error is smaller than that of the daily forecasts alone, whichever
method makes them (docs/decisions/0020-proven-horizons.md); the difference in each shop is measured here, at its month ends.
Not here: the champions (contest.py), categories (sales_by_category.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.shop.forecast.contest import Contest
from ecom_lake.shop.forecast.rolling_origin import interval, overlapping
from ecom_lake.shop.forecast.sales_series import Floats, Series
from ecom_lake.shop.forecast.scale_to_total import fitted_to

ERROR = "mean_absolute_error_at_month_ends"


@dataclass(frozen=True)
class Reconciled:
    months: Contest
    days: Contest
    alone: Rival | None
    fitted: Rival | None
    """The mean daily error at month ends: of the daily forecasts alone, and scaled to the months. None with too few months."""

    @property
    def rivals(self) -> list[Rival]:
        return [rival for rival in (self.alone, self.fitted) if rival]


def reconciled(months: Contest, days: Contest, first: int, running: float, seed: int) -> Reconciled:
    """The forecasts with daily values that add up to the months.

    `first` is the first daily step that is scaled, counted from 0. `running` is the sales of the first forecast month before
    that step, where the as-of date lies within it.
    """
    total = months.expected[months.champion].copy()
    total[0] = max(total[0], running)
    remaining = total.copy()
    remaining[0] -= running
    expected = days.expected[days.champion].copy()
    ends = _ends(months.series, len(months.series), len(total), days.series)
    for month, (start, end) in enumerate(ends):
        steps = slice(max(start - len(days.series), first), end - len(days.series))
        expected[steps] = _fitted(remaining[month], expected[steps])
    alone, fitted = _tested(months, days, seed)
    return Reconciled(_with(months, total), _with(days, expected), alone, fitted)


def days_ahead(months: Series, steps: int, days: Series) -> int:
    """The number of days from the last day of `days` to the end of the forecast months."""
    return _ends(months, len(months), steps, days)[-1][1] - len(days)


def _ends(months: Series, origin: int, steps: int, days: Series) -> list[tuple[int, int]]:
    """For each month after the origin: the position of its first day, and of the first day after it."""
    starts = [(months.period(origin + step) - days.first).days for step in range(steps + 1)]
    return list(pairwise(starts))


def _fitted(total: float, days: Floats) -> Floats:
    names = [f"{day:03}" for day in range(len(days))]
    return fitted_to(np.array([total]), days[:, None], np.ones(len(days)), names)[:, 0]


def _with(found: Contest, expected: Floats) -> Contest:
    return replace(found, expected={**found.expected, found.champion: expected})


def _tested(months: Contest, days: Contest, seed: int) -> tuple[Rival | None, Rival | None]:
    method, test = days.methods[days.champion], months.tests[months.champion]
    errors = []
    for row, origin in enumerate(test.origins):
        ends = _ends(months.series, origin, test.forecast.shape[1], days.series)
        known = ends[0][0]
        ends = [(start, end) for start, end in ends if end <= len(days.series)]
        if known < method.least or not ends:
            continue
        actual = days.series.values[known : ends[-1][1]]
        alone = method(days.series.values[:known], len(actual))
        each = [_fitted(test.forecast[row, i], alone[start - known : end - known]) for i, (start, end) in enumerate(ends)]
        errors.append([np.abs(of - actual).mean() for of in (alone, np.concatenate(each))])
    if not errors:
        return None, None
    alone, fitted = np.array(errors).T
    name = days.label(days.champion)
    block = overlapping(months.series.grain, test.forecast.shape[1])
    scaled = f"{name}, scaled to {months.label(months.champion)}"
    return _rival(name, alone, block, seed), _rival(scaled, fitted, block, seed)


def _rival(name: str, each: Floats, block: int, seed: int) -> Rival:
    return Rival(name, ERROR, round(float(each.mean()), 2), *interval(each, block, seed))
