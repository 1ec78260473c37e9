"""The columns of lines as numbers, and the expressions that read them: what unit_price.py and prices.py share."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.statistics.arrays import Floats

_HANDFUL = 3
_HANDFUL_SHARE = 0.0005


def is_a_handful(exceptions: int, rows: int) -> bool:
    return exceptions <= max(_HANDFUL, _HANDFUL_SHARE * rows)


def assigned_column(lines: Assigned, name: str) -> ColumnProfile | None:
    score = lines.columns.get(name)
    return score.column if score else None


def name_score(lines: Assigned, target: str, column: str) -> float:
    """How well the name of a column fits a canonical column of the lines; 0 if it does not."""
    return max((one.by_name for one in lines.scores.of(lines.table.name, target) if one.column.name == column), default=0.0)


def values_of(column: ColumnProfile) -> pl.Series:
    numbers = column.numbers
    return numbers.values if numbers else pl.Series([None] * column.rows, dtype=pl.Float64)


def floats_of(column: ColumnProfile) -> Floats:
    return values_of(column).to_numpy()


def first_alike(kind: KindProfile, column: ColumnProfile) -> ColumnProfile:
    """The first column with the same numbers: formulas name it instead of those that repeat it."""
    return next(one for one in kind.columns.values() if one is column or _same_numbers(one, column))


def all_alike(kind: KindProfile, column: ColumnProfile) -> list[ColumnProfile]:
    return [one for one in kind.columns.values() if one is column or _same_numbers(one, column)]


def _same_numbers(one: ColumnProfile, other: ColumnProfile) -> bool:
    return one.numbers is not None and other.numbers is not None and one.numbers.values.equals(other.numbers.values)


def number_expression(column: ColumnProfile, always: bool = False) -> str:
    """The column itself where the contract reads its numbers, else `num(column)`."""
    numbers = column.numbers
    is_plain = numbers is not None and numbers.decimal == "." and not numbers.has_signs
    return column.name if is_plain and not always else f"num({column.name})"


def is_per_order(lines: Assigned, column: str) -> bool:
    """Whether each row of an order repeats one amount of the order."""
    return lines.scores.levels.get(column) == "order"
