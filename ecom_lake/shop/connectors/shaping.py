"""Functions that the shapes of several connectors share: trimmed texts, gross sales, the order of an order's stages.

Not here: parsing text (`engine/contracts/reading.py`), and functions that only one kind of export needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.contracts.columns import MONEY


def text(column: str) -> pl.Expr:
    """The text without surrounding white space; null if it is empty."""
    trimmed = pl.col(column).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed).alias(column)


def fully_parsed(rows: pl.DataFrame, values: Mapping[str, pl.Series]) -> list[pl.Series]:
    """The columns that were parsed without loss: the contract does not parse them again, and refuses the texts of the others."""
    return [read for name, read in values.items() if read.null_count() == rows[name].null_count()]


def is_timeline_sound(stages: Mapping[str, pl.Series]) -> pl.Series:
    """Whether no stage, in the given order, is dated before an earlier one; a stage without a date is allowed."""
    names = list(stages)
    in_turn = [pl.col(stage) >= pl.max_horizontal(names[:n]) for n, stage in enumerate(names) if n]
    sound = pl.all_horizontal(step.fill_null(True) for step in in_turn).alias("is_timeline_sound")
    return pl.DataFrame(list(stages.values())).select(sound).to_series()


def gross_sales(unit_price: pl.Series, quantity: pl.Series) -> pl.Series:
    """Price times quantity, rounded half away from zero to the cent; null where either is null or the result is too large."""
    exact = unit_price.cast(pl.Decimal(38, 4)) * quantity.cast(pl.Decimal(38, 0))
    return exact.round(2, mode="half_away_from_zero").cast(MONEY.polars, strict=False)
