"""Does a number say something, or could it be chance? Shares against shares, counts against counts, with their intervals.

Not here: the correction for having asked often (significance.py), and what is asked (insight_rules/).
"""

from __future__ import annotations

import math

_Z95 = 1.959963984540054


def share_against_share(hits: int, trials: int, rest_hits: int, rest_trials: int) -> float | None:
    """Two-sided p-value that both come from one share (pooled z-test); None where either has no trials or nothing varies."""
    if not trials or not rest_trials:
        return None
    pooled = (hits + rest_hits) / (trials + rest_trials)
    error = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / rest_trials))
    return both_tails((hits / trials - rest_hits / rest_trials) / error) if error else None


def count_against_count(events: int, before: int) -> float | None:
    """Two-sided p-value that both come at one rate: given their sum, each event falls on either side alike."""
    return both_tails((events - before) / math.sqrt(events + before)) if events + before else None


def share_interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval: right for few hits too."""
    centre, z2 = hits / trials, _Z95**2
    middle = (centre + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * math.sqrt(centre * (1 - centre) / trials + z2 / (4 * trials**2))
    return max(0.0, min(middle - half, centre)), min(1.0, max(middle + half, centre))


def both_tails(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
