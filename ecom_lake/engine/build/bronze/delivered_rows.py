"""Reading bronze for the silver steps: by table, by batch, by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File
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
    in_files = [list(sharing) for _, sharing in groupby(files, key=lambda file: file.path)]
    for sharing, path in zip(in_files, lake.locals(sharing[0] for sharing in in_files), strict=True):
        frames.append(_rows_in(path, sharing, stored).select(*delivered.columns, *LINEAGE))
    return frames[1] if len(frames) == 2 else pl.concat(frames)


def _rows_in(path: Path, deliveries: Sequence[File], stored: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """The rows of some deliveries in a file, which is theirs alone or was merged from several."""
    numbers = [file.delivery.sequence for file in deliveries if file.delivery]
    if not deliveries[0].first_hash:
        frame = pl.scan_parquet(path, glob=False, schema=stored, missing_columns="insert", extra_columns="ignore")
        return frame.with_columns(pl.lit(numbers[0], dtype=pl.Int64).alias("source_sequence"))
    columns = {**stored, "source_sequence": pl.Int64()}
    frame = pl.scan_parquet(path, glob=False, schema=columns, missing_columns="insert", extra_columns="ignore")
    return frame.filter(pl.col("source_sequence").is_in(numbers))


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
