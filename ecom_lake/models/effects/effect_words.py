"""What is said of a comparison, and why one is not published, in sentences with their numbers.

An association is called one, and a difference that cannot be told from none is not called none.
"""

from __future__ import annotations

from math import sqrt

from ecom_lake.models.effects.adjusting import Effect, Matched
from ecom_lake.models.effects.first_deliveries import LATE, Exposure, Watched

LEAST_PEOPLE, LEAST_BACK = 200, 10
"""Fewest people on either side, and fewest of the unexposed who came back, that can be compared."""
MOST_APART, LEAST_OVERLAP = 0.1, 0.8
"""Greatest standardised difference that counts as alike; smallest share of the exposed who have people like them."""

_COMPARED = "Compared are people alike in month, state, seller's state and size, category, price, freight and items"


def too_few(exposure: Exposure, found: Watched, days: int) -> str | None:
    """Why there is nothing to compare."""
    of = {exposure.exposed: found.count(True), exposure.unexposed: found.count(False)}
    for who, n in of.items():
        if n < LEAST_PEOPLE:
            return f"Only {n:,} {who} could be watched for {days} days; with fewer than {LEAST_PEOPLE} nothing is told."
    if found.came_back(False) < LEAST_BACK:
        return (
            f"Only {found.came_back(False):,} {exposure.unexposed} bought again within {days} days;"
            f" with fewer than {LEAST_BACK} nothing is told."
        )
    return None


def not_alike(exposure: Exposure, found: Matched, back: Effect, placebo: Effect, alpha: float) -> str | None:
    """Why the comparison is not to be trusted."""
    who = f"{exposure.exposed[0].upper()}{exposure.exposed[1:]}"
    if found.overlap < LEAST_OVERLAP:
        return f"{who}: for {1 - found.overlap:.0%} of them there is nobody like them to be compared with."
    if found.worst > MOST_APART:
        what = max(found.after, key=lambda name: found.after[name])
        return f"{who} stay unlike those they are compared with ({what}: {found.worst:.2f} standard deviations apart)."
    if placebo.adjusted.p < alpha and _hint(back, placebo) > abs(back.adjusted.value) / 2:
        return (
            f"{who} differ from those they are compared with by {points(placebo.adjusted.value)} in what was settled"
            f" before the delivery (p = {placebo.adjusted.p:.3f}): something unrecorded sets them apart, and may be behind"
            " the rest."
        )
    return None


def _hint(back: Effect, placebo: Effect) -> float:
    """How much of coming back what sets people apart could explain, were it all to do with that: the placebo's difference in
    standard deviations. Among very many people any trifle is significant; this is not how much it matters."""
    return abs(placebo.adjusted.value) * _deviation(back.mean_unexposed) / max(_deviation(placebo.mean_unexposed), 1e-9)


def _deviation(share: float) -> float:
    return sqrt(max(share * (1 - share), 0.0))


def wording(exposure: Exposure, days: int, n: int, found: Effect, smallest: float, power: float) -> str:
    adjusted = found.adjusted
    told = (
        f"Of {n:,} {exposure.exposed}, {found.mean_exposed:.2%} bought again within {days} days;"
        f" of {exposure.unexposed} and are like them, {max(found.mean_unexposed, 0):.2%} did:"
        f" {points(adjusted.value)} (95% interval {points(adjusted.low)} to {points(adjusted.high)})."
    )
    if adjusted.low <= 0 <= adjusted.high:
        verdict = (
            "That cannot be told from no difference, and it is not proof that there is none: with so many people only a"
            f" difference of {smallest * 100:.2f} points or more is found {power:.0%} of the time."
        )
    else:
        verdict = "That is an association: what is not recorded may be behind it."
    compared = f"{_COMPARED}{'' if exposure is LATE else ', and in whether the order came late'}."
    return f"{told} {verdict} {compared}"


def points(difference: float) -> str:
    size = abs(difference) * 100
    return f"{size:.{2 if size >= 0.1 else 4}f} points {'fewer' if difference < 0 else 'more'}"
