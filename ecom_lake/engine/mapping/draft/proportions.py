"""Amounts that are a fixed share of others: tax of a net amount, and a price with tax of the price without it.

Here: which of two columns contains the tax, and which is reduced by a discount. Not here: sums and products (arithmetic.py).
"""

from __future__ import annotations

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats

_ROUNDING = 0.0151
_NEARLY_ALL = 0.98
_LEAST_ROWS = 8
_LOWEST_TAX, _HIGHEST_TAX = 0.02, 0.3
_SELDOM = 0.01


def is_share_of(part: Floats, whole: Floats) -> bool:
    """Whether `part` is one fixed share of `whole` in nearly all rows, to the cent."""
    share = _share(part, whole)
    return share is not None and share > 0


def contains_tax_of(amount: Floats, other: Floats) -> bool:
    """Whether `amount` is `other` and a fixed share of it, as high as a tax."""
    return (share := _share(amount, other)) is not None and _LOWEST_TAX <= share - 1 <= _HIGHEST_TAX


def is_reduced(amount: Floats, other: Floats) -> bool:
    """Whether `amount` is `other` in some rows and less in others, but never more: a price after a discount."""
    known = ~np.isnan(amount) & ~np.isnan(other)
    if known.sum() < _LEAST_ROWS:
        return False
    less, more = is_below(amount[known], other[known]), is_below(other[known], amount[known])
    return bool(_SELDOM <= less.mean() < 1 - _SELDOM and more.mean() <= 1 - _NEARLY_ALL)


def is_below(amount: Floats, other: Floats) -> Flags:
    """The rows in which `amount` is less than `other`, by more than rounding; none in which one of them is unknown."""
    return amount < other - _ROUNDING


def _share(part: Floats, whole: Floats) -> float | None:
    known = ~np.isnan(part) & ~np.isnan(whole) & (whole != 0)
    if known.sum() < _LEAST_ROWS or not part[known].any():
        return None
    share = float(np.median(part[known] / whole[known]))
    fits = np.abs(part[known] - share * whole[known]) <= _ROUNDING + 1e-4 * np.abs(whole[known])
    return share if fits.mean() >= _NEARLY_ALL else None
