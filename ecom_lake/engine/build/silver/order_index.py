"""The order index: the current version of each order, and its month.

Every order is validated here before any month is built. The rows of an order then go to the month of the order, to the pending
rows (the order has not been delivered), or to quarantine (the order was refused).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import delivered_rows, delivered_table, in_batches, rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import ZSTD_LEVEL
from ecom_lake.engine.build.silver.settle import Fates, count_fates, judge, latest, with_raw_records
from ecom_lake.engine.build.silver.specs import INDEX
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.code_version import code_version, version_of
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.config import UNDATED
from ecom_lake.engine.contracts.conform import Conformed
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import EMPTY, Entry, File, Made
from ecom_lake.engine.store.lake import rows_in
from ecom_lake.words import counted

TABLE = INDEX
UNPLACED = Part(batch="unplaced")
"""The part of a quarantine table for rows without a month."""


@dataclass(frozen=True)
class _Unplaced:
    pending: pl.DataFrame
    refused: pl.DataFrame


def make_order_index(site: Site) -> Outcome:
    entry = state_to_build_on(site)
    inputs = _inputs(site, entry)
    if is_current(site, entry) and not site.full:
        return Outcome(TABLE, entry.parts(TABLE), checks=_checks(site, entry))
    inputs.verify(site)
    mark = _mark(site, inputs)
    index, refused, superseded = _judge_all(site, entry)
    source = site.connector.orders.source
    fates: Fates = (*count_fates(source, "quarantined", refused), *count_fates(source, "superseded", superseded))
    changes: dict[TableId, dict[Part, File | None]] = {TableId("quarantine", source): {}}
    with site.lake.scratch() as scratch:

        def put(frame: pl.DataFrame, table: TableId, part: Part, fates: Fates = ()) -> File | None:
            target = scratch / f"{table.layer}-{table.name}.parquet"
            frame.write_parquet(target, compression="zstd", compression_level=ZSTD_LEVEL)
            made = Made(rows=rows_in(target), fingerprint=mark, run=site.run, inputs=inputs.versions, fates=fates)
            return site.lake.publish(target, table, part, made, entry.parts(table).get(part))

        changes[TableId("quarantine", source)][UNPLACED] = (
            put(refused, TableId("quarantine", source), UNPLACED) if len(refused) else None
        )
        for line in site.connector.lines:
            left = _without_month(site, entry, line, index, refused)
            fates += count_fates(line.source, "pending", left.pending) + count_fates(line.source, "quarantined", left.refused)
            for table, part, rows in (
                (TableId("pending", line.source), WHOLE, left.pending),
                (TableId("quarantine", line.source), UNPLACED, left.refused),
            ):
                changes[table] = {part: put(rows, table, part) if len(rows) else None}
        made = put(index, TABLE, WHOLE, fates)
    assert made is not None
    after = commit(site, inputs, {**changes, TABLE: {WHOLE: made}}, "order index")
    return Outcome(TABLE, {WHOLE: made}, written=(WHOLE,), checks=_checks(site, after))


def is_current(site: Site, entry: Entry) -> bool:
    current = entry.parts(TABLE).get(WHOLE)
    return current is not None and current.fingerprint == _mark(site, _inputs(site, entry))


def _inputs(site: Site, entry: Entry) -> Inputs:
    lines = [line.source for line in site.connector.lines]
    return Inputs(entry, tuple(TableId("bronze", source) for source in (site.connector.orders.source, *lines)))


def _mark(site: Site, inputs: Inputs) -> str:
    connector, orders = site.connector, site.connector.orders
    code = (code_version(__name__), version_of(orders.shape))
    contracts = (orders.contract, OrderIndex.table)
    delivered = [delivered_table(site, spec.source) for spec in (orders, *connector.lines)]
    clock = (orders.times, site.shop.timezone)
    made_from = (connector.customer_key, orders.lookups, delivered, clock, site.months(), inputs.versions)
    return fingerprint(code, contracts, made_from)


def definition_fingerprint(site: Site) -> str:
    """A fingerprint of everything that the index depends on, except the rows of its inputs."""
    return _mark(site, Inputs(EMPTY, ()))


def _judge_all(site: Site, entry: Entry) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The winning orders, the refused ones with their raw records, and the lineage of older versions."""
    spec = site.connector.orders
    good: list[pl.DataFrame] = []
    refused: list[pl.DataFrame] = []
    for rows in in_batches(site, entry, spec.source):
        judged = judge_orders(site, entry, rows)
        key = rows.select(*LINEAGE, pl.col(site.connector.customer_key).str.strip_chars().alias("customer_key"))
        keyed = judged.good.select("order_id", "ordered_at", "month", *LINEAGE)
        good.append(keyed.join(key, on=LINEAGE, how="left").with_columns(pl.col("customer_key").fill_null("")))
        refused.append(with_raw_records(judged.bad, rows, spec.source))
    columns = list(OrderIndex.table.columns)
    winners, superseded = latest(pl.concat(good).select(columns), ("order_id",))
    return winners, pl.concat(refused), superseded


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


def _without_month(site: Site, entry: Entry, line: RowByRow, index: pl.DataFrame, refused: pl.DataFrame) -> _Unplaced:
    """The rows of a line table whose order is not in the index."""
    order = pl.col("order_id").str.strip_chars().alias("order_id")
    keys = rows_of(site, entry, line.source).select(order, *LINEAGE)
    without_order = keys.join(index.lazy().select("order_id"), on="order_id", how="anti").collect().sort(LINEAGE)
    refused_ids = refused.select(
        pl.col("raw_record").str.json_path_match("$.order_id").str.strip_chars().alias("order_id")
    ).unique()
    has_no_id = pl.col("order_id").fill_null("") == ""
    refused_lines = without_order.filter(has_no_id | pl.col("order_id").is_in(refused_ids["order_id"].drop_nulls().implode()))
    why = pl.when(has_no_id).then(pl.lit("order_id_missing")).otherwise(pl.lit("order_refused"))
    rules = refused_lines.select(
        *LINEAGE, why.alias("rule"), pl.lit("order_id").alias("column"), pl.col("order_id").alias("value")
    )
    pending = without_order.join(refused_lines, on=LINEAGE, how="anti").select(
        pl.lit(line.source).alias("source"), *LINEAGE, "order_id"
    )
    return _Unplaced(pending, with_raw_records(rules, delivered_rows(site, entry, line.source, rules), line.source))


def _checks(site: Site, entry: Entry) -> tuple[Check, ...]:
    source = site.connector.orders.source
    unplaced = entry.parts(TableId("quarantine", source)).get(UNPLACED)
    pending = {
        line.source: file.rows
        for line in site.connector.lines
        if (file := entry.parts(TableId("pending", line.source)).get(WHOLE))
    }
    return (
        Check(
            TABLE,
            "orders_accepted",
            passed=unplaced is None,
            severity="warn",
            says=(
                f"{counted(unplaced.rows, 'delivered order', 'is/are')} in quarantine (`ecom-lake quarantine`). For orders"
                " outside the shop's months, change first_month or last_month in lake.toml."
                if unplaced
                else "Every delivered order was accepted."
            ),
        ),
        Check(
            TABLE,
            "nothing_pending",
            passed=not pending,
            severity="warn",
            says=(
                "Rows that wait for their orders: " + ", ".join(f"{rows:,} of {source}" for source, rows in pending.items()) + "."
                if pending
                else "No row waits for its order."
            ),
        ),
    )
