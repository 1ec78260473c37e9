"""The gates of a comparison: enough people, people who are comparable, and a placebo outcome that does not differ.

An effect has no rival that it could beat: the gates check the comparison, whatever its answer is. Not here: the words in which
a failed gate is explained (effect_words.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from ecom_lake.engine.contracts.gate import Gate, against_threshold
from ecom_lake.shop.delivery_effect.first_deliveries import Exposure, Watched
from ecom_lake.statistics.weighted_effect import Effect, Matched

METHOD = "weighting and outcome model together"
LEAST_PEOPLE, LEAST_BACK = 200, 10
"""Fewest people on either side, and fewest of the unexposed who came back, that can be compared."""
MOST_APART, LEAST_OVERLAP = 0.1, 0.8
"""Greatest standardised difference that counts as alike; smallest share of the exposed who have people like them."""


@dataclass(frozen=True)
class Counts:
    """Enough people to compare."""

    exposed: Gate
    unexposed: Gate
    back: Gate

    @property
    def all(self) -> tuple[Gate, ...]:
        return self.exposed, self.unexposed, self.back


@dataclass(frozen=True)
class Comparability:
    """What the comparison must show before its answer is published."""

    overlap: Gate
    balance: Gate
    placebo: Gate

    @property
    def all(self) -> tuple[Gate, ...]:
        return self.overlap, self.balance, self.placebo


def counts(exposure: Exposure, found: Watched, name: str) -> Counts:
    return Counts(
        against_threshold(METHOD, f"number of {exposure.exposed} ({name})", LEAST_PEOPLE, found.count(True)),
        against_threshold(METHOD, f"number of {exposure.unexposed} ({name})", LEAST_PEOPLE, found.count(False)),
        against_threshold(METHOD, f"number of {exposure.unexposed} who reordered ({name})", LEAST_BACK, found.came_back(False)),
    )


def comparability(found: Matched, back: Effect, placebo: Effect, alpha: float, name: str) -> Comparability:
    overlap = against_threshold(METHOD, f"share of the exposed who are compared ({name})", LEAST_OVERLAP, found.overlap)
    balance = against_threshold(
        METHOD, f"largest standardised difference after weighting ({name})", MOST_APART, found.worst, direction="lower"
    )
    return Comparability(overlap, balance, _placebo_gate(back, placebo, alpha, name))


def _placebo_gate(back: Effect, placebo: Effect, alpha: float, name: str) -> Gate:
    """Either is enough: the placebo outcome does not differ significantly, or too little to explain half of the effect."""
    p_value = against_threshold(METHOD, f"p-value of the placebo outcome ({name})", alpha, placebo.adjusted.p)
    explained = against_threshold(
        METHOD,
        f"difference that the placebo outcome could explain ({name}); half of the effect is the threshold",
        abs(back.adjusted.value) / 2,
        _explained_by(back, placebo),
        direction="lower",
    )
    return p_value if p_value.passes else explained


def _explained_by(back: Effect, placebo: Effect) -> float:
    """How much of coming back what sets people apart could explain, were it all to do with that: the placebo's difference in
    standard deviations. With very many people the smallest difference is significant; this is how much it matters."""
    return abs(placebo.adjusted.value) * _deviation(back.mean_unexposed) / max(_deviation(placebo.mean_unexposed), 1e-9)


def _deviation(share: float) -> float:
    return sqrt(max(share * (1 - share), 0.0))
