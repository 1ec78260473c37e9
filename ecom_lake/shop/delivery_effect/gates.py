"""The gates of a comparison: enough customers, comparable customers, and a placebo outcome without a difference.

An effect has no rival that it could beat: the gates check the comparison, whatever its result is. Not here: the sentences that
explain a failed gate (wording.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from ecom_lake.engine.contracts.gate import Gate, against_threshold
from ecom_lake.shop.delivery_effect.first_deliveries import Exposure, Observed
from ecom_lake.statistics.weighted_effect import Effect, Matched

METHOD = "weighting and outcome model together"
LEAST_PEOPLE, LEAST_REORDERED = 200, 10
"""The fewest customers in either group, and the fewest of the unexposed who ordered again, that can be compared."""
MOST_IMBALANCE, LEAST_OVERLAP = 0.1, 0.8
"""The largest standardised difference of comparable groups; the smallest share of the exposed with comparable customers."""


@dataclass(frozen=True)
class Counts:
    """Enough customers to compare."""

    exposed: Gate
    unexposed: Gate
    reordered: Gate

    @property
    def all(self) -> tuple[Gate, ...]:
        return self.exposed, self.unexposed, self.reordered


@dataclass(frozen=True)
class Comparability:
    """The requirements that a comparison must meet before its result is published."""

    overlap: Gate
    balance: Gate
    placebo: Gate

    @property
    def all(self) -> tuple[Gate, ...]:
        return self.overlap, self.balance, self.placebo


def counts(exposure: Exposure, found: Observed, name: str) -> Counts:
    def at_least(threshold: int, group: str, count: int) -> Gate:
        return against_threshold(METHOD, f"number of {group} ({name})", threshold, count)

    return Counts(
        at_least(LEAST_PEOPLE, exposure.exposed, found.count(True)),
        at_least(LEAST_PEOPLE, exposure.unexposed, found.count(False)),
        at_least(LEAST_REORDERED, f"{exposure.unexposed} who ordered again", found.count_reordered(False)),
    )


def comparability(found: Matched, reorders: Effect, placebo: Effect, alpha: float, name: str) -> Comparability:
    overlap = against_threshold(METHOD, f"share of the exposed who are compared ({name})", LEAST_OVERLAP, found.overlap)
    balance = against_threshold(
        METHOD, f"largest standardised difference after weighting ({name})", MOST_IMBALANCE, found.worst, direction="lower"
    )
    return Comparability(overlap, balance, _placebo_gate(reorders, placebo, alpha, name))


def _placebo_gate(reorders: Effect, placebo: Effect, alpha: float, name: str) -> Gate:
    """Either is enough: the placebo outcome does not differ significantly, or too little to explain half of the effect."""
    p_value = against_threshold(METHOD, f"p-value of the placebo outcome ({name})", alpha, placebo.adjusted.p)
    explained = against_threshold(
        METHOD,
        f"difference that the placebo outcome could explain ({name}); half of the effect is the threshold",
        abs(reorders.adjusted.value) / 2,
        _explained_by(reorders, placebo),
        direction="lower",
    )
    return p_value if p_value.passes else explained


def _explained_by(reorders: Effect, placebo: Effect) -> float:
    """The largest difference of the outcome that hidden differences of the placebo's size, in standard deviations, can explain.

    With many customers even a negligible placebo difference is significant; this measures whether it matters.
    """
    return abs(placebo.adjusted.value) * _deviation(reorders.mean_unexposed) / max(_deviation(placebo.mean_unexposed), 1e-9)


def _deviation(share: float) -> float:
    return sqrt(max(share * (1 - share), 0.0))
