"""Customers from aliases: Olist gives every order its own customer id, and exports the person of each of these ids.

The address of a person is the address of their latest order. Persons that occur only in orders have no delivered record, so
they are not in silver's customers: gold adds them from the orders.
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
    chosen = _latest_aliases(latest, order_index)
    people = with_address(chosen, "customer")
    return Merged(
        rows=people.select(pl.col(PERSON).alias("customer_id"), "city", "state", "region", "country", "zip", *LINEAGE),
        fates=fates(SOURCE, rows_by_delivery(sound), rows_by_delivery(latest), rows_by_delivery(chosen)),
        refused=refused(rows, SOURCE, REASONS).collect().sort(LINEAGE),
    )


def _latest_aliases(aliases: pl.DataFrame, order_index: pl.LazyFrame) -> pl.DataFrame:
    """The alias of each person's latest order, or without any order, the alias delivered last. Sorted by person."""
    orders = order_index.select("ordered_at", "order_id", pl.col("customer_key").alias(ALIAS))
    ordered = aliases.lazy().join(orders, on=ALIAS, how="left").collect()
    in_turn = ordered.sort(PERSON, "ordered_at", "order_id", *LINEAGE, nulls_last=False)
    return in_turn.unique(PERSON, keep="last", maintain_order=True)
