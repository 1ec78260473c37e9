"""Corrections of p-values for multiple testing: Holm, Benjamini and Hochberg, and Benjamini and Bogomolov for families.

Not here: the tests (fisher_exact.py, two_sample_tests.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from ecom_lake.statistics.arrays import Floats

Family = TypeVar("Family", bound=Hashable)


def holm(p_values: Sequence[float]) -> list[float]:
    """The smallest p-value times the number of tests, the next times one fewer, and never less than the one before."""
    order = sorted(range(len(p_values)), key=lambda i: (p_values[i], i))
    adjusted, previous = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        previous = max(previous, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = previous
    return adjusted


def benjamini_hochberg(p: Floats, tests: int | None = None) -> Floats:
    """Each p-value as the smallest false discovery rate at which its hypothesis is rejected.

    `tests` is the size of the family where it exceeds len(p): the p-values that are not given count as 1.
    """
    order = np.argsort(-p, kind="stable")
    factors = (len(p) if tests is None else tests) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(np.minimum(p[order] * factors, 1))
    return adjusted


def by_family(families: Mapping[Family, Sequence[float]], alpha: float) -> dict[Family, list[float]]:
    """p-values corrected in two steps (Benjamini and Bogomolov): first families are selected, then hypotheses within them.

    A family of hundreds of tests does not hide a family of one. Of R selected families among m, a hypothesis is rejected at
    alpha · R / m within its own family; a family that is not selected has no p-value at or below alpha.
    """
    adjusted = {family: benjamini_hochberg(np.array(p)) for family, p in families.items() if len(p)}
    across = benjamini_hochberg(np.array([within.min() for within in adjusted.values()])) if adjusted else np.array([])
    selected = int((across <= alpha).sum())
    corrected: dict[Family, list[float]] = {family: [] for family in families}
    for (family, within), of_family in zip(adjusted.items(), across, strict=True):
        scaled = np.minimum(within * len(adjusted) / max(selected, 1), 1.0)
        corrected[family] = [float(p) for p in (scaled if of_family <= alpha else np.maximum(scaled, of_family))]
    return corrected
