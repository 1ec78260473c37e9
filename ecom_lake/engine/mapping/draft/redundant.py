"""Columns that repeat another column: the same values, a function of it, or its values under other names.

A column `a` determines `b` if rows with the same `a` have the same `b`. Nearly counts too, with the rows that are exceptions.
Columns without repeated values determine everything and are left out, and so are columns with one value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

Relation = Literal["equals", "relabels", "is determined by"]
NEARLY = 0.99
"""The least share of rows that follow a relation."""
_SAMPLE = 2_000
_REPEATED = 3
"""How many rows a value must have on average so that determining another column is evidence."""


@dataclass(frozen=True)
class Redundant:
    """`column` follows from `of` in all rows but the exceptions. For "is determined by", only rows with a value are counted."""

    column: str
    relation: Relation
    of: str
    rows: int
    exceptions: int

    @property
    def sentence(self) -> str:
        exact = f"in all {self.rows:,} rows" if not self.exceptions else f"in all but {self.exceptions:,} of {self.rows:,} rows"
        return f"{self.column} {self.relation} {self.of} {exact}"


@dataclass(frozen=True)
class _Coded:
    codes: np.ndarray
    """A number per distinct value; an empty field is a value."""
    distinct: int
    is_filled: np.ndarray


def redundant_columns(rows: pl.DataFrame, names: Sequence[str] = (), nearly: float = NEARLY) -> list[Redundant]:
    """The redundant columns among these (default: all), each with the column that explains it best, in the order of the names.

    Of two columns with the same values, the later one is redundant."""
    coded = {name: _coded(rows[name]) for name in names or rows.columns}
    varied = {name: one for name, one in coded.items() if one.distinct > 1}
    found = []
    for position, name in enumerate(varied):
        others = [other for other in varied if other != name]
        related = [
            relation
            for other in others
            if (relation := _relation(rows, name, other, varied, nearly, is_later=list(varied).index(other) < position))
        ]
        if related:
            found.append(min(related, key=lambda one: (_STRENGTH[one.relation], one.exceptions, varied[one.of].distinct)))
    return found


_STRENGTH: dict[Relation, int] = {"equals": 0, "relabels": 1, "is determined by": 2}


def _relation(
    rows: pl.DataFrame, name: str, other: str, coded: dict[str, _Coded], nearly: float, is_later: bool
) -> Redundant | None:
    """How `name` follows from `other`; None where it does not, or where the other column determines less."""
    column, by = coded[name], coded[other]
    count = rows.height
    differ = int((rows[name].fill_null("") != rows[other].fill_null("")).sum())
    if differ <= (1 - nearly) * count:
        return Redundant(name, "equals", other, count, differ) if is_later else None
    filled = column.codes[column.is_filled], by.codes[column.is_filled]
    if len(filled[0]) < _REPEATED * len(np.unique(filled[1])) or column.distinct > by.distinct:
        return None
    sample = filled[0][:_SAMPLE], filled[1][:_SAMPLE]
    if _exceptions(*sample) > 2 * (1 - nearly) * len(sample[0]):
        return None
    exceptions, known = _exceptions(*filled), len(filled[0])
    if exceptions > (1 - nearly) * known or _exceptions_of_constant(filled[0]) <= 2 * exceptions:
        return None
    if not exceptions and known == count and column.distinct == by.distinct and not _exceptions(by.codes, column.codes):
        return Redundant(name, "relabels", other, count, 0) if is_later else None
    return Redundant(name, "is determined by", other, known, exceptions)


def _coded(values: pl.Series) -> _Coded:
    codes = values.fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
    return _Coded(codes, int(codes.max()) + 1 if len(codes) else 0, values.is_not_null().to_numpy())


def _exceptions(column: np.ndarray, by: np.ndarray) -> int:
    """Rows that differ from the most frequent value among the rows with the same value of `by`."""
    if not len(column):
        return 0
    width = int(column.max()) + 1
    pairs, counts = np.unique(by * width + column, return_counts=True)
    most = np.zeros(int(by.max()) + 1, dtype=np.int64)
    np.maximum.at(most, pairs // width, counts)
    return int(counts.sum() - most.sum())


def _exceptions_of_constant(column: np.ndarray) -> int:
    """Rows that differ from the most frequent value of all: a column that is nearly constant follows from any other."""
    return len(column) - int(np.bincount(column).max()) if len(column) else 0
