"""Lines of orders that are always delivered whole: if an order comes again, its lines of earlier deliveries are superseded.

A map states this of a kind of files (`whole = "order"`). Which lines are superseded depends on the delivered rows of the month's
orders only. Not here: the tables for which orders come whole (engine/mapping/columns_used.py); a line that comes again by itself,
which supersedes the line with its key (settle.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import rows_by_delivery
from ecom_lake.engine.build.mapped.facets import bronze_table, facets_of, map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.mapping.columns_used import whole_for
from ecom_lake.engine.mapping.definitions import Facet, Whole
from ecom_lake.engine.store.entry import Entry

LAST_DELIVERY = "last_delivery"
"""The last delivery of the row's order, by files that contain orders whole; NULL for a row of other files."""


def come_whole(site: Site, spec: RowByRow) -> bool:
    """Whether orders come whole in any of the files that lines are delivered in."""
    return spec in site.connector.lines and "order" in versions_of(site, spec)


def versions_of(site: Site, spec: RowByRow) -> list[Whole]:
    """What a delivery of each file is to this table: rows, whole orders, or the whole file."""
    return [] if site.map is None else [_version_of(site, facet) for facet in facets_of(site, spec.source)]


def _version_of(site: Site, facet: Facet) -> Whole:
    return whole_for(facet, map_of(site).file_kind(facet.kind))


def with_last_delivery(site: Site, entry: Entry, spec: RowByRow, rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The delivered lines with the last delivery of their order. `orders`: the order index, of these orders."""
    kinds = _kinds_by_delivery(site, entry, spec)
    kind = pl.col("source_sequence").replace_strict(kinds, default=None, return_dtype=pl.String).alias("kind")
    headers = orders.select("order_id", header="source_sequence", kind=kind)
    marked = rows.with_columns(kind).join(headers, on=["order_id", "kind"], how="left", maintain_order="left")
    of_lines = pl.col("source_sequence").max().over("order_id", "kind")
    last = pl.when(pl.col("kind").is_not_null()).then(pl.max_horizontal(of_lines, "header"))
    return marked.with_columns(last.alias(LAST_DELIVERY)).drop("kind", "header")


def _kinds_by_delivery(site: Site, entry: Entry, spec: RowByRow) -> Mapping[int, str]:
    """The kind of each delivery that contains orders whole."""
    whole = [bronze_table(site, facet) for facet in facets_of(site, spec.source) if _version_of(site, facet) == "order"]
    return {sequence: table.name for table in whole for sequence in rows_by_delivery(entry, table)}


def superseded_lines(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of the last delivery of each order, and the lineage of the other lines."""
    if LAST_DELIVERY not in rows.columns:
        return rows, rows.head(0).select(LINEAGE)
    is_older = (pl.col("source_sequence") < pl.col(LAST_DELIVERY)).fill_null(False)
    return rows.filter(~is_older).drop(LAST_DELIVERY), rows.filter(is_older).select(LINEAGE)
