"""The sentences about a comparison: its result, or why it is not published, with the numbers.

An association is called an association, and a difference that is not significant is not called zero.
"""

from __future__ import annotations

from ecom_lake.shop.delivery_effect.first_deliveries import LATE, Exposure, Observed
from ecom_lake.shop.delivery_effect.gates import LEAST_PEOPLE, LEAST_REORDERED, Comparability, Counts
from ecom_lake.statistics.weighted_effect import Effect, Matched

_ADJUSTED_FOR = "Adjusted for month, state, the seller's state and size, category, price, freight and number of items"


def too_few(exposure: Exposure, found: Observed, days: int, gates: Counts) -> str | None:
    """The reason where there are too few customers to compare."""
    for group, n, gate in (
        (exposure.exposed, found.count(True), gates.exposed),
        (exposure.unexposed, found.count(False), gates.unexposed),
    ):
        if not gate.passes:
            return f"Only {n:,} {group} were observed for {days} days; at least {LEAST_PEOPLE} are required."
    if not gates.reordered.passes:
        return (
            f"Only {found.count_reordered(False):,} {exposure.unexposed} ordered again within {days} days;"
            f" at least {LEAST_REORDERED} are required."
        )
    return None


def not_comparable(exposure: Exposure, found: Matched, placebo: Effect, gates: Comparability) -> str | None:
    """The reason where the two groups cannot be compared."""
    group = f"{exposure.exposed[0].upper()}{exposure.exposed[1:]}"
    if not gates.overlap.passes:
        return f"{group}: {1 - found.overlap:.0%} of them have no comparable customers in the other group."
    if not gates.balance.passes:
        worst = max(found.after, key=lambda name: found.after[name], default="nothing")
        return f"{group} still differ from the comparison group after weighting ({worst}: {found.worst:.2f} standard deviations)."
    if not gates.placebo.passes:
        return (
            f"A characteristic that was settled before the delivery is {points(placebo.adjusted.value)} among"
            f" {exposure.exposed} than in the comparison group (p = {placebo.adjusted.p:.3f}). An unrecorded difference between"
            " the groups may explain the whole result."
        )
    return None


def wording(exposure: Exposure, days: int, n: int, found: Effect, smallest: float, power: float) -> str:
    adjusted = found.adjusted
    result = (
        f"{found.mean_exposed:.2%} of {n:,} {exposure.exposed} ordered again within {days} days, compared with"
        f" {max(found.mean_unexposed, 0):.2%} of similar {exposure.unexposed}:"
        f" {points(adjusted.value)} (95% interval {points(adjusted.low)} to {points(adjusted.high)})."
    )
    if adjusted.low <= 0 <= adjusted.high:
        verdict = (
            "The difference is not significant, which does not prove that there is none: with this many customers, a difference"
            f" of {smallest * 100:.2f} percentage points or more is detected with {power:.0%} power."
        )
    else:
        verdict = "This is an association; unrecorded differences between the customers may explain it."
    return f"{result} {verdict} {_ADJUSTED_FOR}{'' if exposure is LATE else ', and for late delivery'}."


def points(difference: float) -> str:
    size = abs(difference) * 100
    return f"{size:.{2 if size >= 0.1 else 4}f} percentage points {'lower' if difference < 0 else 'higher'}"
