"""A sample of the orders of large files: the same orders in every file, and the same sample every time.

Here: which rows are in it. Not here: what a draft makes of them (engine/build/draft_trial.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

MOST_ROWS = 100_000
"""Rows of the largest file with orders up to which a sample has all rows."""


@dataclass(frozen=True)
class Sample:
    rows: Mapping[str, pl.DataFrame]
    """By kind. A kind without orders, such as products, has all of its rows."""
    one_in: int
    """The sample has about one order in so many; 1 if it has all."""


def sample_orders(rows: Mapping[str, pl.DataFrame], order_columns: Mapping[str, str], most_rows: int = MOST_ROWS) -> Sample:
    """`order_columns`: by kind, the column with the id of the order. A row without one is in the sample."""
    largest = max((rows[kind].height for kind in order_columns), default=0)
    one_in = -(-largest // most_rows) if largest else 1
    if one_in == 1:
        return Sample(rows, 1)
    return Sample({kind: _of_orders(frame, order_columns.get(kind), one_in) for kind, frame in rows.items()}, one_in)


def _of_orders(rows: pl.DataFrame, column: str | None, one_in: int) -> pl.DataFrame:
    if column is None:
        return rows
    order = pl.col(column).str.strip_chars()
    return rows.filter(order.is_null() | (order.hash(0) % one_in == 0))
