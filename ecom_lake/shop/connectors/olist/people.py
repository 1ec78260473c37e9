"""Persons from aliases: Olist gives every order a customer of its own, and says of each which person it is.

A person lives where their latest order went. Persons whom only orders know of have no delivered record, so they are none
of silver's customers: they come in with the orders.
"""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.contracts.connector import Merged
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.shop.connectors.merging import Reason, fates, is_refused, refused, rows_by_delivery
from ecom_lake.shop.connectors.olist.names import with_address
from ecom_lake.shop.connectors.shaping import text

SOURCE = "customers"
ALIAS, PERSON = "customer_id", "customer_unique_id"
REASONS = (
    Reason("alias_missing", ALIAS, text(ALIAS).is_null()),
    Reason("person_missing", PERSON, text(PERSON).is_null()),
)


def merge_customers(rows: pl.LazyFrame, order_index: pl.LazyFrame) -> Merged:
    sound = rows.filter(~is_refused(REASONS)).with_columns(text(ALIAS), text(PERSON)).collect().sort(LINEAGE)
    latest = sound.unique(ALIAS, keep="last", maintain_order=True)
    chosen = _at_home(latest, order_index)
    people = with_address(chosen, "customer")
    return Merged(
        rows=people.select(pl.col(PERSON).alias("customer_id"), "city", "state", "region", "country", "zip", *LINEAGE),
        fates=fates(SOURCE, rows_by_delivery(sound), rows_by_delivery(latest), rows_by_delivery(chosen)),
        refused=refused(rows, SOURCE, REASONS).collect().sort(LINEAGE),
    )


def _at_home(aliases: pl.DataFrame, order_index: pl.LazyFrame) -> pl.DataFrame:
    """Of each person the alias of their latest order; without any order, the one that was delivered last. Sorted by person."""
    orders = order_index.select("ordered_at", "order_id", pl.col("customer_key").alias(ALIAS))
    ordered = aliases.lazy().join(orders, on=ALIAS, how="left").collect()
    in_turn = ordered.sort(PERSON, "ordered_at", "order_id", *LINEAGE, nulls_last=False)
    return in_turn.unique(PERSON, keep="last", maintain_order=True)
