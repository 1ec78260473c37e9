"""Regression on factors with many levels: the design matrix, and weighted least squares.

Cross-products are counted (`bincount`) rather than multiplied out, so that a million people with eighty levels need no matrix
of eighty million numbers, and the sums are the same on any number of threads. Rows have weights, which may be counts.
Not here: logistic regression on such a design (logistic_regression.py), and treatment effects (weighted_effect.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecom_lake.statistics.arrays import Floats, Integers

_RELATIVE_RIDGE = 1e-12


@dataclass(frozen=True)
class Term:
    """A factor with its levels, of which the first is the reference level; or a number, which has one level."""

    name: str
    levels: tuple[str, ...]
    codes: Integers
    values: Floats | None = None

    @property
    def reference_levels(self) -> int:
        return 0 if self.values is not None else 1


def factor(name: str, labels: Sequence[str], weight: Floats) -> Term:
    """Levels in the order of their weight, the heaviest first; ties by name."""
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    weights = np.bincount(codes, weight, len(names))
    order = np.lexsort((np.arange(len(names)), -weights))
    position = np.empty(len(names), dtype=np.int64)
    position[order] = np.arange(len(names))
    return Term(name, tuple(str(names[i]) for i in order), position[codes].astype(np.int64))


def number(name: str, values: Floats) -> Term:
    """Standardised, so that amounts and flags have one scale; a number that never varies counts as 0."""
    scale = float(values.std())
    return Term(name, (name,), np.zeros(len(values), dtype=np.int64), (values - values.mean()) / scale if scale else 0 * values)


class Design:
    """The design matrix of an intercept and terms; a factor has a column for each level but its reference level."""

    def __init__(self, terms: Sequence[Term], rows: int) -> None:
        intercept = Term("intercept", ("",), np.zeros(rows, dtype=np.int64), np.ones(rows))
        self.terms = (intercept, *terms)
        self.rows = rows
        sizes = [len(term.levels) for term in self.terms]
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._kept = np.concatenate([np.arange(len(term.levels)) >= term.reference_levels for term in self.terms])

    @property
    def columns(self) -> int:
        return int(self._kept.sum())

    def with_term(self, term: Term) -> Design:
        return Design([*self.terms[1:], term], self.rows)

    def predicted(self, beta: Floats) -> Floats:
        coefficients = np.zeros(len(self._kept))
        coefficients[self._kept] = beta
        total = np.zeros(self.rows)
        for start, term in zip(self._starts, self.terms, strict=False):
            coefficient = coefficients[start : start + len(term.levels)][term.codes]
            total += coefficient if term.values is None else coefficient * term.values
        return total

    def sums(self, weight: Floats) -> Floats:
        """Xᵀw."""
        kept: Floats = self.all_sums(weight)[self._kept]
        return kept

    def all_sums(self, weight: Floats) -> Floats:
        """The sum of the weights in each level, reference levels included; of a number, the weighted sum."""
        by_term = [np.bincount(term.codes, _times(weight, term), len(term.levels)) for term in self.terms]
        sums: Floats = np.concatenate(by_term).astype(np.float64)
        return sums

    def products(self, weight: Floats) -> Floats:
        """XᵀWX."""
        size = len(self._kept)
        products = np.zeros((size, size))
        for i, (row, term) in enumerate(zip(self._starts, self.terms, strict=False)):
            weighted, height = _times(weight, term), len(term.levels)
            products[row : row + height, row : row + height] = np.diag(np.bincount(term.codes, _times(weighted, term), height))
            for column, other in zip(self._starts[i + 1 :], self.terms[i + 1 :], strict=False):
                width = len(other.levels)
                cells = np.bincount(term.codes * width + other.codes, _times(weighted, other), height * width)
                block = cells.reshape(height, width)
                products[row : row + height, column : column + width] = block
                products[column : column + width, row : row + height] = block.T
        kept: Floats = products[np.ix_(self._kept, self._kept)]
        return kept


def _times(weight: Floats, term: Term) -> Floats:
    return weight if term.values is None else weight * term.values


def least_squares(design: Design, outcome: Floats, weight: Floats) -> Floats:
    return _solved(design.products(weight), design.sums(weight * outcome))


def robust_error_of_last(design: Design, outcome: Floats, weight: Floats, beta: Floats) -> float:
    """The heteroscedasticity-robust standard error (HC1) of the last coefficient; weights are counts."""
    last = np.zeros(design.columns)
    last[-1] = 1.0
    leverage = design.predicted(_solved(design.products(weight), last))
    correction = float(weight.sum()) / max(float(weight.sum()) - design.columns, 1.0)
    return float(np.sqrt((weight * ((outcome - design.predicted(beta)) * leverage) ** 2).sum() * correction))


def _solved(products: Floats, sums: Floats) -> Floats:
    """The normal equations; a trace of ridge gives them one solution where columns are collinear."""
    ridge = _RELATIVE_RIDGE * float(np.diag(products).mean())
    return np.asarray(np.linalg.solve(products + ridge * np.eye(len(sums)), sums), dtype=np.float64)
