"""Regressions on factors: what is known of people, as levels or numbers, and least squares and logistic models on it.

Cross-products are counted (`bincount`) rather than multiplied out, so that a million people with eighty levels need no matrix
of eighty million numbers, and the sums are the same whatever the number of threads. Rows have weights, which may be counts.
Not here: which factors (first_deliveries.py), and what the models are for (adjusting.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS, _HALVINGS, _CLOSE, _TRACE = 60, 30, 1e-10, 1e-12


@dataclass(frozen=True)
class Term:
    """A factor with its levels, the first of which is what others are compared with; or a number, which has one level."""

    name: str
    levels: tuple[str, ...]
    codes: Ints
    values: Floats | None = None

    @property
    def skipped(self) -> int:
        return 0 if self.values is not None else 1

    def of(self, rows: NDArray[np.bool_]) -> Term:
        return Term(self.name, self.levels, self.codes[rows], None if self.values is None else self.values[rows])


def factor(name: str, labels: Sequence[str], weight: Floats) -> Term:
    """Levels by how many people they hold, ties by name."""
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    people = np.bincount(codes, weight, len(names))
    order = np.lexsort((np.arange(len(names)), -people))
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return Term(name, tuple(str(names[i]) for i in order), place[codes].astype(np.int64))


def number(name: str, values: Floats) -> Term:
    """Standardised, so that amounts and flags are of one size; a number that never differs counts as nought."""
    spread = float(values.std())
    return Term(name, (name,), np.zeros(len(values), dtype=np.int64), (values - values.mean()) / spread if spread else 0 * values)


class Design:
    """An intercept and terms, as the columns of a regression."""

    def __init__(self, terms: Sequence[Term], rows: int) -> None:
        intercept = Term("intercept", ("",), np.zeros(rows, dtype=np.int64), np.ones(rows))
        self.terms = (intercept, *terms)
        self.rows = rows
        sizes = [len(term.levels) for term in self.terms]
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._kept = np.concatenate([np.arange(len(term.levels)) >= term.skipped for term in self.terms])

    @property
    def columns(self) -> int:
        return int(self._kept.sum())

    def of(self, rows: NDArray[np.bool_]) -> Design:
        return Design([term.of(rows) for term in self.terms[1:]], int(rows.sum()))

    def and_(self, term: Term) -> Design:
        return Design([*self.terms[1:], term], self.rows)

    def predicted(self, beta: Floats) -> Floats:
        every = np.zeros(len(self._kept))
        every[self._kept] = beta
        total = np.zeros(self.rows)
        for start, term in zip(self._starts, self.terms, strict=False):
            of = every[start : start + len(term.levels)][term.codes]
            total += of if term.values is None else of * term.values
        return total

    def sums(self, weight: Floats) -> Floats:
        """X'w of the columns that are kept."""
        kept: Floats = self.all_sums(weight)[self._kept]
        return kept

    def all_sums(self, weight: Floats) -> Floats:
        """The sum of the weights in each level, those that others are compared with included; of numbers, weighted."""
        of = [np.bincount(term.codes, _times(weight, term), len(term.levels)) for term in self.terms]
        sums: Floats = np.concatenate(of).astype(np.float64)
        return sums

    def products(self, weight: Floats) -> Floats:
        """X'WX of the columns that are kept."""
        size = len(self._kept)
        made = np.zeros((size, size))
        for i, (a, one) in enumerate(zip(self._starts, self.terms, strict=False)):
            once = _times(weight, one)
            made[a : a + len(one.levels), a : a + len(one.levels)] = np.diag(
                np.bincount(one.codes, _times(once, one), len(one.levels))
            )
            for b, other in zip(self._starts[i + 1 :], self.terms[i + 1 :], strict=False):
                wide = len(other.levels)
                cells = np.bincount(one.codes * wide + other.codes, _times(once, other), len(one.levels) * wide)
                block = cells.reshape(len(one.levels), wide)
                made[a : a + len(one.levels), b : b + wide] = block
                made[b : b + wide, a : a + len(one.levels)] = block.T
        kept: Floats = made[np.ix_(self._kept, self._kept)]
        return kept


def _times(weight: Floats, term: Term) -> Floats:
    return weight if term.values is None else weight * term.values


def least_squares(design: Design, outcome: Floats, weight: Floats) -> Floats:
    return _solved(design.products(weight), design.sums(weight * outcome))


def spread_of_last(design: Design, outcome: Floats, weight: Floats, beta: Floats) -> float:
    """The standard error of the last column's coefficient that holds whatever the spread of the outcome (HC1); weights count."""
    last = np.zeros(design.columns)
    last[-1] = 1.0
    lever = design.predicted(_solved(design.products(weight), last))
    freedom = float(weight.sum()) / max(float(weight.sum()) - design.columns, 1.0)
    return float(np.sqrt((weight * ((outcome - design.predicted(beta)) * lever) ** 2).sum() * freedom))


def _solved(products: Floats, sums: Floats) -> Floats:
    """Columns that say the same share what they say: a trace of ridge keeps the equations from having no one answer."""
    trace = _TRACE * float(np.diag(products).mean())
    return np.asarray(np.linalg.solve(products + trace * np.eye(len(sums)), sums), dtype=np.float64)


def logistic(design: Design, outcome: Floats, weight: Floats, ridge: float) -> Floats:
    """By Newton's steps, halved where they overshoot. `ridge` draws all but the intercept towards 0, so that a level in which
    nobody, or everybody, has the outcome does no harm."""
    penalty = np.full(design.columns, ridge)
    penalty[0] = 0.0
    beta = np.zeros(design.columns)
    share = float((weight * outcome).sum() / weight.sum())
    beta[0] = np.log(share / (1 - share))
    best = _fit(design, outcome, weight, penalty, beta)
    for _ in range(_STEPS):
        chance = expit(design.predicted(beta))
        slope = design.sums(weight * (outcome - chance)) - penalty * beta
        bend = design.products(weight * chance * (1 - chance)) + np.diag(penalty)
        step = _solved(bend, slope)
        for _ in range(_HALVINGS):
            fit = _fit(design, outcome, weight, penalty, beta + step)
            if fit >= best - _CLOSE * abs(best):
                break
            step = step / 2
        beta, best = beta + step, max(best, fit)
        if float(np.abs(step).max()) < _CLOSE:
            break
    return beta


def expit(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


def _fit(design: Design, outcome: Floats, weight: Floats, penalty: Floats, beta: Floats) -> float:
    eta = design.predicted(beta)
    return float((weight * (outcome * eta - np.logaddexp(0, eta))).sum() - (penalty * beta**2).sum() / 2)
