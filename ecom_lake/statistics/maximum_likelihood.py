"""Which parameters make what was seen most likely? Positive parameters, found from several starts, with how sure they are.

Searched on their logarithms within bounds, by a Newton search of our own: the parameters are three or four, and scipy's searches
took ten times as long, most of it to wake the threads of a linear algebra library. No answer is given where the best lies on a
bound, or where the likelihood does not bend down on all sides: then the data do not tell such parameters from others.
Not here: the likelihoods themselves (buying.py, spending.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecom_lake.engine.contracts.model_fit import DIGITS

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the log-likelihood and its slope along each parameter's logarithm."""

_ON_A_BOUND = 0.01
_STEP = 1e-4
_MOST_STEPS, _MOST_HALVINGS = 100, 40
_ENOUGH = 1e-14
"""Share of the likelihood's height that one more step would add."""
_SIGNIFICANT = 9


@dataclass(frozen=True)
class Estimate:
    """Parameters as they are published: rounded first, then used, so that a kept fit gives the same numbers as a fresh one."""

    parameters: Mapping[str, float]
    spread: Floats
    """Lower triangle L; L·Lᵀ is the covariance of the parameters' logarithms."""
    log_likelihood: float

    @property
    def aic(self) -> float:
        return 2 * len(self.parameters) - 2 * self.log_likelihood

    @property
    def said(self) -> str:
        """The spread in words, for the next run."""
        return " ".join(f"{value:.{_SIGNIFICANT - 1}e}" for value in self.spread[np.tril_indices(len(self.spread))])


def spread_of(said: str, size: int) -> Floats:
    spread = np.zeros((size, size))
    spread[np.tril_indices(size)] = [float(value) for value in said.split()]
    return spread


def maximise(
    rough: Likelihood, exact: Likelihood, starts: Sequence[Sequence[float]], bounds: Mapping[str, tuple[float, float]]
) -> Estimate | None:
    """The best of all starts on a rough likelihood, carried on on the exact one; None where the data do not settle it."""
    limits = np.log(np.array(list(bounds.values())))
    tried = [_climb(rough, np.log(np.array(start)), limits) for start in starts]
    best, _ = _climb(exact, max(tried, key=lambda found: found[1])[0], limits)
    if bool(np.any(np.abs(best[:, None] - limits) < _ON_A_BOUND)):
        return None
    parameters = np.round(np.exp(best), DIGITS)
    spread = _spread(exact, np.log(parameters))
    if spread is None:
        return None
    return estimate(dict(zip(bounds, parameters.tolist(), strict=True)), spread, exact)


def estimate(parameters: Mapping[str, float], spread: Floats, likelihood: Likelihood) -> Estimate:
    """Parameters that are known, held against the data; the spread as it will be read again."""
    found, _ = likelihood(np.array(list(parameters.values())))
    return Estimate(parameters, spread_of(Estimate(parameters, spread, found).said, len(spread)), found)


def _climb(likelihood: Likelihood, start: Floats, limits: Floats) -> tuple[Floats, float]:
    """Newton's steps, uphill whichever way the likelihood bends, never long ones, halved until they lead higher."""
    at, (height, slope) = start, likelihood(np.exp(start))
    for _ in range(_MOST_STEPS):
        is_free = ~(((at <= limits[:, 0]) & (slope < 0)) | ((at >= limits[:, 1]) & (slope > 0)))
        if not np.any(is_free):
            break
        step = _newton(slope[is_free], _bends(likelihood, at, slope)[np.ix_(is_free, is_free)])
        if not np.all(np.isfinite(step)) or float(np.sum(step * slope[is_free])) <= _ENOUGH * abs(height):
            break
        for halved in range(_MOST_HALVINGS):
            there = at.copy()
            there[is_free] += step * 0.5**halved
            there = np.clip(there, limits[:, 0], limits[:, 1])
            higher, next_slope = likelihood(np.exp(there))
            if higher > height:
                break
        else:
            break
        at, height, slope = there, higher, next_slope
    return at, height


def _newton(slope: Floats, bends: Floats) -> Floats:
    if not np.all(np.isfinite(bends)):
        return slope * np.nan
    sharpness, directions = np.linalg.eigh(bends)
    sharpness = np.maximum(np.abs(sharpness), 1e-12 * np.max(np.abs(sharpness)))
    step: Floats = np.sum(directions * (np.sum(directions * slope[:, None], axis=0) / sharpness), axis=1)
    return step / max(1.0, float(np.max(np.abs(step))))


def _bends(likelihood: Likelihood, at: Floats, slope: Floats) -> Floats:
    """How the slope falls, as good as a search needs."""
    bends: Floats = np.array([(slope - likelihood(np.exp(at + _STEP * each))[1]) / _STEP for each in np.eye(len(at))])
    return (bends + bends.T) / 2


def _spread(likelihood: Likelihood, logs: Floats) -> Floats | None:
    """From how sharply the likelihood bends at its top."""
    steps = _STEP * np.eye(len(logs))
    bends = np.array([(likelihood(np.exp(logs - s))[1] - likelihood(np.exp(logs + s))[1]) / (2 * _STEP) for s in steps])
    bends = (bends + bends.T) / 2
    if not np.all(np.isfinite(bends)) or np.linalg.eigvalsh(bends)[0] <= 0:
        return None
    spread: Floats = np.linalg.cholesky(np.linalg.inv(bends))
    return spread
