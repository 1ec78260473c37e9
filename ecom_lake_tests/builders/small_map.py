"""A canonical shop of three small tables for maps to fill, delivered rows, and one table of a map run on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.mapping.map_file import Map, read_map
from ecom_lake.engine.mapping.run_facet import MappedRows, map_rows

WHERE = "maps/shop.toml"
KEY = b"a key"
TARGETS = (
    Delivered("orders", "", ("order_id",), ("customer_id", "ordered_at", "status", "note")),
    Delivered("order_items", "", ("order_id", "line"), ("unit_price", "quantity", "discount", "product_id")),
    Delivered("payments", "", ("order_id", "amount"), ("method",)),
)


def delivery(rows: Sequence[Mapping[str, str | None]], number: int = 1) -> pl.DataFrame:
    """Delivered rows of one delivery, with records from 1."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    texts = pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String()))
    records = pl.int_range(1, len(rows) + 1, dtype=pl.Int64)
    return texts.with_columns(pl.lit(number, pl.Int64).alias(LINEAGE[0]), records.alias(LINEAGE[1]))


def small_map(text: str) -> Map:
    return read_map(text, WHERE, TARGETS)


def mapped(text: str, *deliveries: pl.DataFrame, kinds: Mapping[str, pl.DataFrame] | None = None) -> MappedRows:
    """The first table of a map, on deliveries of its kind."""
    map_ = small_map(text)
    return map_rows(map_, map_.facets[0], pl.concat(deliveries), kinds or {}, "Europe/Istanbul", KEY)
