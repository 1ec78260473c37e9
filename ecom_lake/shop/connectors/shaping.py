"""What shapes of several connectors share: trimmed texts, gross sales, and whether an order's stages follow each other.

Not here: what a text is read as (`engine/contracts/reading.py`), and anything that only one kind of export needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.contracts.columns import MONEY


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


def gross_sales(unit_price: pl.Series, quantity: pl.Series) -> pl.Series:
    """Price times quantity, rounded half away from zero to the cent; null where either is, or where money cannot hold it."""
    exact = unit_price.cast(pl.Decimal(38, 4)) * quantity.cast(pl.Decimal(38, 0))
    return exact.round(2, mode="half_away_from_zero").cast(MONEY.polars, strict=False)
