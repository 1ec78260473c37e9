"""A logistic regression, by Newton's method.

scikit-learn's stops at a tolerance, and BLAS adds in another order on two threads than on one; this one goes to the end, adds in
one order, and gives the same coefficients anywhere. Its two-number form is Platt's sigmoid, which makes scores into
probabilities. Not here: what is regressed on what.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecom_lake.engine.contracts.model_fit import DIGITS
from ecom_lake.statistics.lift import Flags, Floats

_RIDGE = 1.0
"""Of standardised coefficients, as strong as one person's evidence: keeps them finite where a feature parts all people."""
_STEPS, _SETTLED = 60, 1e-10
_NEVER = 1e-7
_SHIFTS = (-60.0, 60.0)
"""Between them lies every shift, as long as both outcomes occur."""


def sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def logit(probability: Floats) -> Floats:
    sure = np.clip(probability, _NEVER, 1 - _NEVER)
    return np.asarray(np.log(sure) - np.log1p(-sure))


def newton(x: Floats, happened: Flags, ridge: float = _RIDGE) -> Floats:
    """The intercept, which is not held back, and a coefficient for each column."""
    design = np.column_stack([np.ones(len(x)), x])
    held = np.diag([1e-9, *[ridge] * x.shape[1]])
    beta = np.zeros(design.shape[1])
    beta[0] = float(logit(np.array([happened.mean()]))[0])
    loss = _loss(design, happened, beta, held)
    for _ in range(_STEPS):
        said = sigmoid(np.einsum("ij,j->i", design, beta))
        slope = np.einsum("ij,i->j", design, happened - said) - held @ beta
        bend = np.einsum("ij,ik->jk", design * (said * (1 - said))[:, None], design) + held
        move = np.linalg.solve(bend, slope)
        while (after := _loss(design, happened, beta + move, held)) > loss and np.abs(move).max() > _SETTLED:
            move = move / 2
        beta, loss = beta + move, after
        if np.abs(move).max() <= _SETTLED:
            break
    return np.asarray(beta.round(DIGITS))


def _loss(design: Floats, happened: Flags, beta: Floats, held: Floats) -> float:
    score = np.einsum("ij,j->i", design, beta)
    return float(np.logaddexp(0.0, np.where(happened, -score, score)).sum() + beta @ held @ beta / 2)


@dataclass(frozen=True)
class Logistic:
    """On logarithms, standardised: differences in proportion count, not in amount."""

    middle: Floats
    spread: Floats
    beta: Floats

    @classmethod
    def fit(cls, x: Floats, happened: Flags) -> Logistic:
        logs = _logs(x)
        spread = logs.std(axis=0).round(DIGITS)
        middle, spread = logs.mean(axis=0).round(DIGITS), np.where(spread > 0, spread, 1.0)
        return cls(middle, spread, newton((logs - middle) / spread, happened))

    def scores(self, x: Floats) -> Floats:
        return sigmoid(self.beta[0] + np.einsum("ij,j->i", (_logs(x) - self.middle) / self.spread, self.beta[1:]))


def _logs(x: Floats) -> Floats:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


@dataclass(frozen=True)
class Platt:
    """From scores to probabilities; fitted on people that the scores were not fitted on."""

    shift: float
    slope: float

    @classmethod
    def fit(cls, score: Floats, happened: Flags) -> Platt:
        shift, slope = newton(logit(score)[:, None], happened, ridge=1e-6)
        if slope > 0:
            return cls(float(shift), float(slope))
        # Scores that rank the wrong way round carry no information: everybody gets the base rate.
        return cls(round(float(logit(np.array([happened.mean()]))[0]), DIGITS), 0.0)

    def shifted_to(self, score: Floats, happened: Flags, weight: Floats) -> Platt:
        """The same slope, with the shift at which the mean probability of these people is their weighted rate."""
        from scipy.optimize import brentq

        def excess(shift: float) -> float:
            return float((weight * (sigmoid(shift + self.slope * logit(score)) - happened)).sum())

        shift = brentq(excess, *_SHIFTS, xtol=10**-DIGITS)
        return Platt(round(float(shift), DIGITS), self.slope)

    def __call__(self, score: Floats) -> Floats:
        return sigmoid(self.shift + self.slope * logit(score))
