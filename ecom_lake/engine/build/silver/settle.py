"""From delivered rows to rows of a silver table: shape them, check them against the contract, keep one version of each key.

Pure functions of data frames. Every delivered row is in exactly one result: good, refused (with the rule), or superseded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.contracts.conform import Conformed, conform
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.shop_time import in_shop_time

Fates = tuple[tuple[str, int, str, int], ...]


@dataclass(frozen=True)
class Settled:
    good: pl.DataFrame
    """Sorted by the contract's key; one row for each key."""
    refused: pl.DataFrame
    """source_sequence, source_record, rule, column, value."""
    superseded: pl.DataFrame
    """The lineage of older versions."""


def settle(rows: pl.DataFrame, spec: RowByRow, lookups: Mapping[str, pl.DataFrame], zone: str) -> Settled:
    """Check the rows, then keep the latest good row of each key: a refused correction never replaces a good row."""
    judged = judge(rows, spec, lookups, zone)
    good, superseded = latest(judged.good, spec.contract.key)
    return Settled(good, judged.bad, superseded)


def judge(rows: pl.DataFrame, spec: RowByRow, lookups: Mapping[str, pl.DataFrame], zone: str) -> Conformed:
    """Shape the rows and check them against the contract; `zone` is the shop's time zone.

    A column `month` of the rows, which comes from the order index, is kept."""
    shaped = spec.shape(in_shop_time(rows, spec.times, zone), lookups)
    if not shaped.select(LINEAGE).equals(rows.select(LINEAGE)):
        raise ValueError(
            f"The shape of {spec.contract.name} must return one row for each row that it receives, in the same order."
        )
    if spec.contract.monthly:
        shaped = shaped.with_columns(rows["month"] if "month" in rows.columns else _month_of_order(shaped))
    return conform(shaped, spec.contract)


def _month_of_order(orders: pl.DataFrame) -> pl.Expr:
    """The first day of the order's month. A date that is still text is cut: a valid one starts with year and month."""
    if orders["ordered_at"].dtype != pl.String:
        return pl.col("ordered_at").dt.date().dt.month_start().alias("month")
    return (pl.col("ordered_at").str.strip_chars().str.slice(0, 7) + "-01").alias("month")


def latest(rows: pl.DataFrame, key: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The row of the latest delivery and record of each key, sorted by key; and the lineage of the other rows."""
    ordered = rows.sort([*key, *LINEAGE])
    is_last = pl.any_horizontal(pl.col(name) != pl.col(name).shift(-1) for name in key).fill_null(True)
    marked = ordered.with_columns(is_last.alias("_last"))
    return marked.filter("_last").drop("_last"), marked.filter(~pl.col("_last")).select(LINEAGE)


def count_fates(source: str, fate: str, rows: pl.DataFrame) -> Fates:
    """How many rows of each delivery have this fate."""
    counts = rows.group_by("source_sequence").len().sort("source_sequence")
    return tuple((source, int(sequence), fate, int(n)) for sequence, n in counts.iter_rows())
