"""Arithmetic between the numeric columns of a file: a × b = c, a × b − d = c (or + d, below zero), (a − d) × b = c,
a × b × (1 − r) = c, a + b = c.

Here: which formulas hold to the cent, and in how many rows not. A formula counts only where it is evidence: a × 1 = c and
a + 0 = c hold for any column that repeats another. Not here: sums of lines and totals of orders (totals.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ecom_lake.statistics.arrays import Floats

CENT = 0.0051
"""Half a cent of rounding, and the error of a float."""
NEARLY = 0.9
"""The least share of rows in which a formula holds that is reported."""
_SAMPLE = 400
_LEAST_EVIDENCE = 8
"""Rows that must be evidence for a formula."""


@dataclass(frozen=True)
class Formula:
    """`text` is the right side, such as `price * quantity`; it equals `total` except in the rows that are exceptions."""

    total: str
    form: str
    """product, less, more (a discount below zero), less_each, rate, percent, sum."""
    operands: tuple[str, ...]
    text: str
    rows: int
    """Rows in which all columns have a number."""
    exceptions: int

    @property
    def share(self) -> float:
        return 1 - self.exceptions / self.rows

    @property
    def sentence(self) -> str:
        where = f"in all {self.rows:,} rows" if not self.exceptions else f"not in {self.exceptions:,} of {self.rows:,} rows"
        return f"{self.text} = {self.total} {where}"


@dataclass(frozen=True)
class _Form:
    name: str
    text: str
    compute: Callable[..., Floats]
    is_evidence: Callable[..., np.ndarray]


_PRODUCT = _Form("product", "{0} * {1}", lambda a, b: a * b, lambda a, b: (a != 0) & (b != 0) & (a != 1) & (b != 1))
_LESS = _Form("less", "{0} * {1} - {2}", lambda a, b, d: a * b - d, lambda a, b, d: (d != 0) & (a != 0) & (b != 0))
_MORE = _Form("more", "{0} * {1} + {2}", lambda a, b, d: a * b + d, lambda a, b, d: (d < 0) & (a != 0) & (b != 0))
_RATE = _Form("rate", "{0} * {1} * (1 - {2})", lambda a, b, r: a * b * (1 - r), lambda a, b, r: (r > 0) & (r < 1) & (a != 0))
_PERCENT = _Form(
    "percent",
    "{0} * {1} * (1 - {2} / 100)",
    lambda a, b, r: a * b * (1 - r / 100),
    lambda a, b, r: (r >= 1) & (r < 100) & (a != 0),
)
_LESS_EACH = _Form(
    "less_each", "({0} - {2}) * {1}", lambda a, b, d: (a - d) * b, lambda a, b, d: (d != 0) & (a != 0) & (b != 0) & (b != 1)
)
_SUM = _Form("sum", "{0} + {1}", lambda a, b: a + b, lambda a, b: (a != 0) & (b != 0))


def find_formulas(numbers: Mapping[str, Floats], nearly: float = NEARLY) -> list[Formula]:
    """The formulas that hold in at least this share of the rows; NaN is no number. Columns are given once each: no repeats."""
    varied = {name: values for name, values in numbers.items() if _is_varied(values)}
    found: list[Formula] = []
    for form, operands, total in _candidates(varied):
        if formula := _tested(varied, form, operands, total, nearly):
            found.append(formula)
    return _strongest(found)


def _candidates(numbers: Mapping[str, Floats]) -> Iterator[tuple[_Form, tuple[str, ...], str]]:
    counts = [name for name, values in numbers.items() if _is_count(values)]
    for total in numbers:
        rest = [name for name in numbers if name != total]
        for one, other in combinations(rest, 2):
            yield _SUM, (one, other), total
            if one in counts or other in counts:
                factors = (one, other) if other in counts else (other, one)
                yield _PRODUCT, factors, total
                for third in rest if _may_be_less(numbers, factors, total) else ():
                    if third not in (one, other):
                        yield from ((form, (*factors, third), total) for form in (_LESS, _MORE, _LESS_EACH, _RATE, _PERCENT))


def _may_be_less(numbers: Mapping[str, Floats], factors: tuple[str, str], total: str) -> bool:
    """Whether the total is at most the product, as it is after a discount."""
    one, other, less = (numbers[name][:_SAMPLE] for name in (*factors, total))
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(one * other * less)
        return bool((less[known] <= one[known] * other[known] + CENT).mean() >= NEARLY) if known.any() else False


def _tested(numbers: Mapping[str, Floats], form: _Form, operands: tuple[str, ...], total: str, nearly: float) -> Formula | None:
    sample = [numbers[name][:_SAMPLE] for name in operands]
    _, tried, right = _compared(form, sample, numbers[total][:_SAMPLE])
    if tried.any() and right.sum() < (nearly - 0.1) * tried.sum():
        return None
    columns = [numbers[name] for name in operands]
    rows, evidence, right = _compared(form, columns, numbers[total])
    if evidence.sum() < _LEAST_EVIDENCE or right.sum() < nearly * evidence.sum():
        return None
    holds = np.abs(form.compute(*columns) - numbers[total]) <= CENT
    return Formula(total, form.name, operands, form.text.format(*operands), int(rows.sum()), int((rows & ~holds).sum()))


def _compared(form: _Form, columns: list[Floats], total: Floats) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows with all numbers, those among them that are evidence, and those of the evidence in which the formula holds."""
    rows = ~np.isnan(total) & np.logical_and.reduce([~np.isnan(column) for column in columns])
    evidence = rows & (total != 0) & form.is_evidence(*columns)
    return rows, evidence, evidence & (np.abs(form.compute(*columns) - total) <= CENT)


def _strongest(found: list[Formula]) -> list[Formula]:
    """Without a formula with a third operand where the two alone do as well for the same total."""
    shorter = {(one.total, frozenset(one.operands)): one for one in found if len(one.operands) == 2}
    kept = [
        one
        for one in found
        if not any(
            total == one.total and pair < set(one.operands) and other.share >= one.share
            for (total, pair), other in shorter.items()
        )
    ]
    return sorted(kept, key=lambda one: (one.exceptions / one.rows, len(one.operands)))


def _is_varied(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool((known != known[0]).any())


def _is_count(values: Floats) -> bool:
    """Whether a column may be a quantity: small whole numbers."""
    known = values[~np.isnan(values)]
    return bool((known == np.round(known)).all()) and float(np.abs(known).max()) <= 10_000
