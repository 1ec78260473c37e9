"""Forecasts of parts, scaled to the forecast of their total, to the cent.

All parts are scaled by the same factor, so that the mix is that of the parts and the sum is the total. The rounding difference
goes to the largest part, the first of equals by name. Not here: the forecasts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecom_lake.shop.forecast.sales_series import Floats

_EPSILON = 1e-6
"""In cents: floating-point error must not push a whole number of cents below itself."""


def fitted_to(whole: Floats, parts: Floats, usual: Floats, names: Sequence[str]) -> Floats:
    """`parts` has a row per part and a column per step; `usual` gives their proportions where all of them are 0."""
    cents = np.round(whole * 100)
    shares = np.where(parts.sum(axis=0) > 0, parts, np.maximum(usual if usual.sum() > 0 else np.ones(len(names)), 0)[:, None])
    # Rounded down, so that the rounding difference is never negative, and the largest part stays the largest.
    scaled = np.floor(cents * shares / shares.sum(axis=0) + _EPSILON)
    for step in range(scaled.shape[1]):
        largest = min(range(len(names)), key=lambda part: (-scaled[part, step], names[part]))
        scaled[largest, step] += cents[step] - scaled[:, step].sum()
    fitted: Floats = np.round(scaled / 100, 2)
    return fitted
