"""Maximum likelihood for positive parameters, with the uncertainty of the estimates.

The search runs on the parameters' logarithms, within bounds and from several starts. There is no estimate where the maximum
lies on a bound, or where the likelihood does not curve down on all sides: the data then do not identify the parameters.
Not here: the search itself (newton.py), and the likelihoods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.newton import maximize

LogLikelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the log-likelihood and its gradient with respect to the parameters' logarithms."""

_ON_A_BOUND = 0.01
"""Distance from a bound, on the scale of logarithms."""
_STEP = 1e-4
_TOLERANCE = 1e-14
_SIGNIFICANT_DIGITS = 9


@dataclass(frozen=True)
class FittedParameters:
    """Parameters are rounded first and used then, so that a stored fit gives the same numbers as a fresh one."""

    parameters: Mapping[str, float]
    cholesky: Floats
    """Lower triangle L; L·Lᵀ is the covariance of the parameters' logarithms."""
    log_likelihood: float

    @property
    def aic(self) -> float:
        return 2 * len(self.parameters) - 2 * self.log_likelihood

    @property
    def cholesky_text(self) -> str:
        """The triangle as text, which `cholesky_from_text` reads."""
        return " ".join(f"{value:.{_SIGNIFICANT_DIGITS - 1}e}" for value in self.cholesky[np.tril_indices(len(self.cholesky))])


def cholesky_from_text(text: str, size: int) -> Floats:
    cholesky = np.zeros((size, size))
    cholesky[np.tril_indices(size)] = [float(value) for value in text.split()]
    return cholesky


def fit_parameters(
    rough: LogLikelihood,
    exact: LogLikelihood,
    starts: Sequence[Sequence[float]],
    bounds: Mapping[str, tuple[float, float]],
    digits: int,
) -> FittedParameters | None:
    """The best of all starts by a rough likelihood, refined by the exact one; None where the data do not identify it.

    `digits` is the number of decimals that parameters are rounded to.
    """
    log_bounds = np.log(np.array(list(bounds.values())))
    tried = [_maximum(rough, np.log(np.array(start)), log_bounds) for start in starts]
    best, _ = _maximum(exact, max(tried, key=lambda found: found[1])[0], log_bounds)
    if bool(np.any(np.abs(best[:, None] - log_bounds) < _ON_A_BOUND)):
        return None
    parameters = np.round(np.exp(best), digits)
    cholesky = _cholesky_of_covariance(exact, np.log(parameters))
    if cholesky is None:
        return None
    return with_parameters(dict(zip(bounds, parameters.tolist(), strict=True)), cholesky, exact)


def with_parameters(parameters: Mapping[str, float], cholesky: Floats, likelihood: LogLikelihood) -> FittedParameters:
    """Known parameters with their likelihood on these data; the triangle is rounded as its text is."""
    log_likelihood, _ = likelihood(np.array(list(parameters.values())))
    text = FittedParameters(parameters, cholesky, log_likelihood).cholesky_text
    return FittedParameters(parameters, cholesky_from_text(text, len(cholesky)), log_likelihood)


def _maximum(likelihood: LogLikelihood, start: Floats, bounds: Floats) -> tuple[Floats, float]:
    return maximize(_OnLogarithms(likelihood), start, tolerance=_TOLERANCE, bounds=bounds)


@dataclass(frozen=True)
class _OnLogarithms:
    """A likelihood as a function of its parameters' logarithms."""

    likelihood: LogLikelihood

    def value_and_gradient(self, at: Floats) -> tuple[float, Floats]:
        return self.likelihood(np.exp(at))

    def information(self, at: Floats, gradient: Floats) -> Floats:
        """By forward differences of the gradient, which a search does not need more exactly."""
        rows = [(gradient - self.likelihood(np.exp(at + _STEP * each))[1]) / _STEP for each in np.eye(len(at))]
        return _symmetric(np.array(rows))


def _cholesky_of_covariance(likelihood: LogLikelihood, logs: Floats) -> Floats | None:
    """From the observed information at the maximum, by central differences."""
    steps = _STEP * np.eye(len(logs))
    rows = [(likelihood(np.exp(logs - step))[1] - likelihood(np.exp(logs + step))[1]) / (2 * _STEP) for step in steps]
    information = _symmetric(np.array(rows))
    if not np.all(np.isfinite(information)) or np.linalg.eigvalsh(information)[0] <= 0:
        return None
    cholesky: Floats = np.linalg.cholesky(np.linalg.inv(information))
    return cholesky


def _symmetric(matrix: Floats) -> Floats:
    symmetric: Floats = (matrix + matrix.T) / 2
    return symmetric
