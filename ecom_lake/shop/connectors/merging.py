"""The rows that a merge does not publish: refused rows with a reason, and the fates of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.contracts.conform import EVIDENCE
from ecom_lake.engine.contracts.delivered import LINEAGE


@dataclass(frozen=True)
class Reason:
    """Why a delivered row cannot be merged."""

    rule: str
    column: str
    """The delivered column with the invalid value."""
    applies: pl.Expr


def is_refused(reasons: Sequence[Reason]) -> pl.Expr:
    return pl.any_horizontal(reason.applies for reason in reasons)


def refused(rows: pl.LazyFrame, source: str, reasons: Sequence[Reason]) -> pl.LazyFrame:
    """The rows that cannot be merged, each with the first reason that applies; `Merged.refused`."""

    def first(of: Callable[[Reason], pl.Expr]) -> pl.Expr:
        found = pl.lit(None, pl.String)
        for reason in reversed(reasons):
            found = pl.when(reason.applies).then(of(reason)).otherwise(found)
        return found

    return rows.filter(is_refused(reasons)).select(
        pl.lit(source).alias("source"),
        *LINEAGE,
        first(lambda reason: pl.lit(reason.rule)).alias("rule"),
        first(lambda reason: pl.lit(reason.column)).alias("column"),
        first(lambda reason: pl.col(reason.column).str.head(EVIDENCE)).alias("value"),
    )


def rows_by_delivery(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("source_sequence").agg(rows=pl.len().cast(pl.Int64))


def fates(source: str, valid: pl.DataFrame, latest: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """`Merged.fates`, from the rows of each delivery: all valid rows, those that no later one supersedes, the published ones."""
    return (
        valid.join(latest.rename({"rows": "latest"}), on="source_sequence", how="left")
        .join(published.rename({"rows": "published"}), on="source_sequence", how="left")
        .with_columns(pl.col("latest", "published").fill_null(0))
        .select(
            "source_sequence",
            superseded=pl.col("rows") - pl.col("latest"),
            collapsed=pl.col("latest") - pl.col("published"),
        )
        .unpivot(index="source_sequence", variable_name="fate", value_name="rows")
        .filter(pl.col("rows") > 0)
        .select(pl.lit(source).alias("source"), "source_sequence", "fate", "rows")
        .sort("source_sequence", "fate")
    )
