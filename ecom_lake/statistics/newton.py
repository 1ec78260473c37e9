"""Newton's method: the maximum of a smooth function of a few variables.

A step leads uphill whichever way the function curves, moves no variable by more than 1, and is halved until the value rises.
Variables may have bounds. Written here because the problems are small: scipy's searches took ten times as long, most of it
to wake the threads of a linear algebra library.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats

_MAX_STEPS, _MAX_HALVINGS = 100, 40
_SMALLEST_CURVATURE = 1e-12
"""As a share of the largest: along flatter directions the function counts as this curved."""


class Objective(Protocol):
    def value_and_gradient(self, at: Floats) -> tuple[float, Floats]: ...

    def information(self, at: Floats, gradient: Floats) -> Floats:
        """The negative Hessian; `gradient` is the one at the same place."""
        ...


def maximize(
    objective: Objective,
    start: Floats,
    *,
    tolerance: float,
    slack: float = 0.0,
    bounds: Floats | None = None,
    is_concave: bool = False,
) -> tuple[Floats, float]:
    """The place of the maximum, and the value there.

    The search ends where another step is expected to add less than `tolerance`, as a share of the value. A step is accepted
    if the value rises, or falls by less than `slack`, as a share of the value: close to the maximum rounding errors of the
    value exceed what a step adds. `bounds` has a row (low, high) for each variable. A function that is known to be concave
    needs no eigenvalues, which take several times as long with eighty variables.
    """
    at, (value, gradient) = start, objective.value_and_gradient(start)
    for _ in range(_MAX_STEPS):
        is_free = _free(at, gradient, bounds)
        if not np.any(is_free):
            break
        step = _newton_step(gradient[is_free], objective.information(at, gradient)[np.ix_(is_free, is_free)], is_concave)
        if not np.all(np.isfinite(step)) or float(np.sum(step * gradient[is_free])) <= tolerance * abs(value):
            break
        for halvings in range(_MAX_HALVINGS):
            candidate = at.copy()
            candidate[is_free] += step * 0.5**halvings
            if bounds is not None:
                candidate = np.clip(candidate, bounds[:, 0], bounds[:, 1])
            next_value, next_gradient = objective.value_and_gradient(candidate)
            if next_value > value - slack * abs(value):
                break
        else:
            break
        at, value, gradient = candidate, next_value, next_gradient
    return at, value


def _free(at: Floats, gradient: Floats, bounds: Floats | None) -> Flags:
    """The variables that are not held at a bound by the gradient."""
    if bounds is None:
        return np.ones(len(at), dtype=bool)
    return ~(((at <= bounds[:, 0]) & (gradient < 0)) | ((at >= bounds[:, 1]) & (gradient > 0)))


def _newton_step(gradient: Floats, information: Floats, is_concave: bool) -> Floats:
    if not np.all(np.isfinite(information)):
        return gradient * np.nan
    step = _solved(gradient, information) if is_concave else _uphill(gradient, information)
    return step / max(1.0, float(np.max(np.abs(step))))


def _solved(gradient: Floats, information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
    except np.linalg.LinAlgError:  # collinear variables
        return _uphill(gradient, information)


def _uphill(gradient: Floats, information: Floats) -> Floats:
    """Curvatures count by their absolute value, so that a step leads uphill where the function is not concave."""
    curvatures, directions = np.linalg.eigh(information)
    curvatures = np.maximum(np.abs(curvatures), _SMALLEST_CURVATURE * np.max(np.abs(curvatures)))
    step: Floats = np.sum(directions * (np.sum(directions * gradient[:, None], axis=0) / curvatures), axis=1)
    return step
