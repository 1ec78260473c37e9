"""How much better than drawing by lot is a list of the likeliest tenth, and is it better than a simpler list?

Here: lift, and its interval and that of the difference between two lists, from one resampling of both. People whose scores tie
at the edge of the list are in it by their share, so that no order of rows decides. Not here: any other measure (ranking.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LISTED = 0.1
"""Share of the people that a list holds."""
RESAMPLES = 2_000
_BOUNDS = (2.5, 97.5)


@dataclass(frozen=True)
class Lift:
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """Two lists on the same people."""

    one: Lift
    other: Lift
    difference: Lift


def membership(score: Floats, share: float = LISTED) -> Floats:
    """How much of each person is on the list: 1, 0, or of those who tie at its edge an equal part."""
    size = share * len(score)
    edge = np.partition(score, len(score) - int(np.ceil(size)))[len(score) - int(np.ceil(size))]
    above, ties = score > edge, score == edge
    part = (size - above.sum()) / ties.sum()
    return np.where(above, 1.0, np.where(ties, part, 0.0))


def lift(happened: Flags, score: Floats) -> float:
    listed = membership(score)
    return float((listed * happened).sum() / listed.sum() / happened.mean())


def compare(happened: Flags, one: Floats, other: Floats, seed: int) -> Compared:
    """People fall into a handful of cells (on either list or not, and whether it happened); resampling the cells is
    resampling the people, at no cost."""
    on_one, on_other = membership(one), membership(other)
    cells, counts = np.unique(np.stack([on_one, on_other, happened.astype(float)], axis=1), axis=0, return_counts=True)
    people = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(people, counts / people, RESAMPLES)
    one_now, other_now = _lifts(cells, counts[None, :])
    ones, others = _lifts(cells, drawn)
    return Compared(
        _interval(one_now[0], ones), _interval(other_now[0], others), _interval(one_now[0] - other_now[0], ones - others)
    )


def _lifts(cells: Floats, counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    happened = cells[:, 2]
    rate = np.maximum((counts * happened).sum(axis=1), 1) / counts.sum(axis=1)
    lists = (cells[:, 0], cells[:, 1])
    one, other = (
        (counts * listed * happened).sum(axis=1) / np.maximum((counts * listed).sum(axis=1), 1e-9) / rate for listed in lists
    )
    return one, other


def _interval(value: float, drawn: Floats) -> Lift:
    low, high = np.percentile(drawn, _BOUNDS)
    return Lift(float(value), float(min(low, value)), float(max(high, value)))
