"""What is said of a comparison, and why one is not published, in sentences with their numbers.

An association is called one, and a difference that cannot be told from none is not called none.
"""

from __future__ import annotations

from ecom_lake.shop.delivery_effect.first_deliveries import LATE, Exposure, Watched
from ecom_lake.shop.delivery_effect.gates import LEAST_BACK, LEAST_PEOPLE, Comparability, Counts
from ecom_lake.statistics.weighted_effect import Effect, Matched

_COMPARED = "Compared are people alike in month, state, seller's state and size, category, price, freight and items"


def too_few(exposure: Exposure, found: Watched, days: int, gates: Counts) -> str | None:
    """Why there is nothing to compare."""
    for who, n, gate in (
        (exposure.exposed, found.count(True), gates.exposed),
        (exposure.unexposed, found.count(False), gates.unexposed),
    ):
        if not gate.passes:
            return f"Only {n:,} {who} could be watched for {days} days; with fewer than {LEAST_PEOPLE} nothing is told."
    if not gates.back.passes:
        return (
            f"Only {found.came_back(False):,} {exposure.unexposed} bought again within {days} days;"
            f" with fewer than {LEAST_BACK} nothing is told."
        )
    return None


def not_alike(exposure: Exposure, found: Matched, placebo: Effect, gates: Comparability) -> str | None:
    """Why the comparison is not to be trusted."""
    who = f"{exposure.exposed[0].upper()}{exposure.exposed[1:]}"
    if not gates.overlap.passes:
        return f"{who}: for {1 - found.overlap:.0%} of them there is nobody like them to be compared with."
    if not gates.balance.passes:
        what = max(found.after, key=lambda name: found.after[name], default="nothing")
        return f"{who} stay unlike those they are compared with ({what}: {found.worst:.2f} standard deviations apart)."
    if not gates.placebo.passes:
        return (
            f"{who} differ from those they are compared with by {points(placebo.adjusted.value)} in what was settled"
            f" before the delivery (p = {placebo.adjusted.p:.3f}): something unrecorded sets them apart, and may be behind"
            " the rest."
        )
    return None


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
