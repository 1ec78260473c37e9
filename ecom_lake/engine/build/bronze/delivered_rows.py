"""Reading bronze for the silver steps: by table, by batch, by record."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.lake import Lake, in_order

BATCH = 1_000_000
"""Rows in one batch: large enough for speed, small enough for a gigabyte of memory."""


def delivered_table(site: Site, source: str) -> Delivered:
    return next(delivered for delivered in site.connector.delivered if delivered.name == source)


def rows_of(site: Site, entry: Entry, source: str) -> pl.LazyFrame:
    return read_bronze(site.lake, entry, delivered_table(site, source))


def read_bronze(lake: Lake, entry: Entry, delivered: Delivered) -> pl.LazyFrame:
    """Every delivered row of a table as text, with the numbers of its delivery and record.

    A file that was delivered before a column was added to the `Delivered` has NULL in that column.
    """
    stored = {name: pl.String() for name in delivered.columns} | {"source_record": pl.Int64()}
    frames = [
        pl.LazyFrame(schema=stored).select(*delivered.columns, pl.lit(0, pl.Int64).alias("source_sequence"), "source_record")
    ]
    files = in_order(entry.parts(TableId("bronze", delivered.name)))
    for file, path in zip(files, lake.locals(files), strict=True):
        assert file.delivery is not None
        frame = pl.scan_parquet(path, glob=False, schema=stored, missing_columns="insert", extra_columns="ignore")
        sequence = pl.lit(file.delivery.sequence, dtype=pl.Int64).alias("source_sequence")
        frames.append(frame.select(*delivered.columns, sequence, "source_record"))
    return frames[1] if len(frames) == 2 else pl.concat(frames)


def in_batches(site: Site, entry: Entry, source: str) -> Iterator[pl.DataFrame]:
    """Every delivered row, in batches. There is at least one batch, which may be empty."""
    rows = rows_of(site, entry, source)
    total = sum(file.rows for file in entry.parts(TableId("bronze", source)).values())
    for start in range(0, max(total, 1), BATCH):
        yield rows.slice(start, BATCH).collect()


def delivered_rows(site: Site, entry: Entry, source: str, which: pl.DataFrame) -> pl.DataFrame:
    """The delivered rows with the lineage of the rows in `which`."""
    if which.is_empty():
        return rows_of(site, entry, source).head(0).collect()
    wanted = which.select(LINEAGE).unique().lazy()
    return rows_of(site, entry, source).join(wanted, on=LINEAGE, how="semi").collect().sort(LINEAGE)
