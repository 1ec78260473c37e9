"""Logistic regression with a ridge penalty, and Platt scaling, which turns scores into probabilities.

scikit-learn stops at a tolerance, and BLAS adds in another order on two threads than on one; this regression converges fully,
adds in one order, and gives the same coefficients everywhere. It takes a matrix of numbers (`DenseDesign`) or factors with
many levels (factor_regression.py). Not here: the search (newton.py), and what is regressed on what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats
from ecom_lake.statistics.newton import maximize

_RIDGE = 1.0
"""On standardised coefficients, as strong as one row's evidence: keeps them finite where a feature separates the outcomes."""
_PLATT_RIDGE = 1e-6
_TOLERANCE, _SLACK = 1e-22, 1e-10
_SMALLEST_PROBABILITY = 1e-7
_LOGIT_RANGE = (-60.0, 60.0)
"""Every shift lies in this range, as long as both outcomes occur."""


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -700, 700))))


def logit(probability: Floats) -> Floats:
    clipped = np.clip(probability, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


class DesignMatrix(Protocol):
    """The design matrix X of a regression; its first column is the intercept."""

    @property
    def columns(self) -> int: ...

    def predicted(self, beta: Floats) -> Floats:
        """Xβ."""
        ...

    def sums(self, weight: Floats) -> Floats:
        """Xᵀw."""
        ...

    def products(self, weight: Floats) -> Floats:
        """XᵀWX."""
        ...


class DenseDesign:
    """A design of numbers, and an intercept."""

    def __init__(self, x: Floats) -> None:
        self._matrix = np.column_stack([np.ones(len(x)), x])

    @property
    def columns(self) -> int:
        return int(self._matrix.shape[1])

    # einsum rather than @: BLAS adds in another order on another number of threads.
    def predicted(self, beta: Floats) -> Floats:
        return np.asarray(np.einsum("ij,j->i", self._matrix, beta))

    def sums(self, weight: Floats) -> Floats:
        return np.asarray(np.einsum("ij,i->j", self._matrix, weight))

    def products(self, weight: Floats) -> Floats:
        return np.asarray(np.einsum("ij,ik->jk", self._matrix * weight[:, None], self._matrix))


def fit_logistic(design: DesignMatrix, outcome: Floats | Flags, weights: Floats | None = None, ridge: float = _RIDGE) -> Floats:
    """The coefficients, the intercept first, which has no penalty."""
    y = np.asarray(outcome, dtype=np.float64)
    w = np.ones(len(y)) if weights is None else weights
    penalty = np.full(design.columns, ridge)
    penalty[0] = 0.0
    start = np.zeros(design.columns)
    start[0] = float(logit(np.array([(w * y).sum() / w.sum()]))[0])
    likelihood = _PenalizedLogLikelihood(design, y, w, penalty)
    beta, _ = maximize(likelihood, start, tolerance=_TOLERANCE, slack=_SLACK, is_concave=True)
    return beta


@dataclass(frozen=True)
class _PenalizedLogLikelihood:
    design: DesignMatrix
    outcome: Floats
    weights: Floats
    penalty: Floats

    def value_and_gradient(self, beta: Floats) -> tuple[float, Floats]:
        eta = self.design.predicted(beta)
        log_likelihood = float((self.weights * (self.outcome * eta - np.logaddexp(0, eta))).sum())
        gradient = self.design.sums(self.weights * (self.outcome - sigmoid(eta))) - self.penalty * beta
        return log_likelihood - float((self.penalty * beta**2).sum()) / 2, gradient

    def information(self, beta: Floats, _gradient: Floats) -> Floats:
        probability = sigmoid(self.design.predicted(beta))
        return self.design.products(self.weights * probability * (1 - probability)) + np.diag(self.penalty)


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on standardised logarithms: relative differences count, not absolute ones."""

    mean: Floats
    scale: Floats
    coefficients: Floats
    """The intercept first."""

    @classmethod
    def fit(cls, x: Floats, outcome: Flags, digits: int) -> Logistic:
        """`digits` is the number of decimals that the model is rounded to before it is used."""
        logs = _logs(x)
        scale = logs.std(axis=0).round(digits)
        mean, scale = logs.mean(axis=0).round(digits), np.where(scale > 0, scale, 1.0)
        return cls(mean, scale, fit_logistic(DenseDesign((logs - mean) / scale), outcome).round(digits))

    def scores(self, x: Floats) -> Floats:
        standardised = (_logs(x) - self.mean) / self.scale
        return sigmoid(self.coefficients[0] + np.einsum("ij,j->i", standardised, self.coefficients[1:]))


def _logs(x: Floats) -> Floats:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


@dataclass(frozen=True)
class Platt:
    """From scores to probabilities; fitted on rows that the scores were not fitted on."""

    shift: float
    slope: float

    @classmethod
    def fit(cls, score: Floats, outcome: Flags, digits: int) -> Platt:
        shift, slope = fit_logistic(DenseDesign(logit(score)[:, None]), outcome, ridge=_PLATT_RIDGE).round(digits)
        if slope > 0:
            return cls(float(shift), float(slope))
        # Scores that rank in the wrong direction carry no information: everybody gets the base rate.
        return cls(round(float(logit(np.array([outcome.mean()]))[0]), digits), 0.0)

    def shifted_to(self, score: Floats, outcome: Flags, weights: Floats, digits: int) -> Platt:
        """The same slope, with the shift at which the mean probability of these rows is their weighted rate."""
        from scipy.optimize import brentq

        def excess(shift: float) -> float:
            return float((weights * (sigmoid(shift + self.slope * logit(score)) - outcome)).sum())

        shift = brentq(excess, *_LOGIT_RANGE, xtol=10**-digits)
        return Platt(round(float(shift), digits), self.slope)

    def __call__(self, score: Floats) -> Floats:
        return sigmoid(self.shift + self.slope * logit(score))
