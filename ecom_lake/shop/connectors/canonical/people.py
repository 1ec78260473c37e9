"""One person from the rows that speak of them.

A person's latest delivery speaks for them alone, its last row first of all. Where rows of that delivery name several
genders, the shop does not know which is right, and neither do we.
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
    """A row is judged before it may supersede another: a bad correction never takes a good row's place."""
    gender = text("gender").str.to_lowercase().replace(_LETTERS)
    judged = conform(rows.with_columns(gender).collect(), Customers.table)
    sound = judged.good.sort(LINEAGE)
    latest = sound.filter(pl.col("source_sequence") == pl.col("source_sequence").max().over(PERSON))
    chosen = latest.unique(PERSON, keep="last", maintain_order=True)
    return Merged(
        rows=chosen.drop("gender").join(_genders(latest), on=PERSON, how="left").sort(PERSON),
        fates=fates(SOURCE, rows_by_delivery(sound), rows_by_delivery(latest), rows_by_delivery(chosen)),
        refused=judged.bad.with_columns(source=pl.lit(SOURCE)).sort(LINEAGE),
    )


def _genders(rows: pl.DataFrame) -> pl.DataFrame:
    """The one that all rows of a person that name one agree on."""
    named = pl.col("gender").filter(pl.col("gender") != UNKNOWN)
    agreed = pl.when(named.n_unique() == 1).then(named.first())
    return rows.group_by(PERSON).agg(gender=pl.coalesce(agreed, pl.when(pl.col("gender").count() > 0).then(pl.lit(UNKNOWN))))
