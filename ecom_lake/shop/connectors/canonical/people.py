"""One customer from several delivered rows.

Only the latest delivery that contains a customer counts, and its last row is used. If the rows of that delivery have
different genders, the gender is `unknown`.
"""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.contracts.conform import conform
from ecom_lake.engine.contracts.connector import Merged
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.shop.canonical.customers import Customers
from ecom_lake.shop.connectors.merging import fates, rows_by_delivery
from ecom_lake.shop.connectors.shaping import text

SOURCE = "customers"
PERSON = "customer_id"
UNKNOWN = "unknown"
_LETTERS = {"f": "female", "m": "male"}


def merge_customers(rows: pl.LazyFrame, order_index: pl.LazyFrame) -> Merged:
    """A row is validated before it can supersede another: an invalid correction never replaces a valid row."""
    gender = text("gender").str.to_lowercase().replace(_LETTERS)
    checked = conform(rows.with_columns(gender).collect(), Customers.table)
    sound = checked.good.sort(LINEAGE)
    latest = sound.filter(pl.col("source_sequence") == pl.col("source_sequence").max().over(PERSON))
    chosen = latest.unique(PERSON, keep="last", maintain_order=True)
    return Merged(
        rows=chosen.drop("gender").join(_genders(latest), on=PERSON, how="left").sort(PERSON),
        fates=fates(SOURCE, rows_by_delivery(sound), rows_by_delivery(latest), rows_by_delivery(chosen)),
        refused=checked.bad.with_columns(source=pl.lit(SOURCE)).sort(LINEAGE),
    )


def _genders(rows: pl.DataFrame) -> pl.DataFrame:
    """The gender of each customer; `unknown` if their rows have different ones."""
    named = pl.col("gender").filter(pl.col("gender") != UNKNOWN)
    agreed = pl.when(named.n_unique() == 1).then(named.first())
    return rows.group_by(PERSON).agg(gender=pl.coalesce(agreed, pl.when(pl.col("gender").count() > 0).then(pl.lit(UNKNOWN))))
