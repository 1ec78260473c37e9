"""The order index updated with new deliveries, and the rows that get no month: pending or refused.

The result is the same as from all deliveries at once. A delivered order has the same verdict at any time, so the winner among the
earlier winner and the new versions is the winner of all versions. An order that was once delivered stays known, so only new lines
and lines without a month can have another fate.
Not here: when an index can be updated, and its files (order_index.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import delivered_rows, in_batches, rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.evidence import with_raw_records
from ecom_lake.engine.build.silver.settle import Fates, count_fates, judge, latest
from ecom_lake.engine.config import UNDATED
from ecom_lake.engine.contracts.conform import BAD, Conformed
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.store.entry import EMPTY, Entry

INDEX_ROWS = pl.Schema(OrderIndex.table.schema)
REFUSED_ROWS = pl.Schema({"source": pl.String(), **BAD, "raw_record": pl.String()})
PENDING_ROWS = pl.Schema(
    {"source": pl.String(), "source_sequence": pl.Int64(), "source_record": pl.Int64(), "order_id": pl.String()}
)


@dataclass(frozen=True)
class Unplaced:
    """The rows of a line table whose order is not in the index."""

    pending: pl.DataFrame = field(default_factory=PENDING_ROWS.to_frame)
    refused: pl.DataFrame = field(default_factory=REFUSED_ROWS.to_frame)
    """With their raw records."""


@dataclass(frozen=True)
class Placement:
    """The order index and the rows without a month. Without arguments: of no deliveries."""

    index: pl.DataFrame = field(default_factory=INDEX_ROWS.to_frame)
    """One row per order, sorted by order_id."""
    refused: pl.DataFrame = field(default_factory=REFUSED_ROWS.to_frame)
    """Refused orders, with their raw records."""
    superseded: Mapping[int, int] = field(default_factory=dict)
    """By delivery: the number of its orders that have a later version."""
    lines: Mapping[str, Unplaced] = field(default_factory=dict)
    """By delivered table."""

    def fates(self, orders: str) -> Fates:
        """The delivered rows that get no month, by table and delivery; `orders` is the delivered table of orders."""
        superseded = tuple((orders, sequence, "superseded", rows) for sequence, rows in sorted(self.superseded.items()))
        fates: Fates = count_fates(orders, "quarantined", self.refused) + superseded
        for source, unplaced in self.lines.items():
            fates += count_fates(source, "pending", unplaced.pending) + count_fates(source, "quarantined", unplaced.refused)
        return fates


def updated(site: Site, entry: Entry, earlier: Placement, new: Mapping[str, Collection[int]]) -> Placement:
    """The placement of all rows, from an earlier one and the deliveries of each table that it does not contain."""
    orders = _with_new_orders(site, entry, earlier, new[site.connector.orders.source])
    lines = {
        line.source: _unplaced(site, entry, line, orders, earlier.lines.get(line.source, Unplaced()), new[line.source])
        for line in site.connector.lines
    }
    return replace(orders, lines=lines)


def _with_new_orders(site: Site, entry: Entry, earlier: Placement, new: Collection[int]) -> Placement:
    spec, customer_key = site.connector.orders, pl.col(site.connector.customer_key).str.strip_chars().alias("customer_key")
    good, refused = [earlier.index], [earlier.refused]
    for rows in in_batches(site, entry, spec.source, new):
        judged = judge_orders(site, entry, rows)
        keys = rows.select(*LINEAGE, customer_key)
        keyed = judged.good.select("order_id", "ordered_at", "month", *LINEAGE).join(keys, on=LINEAGE, how="left")
        good.append(keyed.with_columns(pl.col("customer_key").fill_null("")).select(INDEX_ROWS.names()))
        refused.append(with_raw_records(site, entry, spec.source, judged.bad, rows))
    winners, older = latest(pl.concat(good), ("order_id",))
    superseded = Counter(earlier.superseded) + Counter(older["source_sequence"].to_list())
    return Placement(winners, pl.concat(refused).sort(LINEAGE), superseded)


def judge_orders(site: Site, entry: Entry, rows: pl.DataFrame) -> Conformed:
    """Check delivered orders against their contract and the shop's months, without lookups."""
    spec, months = site.connector.orders, site.months()
    empty = {lookup.source: rows_of(site, EMPTY, lookup.source).collect() for lookup in spec.lookups}
    judged = judge(rows, spec, empty, site.shop.timezone)
    good = judged.good.with_columns(pl.col("month").fill_null(UNDATED))
    inside = good["month"].is_in(months)
    return Conformed(good.filter(inside), pl.concat([judged.bad, _outside(good.filter(~inside), months)]))


def _outside(orders: pl.DataFrame, months: list[date]) -> pl.DataFrame:
    bounds = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if months else "none"
    return orders.select(
        *LINEAGE,
        pl.lit("outside_the_shops_months").alias("rule"),
        pl.lit("ordered_at").alias("column"),
        (pl.col("ordered_at").cast(pl.String) + f" (the shop's months are {bounds})").alias("value"),
    )


def _unplaced(site: Site, entry: Entry, line: RowByRow, orders: Placement, earlier: Unplaced, new: Collection[int]) -> Unplaced:
    """The rows of a line table whose order is not in the index, among the earlier ones and the new deliveries."""
    order = pl.col("order_id").str.strip_chars()
    delivered = rows_of(site, entry, line.source, new).select(order, *LINEAGE)
    candidates = pl.concat([earlier.pending.lazy().select("order_id", *LINEAGE), delivered])
    without_order = candidates.join(orders.index.lazy(), on="order_id", how="anti").collect()
    has_no_id = pl.col("order_id").fill_null("") == ""
    is_refused = has_no_id | pl.col("order_id").is_in(_ids(site, entry, orders.refused).drop_nulls().unique().implode())
    why = pl.when(has_no_id).then(pl.lit("order_id_missing")).otherwise(pl.lit("order_refused"))
    rules = without_order.filter(is_refused).select(
        *LINEAGE, why.alias("rule"), pl.lit("order_id").alias("column"), pl.col("order_id").alias("value")
    )
    refused = [
        earlier.refused.join(orders.index, left_on="value", right_on="order_id", how="anti"),
        with_raw_records(site, entry, line.source, rules),
    ]
    pending = without_order.filter(~is_refused).select(pl.lit(line.source).alias("source"), *LINEAGE, "order_id")
    return Unplaced(pending.sort(LINEAGE), pl.concat(refused).sort(LINEAGE))


def _ids(site: Site, entry: Entry, refused: pl.DataFrame) -> pl.Series:
    """The order ids of refused orders: in their raw records, or in the rows that a map made from these."""
    if site.map:
        ids = delivered_rows(site, entry, site.connector.orders.source, refused)["order_id"]
    else:
        ids = refused.select(pl.col("raw_record").str.json_path_match("$.order_id")).to_series()
    return ids.str.strip_chars()
