"""Which parameters make what was seen most likely? Positive parameters, found from several starts, with how sure they are.

Searched on their logarithms within bounds. No answer is given where the best lies on a bound, or where the likelihood does
not bend down on all sides: then the data do not tell such parameters from others.
Not here: the likelihoods themselves (buying.py, spending.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecom_lake.models.fitted import DIGITS

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the log-likelihood and its slope along each parameter's logarithm."""

_ON_A_BOUND = 0.01
_STEP = 1e-4
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
    from scipy.optimize import minimize

    scale = abs(likelihood(np.exp(start))[0]) or 1.0

    def depth(logs: Floats) -> tuple[float, Floats]:
        height, slope = likelihood(np.exp(logs))
        return -height / scale, -slope / scale

    found = minimize(
        depth, start, jac=True, method="L-BFGS-B", bounds=limits, options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 300}
    )
    return np.asarray(found.x, dtype=np.float64), -float(found.fun) * scale


def _spread(likelihood: Likelihood, logs: Floats) -> Floats | None:
    """From how sharply the likelihood bends at its top."""
    steps = _STEP * np.eye(len(logs))
    bends = np.array([(likelihood(np.exp(logs - s))[1] - likelihood(np.exp(logs + s))[1]) / (2 * _STEP) for s in steps])
    bends = (bends + bends.T) / 2
    if not np.all(np.isfinite(bends)) or np.linalg.eigvalsh(bends)[0] <= 0:
        return None
    spread: Floats = np.linalg.cholesky(np.linalg.inv(bends))
    return spread
