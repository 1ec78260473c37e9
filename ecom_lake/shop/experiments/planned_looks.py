"""The planned looks of an experiment: how many participants each of them has, and which look a number of participants is at.

Sizes are participants of the smaller arm. An analysis between two looks, or after the last one, would be one more chance to find
a difference that does not exist. Not here: how far the difference must be from 0 at each look (statistics/sequential_tests.py).
"""

from __future__ import annotations

from bisect import bisect_right

_TOLERANCE, _OF_THE_WAY = 0.05, 0.25
"""The largest distance from a look: a share of its size, and of the way to the next look, whichever is smaller."""


def look_sizes(n: int, looks: int) -> tuple[int, ...]:
    """Evenly spaced; the last look is at n."""
    return tuple(-(-n * look // looks) for look in range(1, looks + 1))


def look_at(sizes: tuple[int, ...], people: int) -> int | None:
    """The look, counted from 1, that so many participants are at; None where they are at none."""
    nearest = min(range(len(sizes)), key=lambda look: abs(sizes[look] - people))
    allowed = min(_TOLERANCE * sizes[nearest], _OF_THE_WAY * sizes[-1] / len(sizes))
    return nearest + 1 if abs(sizes[nearest] - people) <= allowed else None


def looks_reached(sizes: tuple[int, ...], people: int) -> int:
    """The number of looks for which there are enough participants."""
    return bisect_right(sizes, people)
