"""What shapes of several connectors share: trimmed texts, and whether an order's stages follow each other.

Not here: what a text is read as (`contracts/reading.py`), and anything that only one kind of export needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

NO_SALE = ("canceled", "unavailable")
"""The statuses of orders that are no sale."""


def text(column: str) -> pl.Expr:
    """Without white space around it; null where nothing else is there."""
    trimmed = pl.col(column).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed).alias(column)


def read_whole(rows: pl.DataFrame, values: Mapping[str, pl.Series]) -> list[pl.Series]:
    """The columns of which no text was lost in reading; the contract need not read those again, and refuses the others' texts."""
    return [read for name, read in values.items() if read.null_count() == rows[name].null_count()]


def is_timeline_sound(stages: Mapping[str, pl.Series]) -> pl.Series:
    """Whether none of the stages, named in their turn, is dated before an earlier one; one without a date is no fault."""
    names = list(stages)
    in_turn = [pl.col(stage) >= pl.max_horizontal(names[:n]) for n, stage in enumerate(names) if n]
    sound = pl.all_horizontal(step.fill_null(True) for step in in_turn).alias("is_timeline_sound")
    return pl.DataFrame(list(stages.values())).select(sound).to_series()
