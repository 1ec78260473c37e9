"""How far a forecast may be off, told from how far it was off: split-conformal intervals, and how often they held.

The misses of the backtest, step by step, in units of how large sales were just then. The interval of a step is the one that
would have held so many of them, and never narrower than that of a nearer step. Not here: where the misses come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from ecom_lake.shop.forecast.rolling_origin import Backtest
from ecom_lake.shop.forecast.sales_series import Floats, Series, in_cents

SHARES = (0.8, 0.95)


@dataclass(frozen=True)
class Band:
    """NaN where there were too few misses to tell."""

    low: Floats
    high: Floats


def band(forecast: Floats, series: Series, test: Backtest, share: float) -> Band:
    """Around what is forecast now, by all misses that are known."""
    radius: Floats = _radii(relative_misses(test, series), share) * level(series, len(series))
    return Band(in_cents(np.maximum(forecast - radius, 0.0)), in_cents(forecast + radius))


def held(test: Backtest, series: Series, share: float) -> Floats:
    """At each origin that had an interval: the share of periods that came to lie in it. It is made of nothing but the misses
    that were known at the origin, so that this is how often such an interval is to be believed."""
    misses = relative_misses(test, series)
    shares = []
    for row, origin in enumerate(test.origins):
        known = np.where(_when_known(test.origins[:row], misses.shape[1]) <= origin, misses[:row], np.nan)
        radius = _radii(known, share)
        judged = ~np.isnan(radius) & ~np.isnan(misses[row])
        if judged.any():
            shares.append(float((misses[row][judged] <= radius[judged] + 1e-12).mean()))
    return np.array(shares)


def relative_misses(test: Backtest, series: Series) -> Floats:
    levels = np.array([level(series, origin) for origin in test.origins])
    misses: Floats = np.abs(test.error) / levels[:, None]
    return misses


def level(series: Series, known: int) -> float:
    """How large sales were of late; 1 where there were none."""
    of_late = float(series.values[max(known - series.grain.level, 0) : known].mean())
    return of_late if of_late > 0 else 1.0


def _radii(misses: Floats, share: float) -> Floats:
    """For each step the miss that holds the share, the one to come counted among them: of too few there is none."""
    return _rising(np.array([_quantile(misses[:, step], share) for step in range(misses.shape[1])]))


def _rising(radii: Floats) -> Floats:
    """Never falling from step to step: where a later one is less they are levelled out, as is right where chance is at work.
    The greatest yet would be wider with every step that is looked at."""
    blocks: list[tuple[float, int]] = []
    for radius in radii[~np.isnan(radii)]:
        mean, size = float(radius), 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        blocks.append((mean, size))
    levelled = [mean for mean, size in blocks for _ in range(size)]
    return np.array(levelled + [np.nan] * (len(radii) - len(levelled)))


def _quantile(misses: Floats, share: float) -> float:
    known = np.sort(misses[~np.isnan(misses)])
    place = ceil(round((len(known) + 1) * share, 9))
    return float(known[place - 1]) if place <= len(known) else np.nan


def _when_known(origins: Sequence[int], steps: int) -> Floats:
    return np.array(origins, dtype=float)[:, None] + np.arange(1, steps + 1)[None, :]
