"""Forecasts of parts, fitted to the forecast of the whole, to the cent.

Each part is stretched alike, so that the mix is the parts' own and the size is the whole's; what the rounding leaves goes to the
largest part, of equals the first by name. Not here: the forecasts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecom_lake.shop.forecast.sales_series import Floats

_HAIR = 1e-6
"""Of a cent: a share that is a whole number of cents must not fall below it by what floats leave out."""


def fitted_to(whole: Floats, parts: Floats, usual: Floats, names: Sequence[str]) -> Floats:
    """`parts` has a row for each part and a column for each step; `usual` says how large they are where none expects anything."""
    cents = np.round(whole * 100)
    shares = np.where(parts.sum(axis=0) > 0, parts, np.maximum(usual if usual.sum() > 0 else np.ones(len(names)), 0)[:, None])
    # Rounded down, so that what is left is never less than nothing, nor the largest part.
    stretched = np.floor(cents * shares / shares.sum(axis=0) + _HAIR)
    for step in range(stretched.shape[1]):
        largest = min(range(len(names)), key=lambda part: (-stretched[part, step], names[part]))
        stretched[largest, step] += cents[step] - stretched[:, step].sum()
    fitted: Floats = np.round(stretched / 100, 2)
    return fitted
