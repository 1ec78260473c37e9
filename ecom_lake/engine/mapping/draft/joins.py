"""Which columns are keys, and which columns have the values of a key of another file; and how many rows match nothing.

Small whole numbers are in every key that counts from 1, so they are joined only where the names agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from ecom_lake.words import counted

LEAST_COVERAGE = 0.5


@dataclass(frozen=True)
class Join:
    """`kind.column` refers to the key `other.key`."""

    kind: str
    column: str
    other: str
    key: str
    rows: int
    """Rows with a value."""
    unmatched: int
    """Rows whose value is not in the key."""
    unmatched_values: int

    @property
    def coverage(self) -> float:
        return 1 - self.unmatched / self.rows

    @property
    def sentence(self) -> str:
        end = "every value is found"
        if self.unmatched:
            end = f"{counted(self.unmatched_values, 'value')} in {counted(self.unmatched, 'row', 'matches/match')} nothing"
        return f"{self.kind}.{self.column} → {self.other}.{self.key}: {end}"


def is_key(values: pl.Series) -> bool:
    """Whether every row has a value, and none twice."""
    return len(values) > 0 and values.null_count() == 0 and values.n_unique() == len(values)


def find_joins(
    kinds: Mapping[str, pl.DataFrame], names_agree: Callable[[str, str, str, str], bool], least: float = LEAST_COVERAGE
) -> list[Join]:
    """Every column with values of a key of another file, the best covered first.

    `names_agree(kind, column, other, key)` decides whether two columns may mean the same."""
    keys = [(kind, name) for kind, rows in kinds.items() for name in rows.columns if is_key(rows[name])]
    found = []
    for other, key in keys:
        key_values = kinds[other][key]
        counts = _are_counts(key_values)
        for kind, rows in kinds.items():
            if kind == other:
                continue
            for name in rows.columns:
                if counts and not names_agree(kind, name, other, key):
                    continue
                if join := _joined(kind, name, rows[name], other, key, key_values, least):
                    found.append(join)
    return sorted(found, key=lambda join: -join.coverage)


def _joined(kind: str, name: str, values: pl.Series, other: str, key: str, key_values: pl.Series, least: float) -> Join | None:
    known = values.drop_nulls()
    if not len(known) or not known.head(200).is_in(key_values.implode()).any():
        return None
    missing = known.filter(~known.is_in(key_values.implode()))
    if len(missing) > (1 - least) * len(known):
        return None
    return Join(kind, name, other, key, len(known), len(missing), missing.n_unique())


def _are_counts(values: pl.Series) -> bool:
    return bool(values.str.contains(r"^[0-9]{1,7}$").all())
