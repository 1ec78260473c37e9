"""Reading bronze for the silver steps: by table, by delivery, by batch, by record.

Here: which files hold the rows of a delivery, and which deliveries came since an earlier state. A file is checked for damage
before it is read. Not here: how a delivered file becomes bronze (ingest.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.commit import verify
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import in_order

BATCH = 1_000_000
"""Rows in one batch: large enough for speed, small enough for a gigabyte of memory."""
_LOOK_BACK = 100
"""The largest number of new deliveries that are looked for. With more of them, reading all deliveries is as fast."""
_FILE = "_file"


def delivered_table(site: Site, source: str) -> Delivered:
    return next(delivered for delivered in site.connector.delivered if delivered.name == source)


def rows_of(site: Site, entry: Entry, source: str, deliveries: Collection[int] | None = None) -> pl.LazyFrame:
    """The delivered rows of a table as text, with the numbers of their delivery and record; None: of all deliveries.

    A file that was delivered before a column was added to the `Delivered` has NULL in that column."""
    delivered = delivered_table(site, source)
    stored = {name: pl.String() for name in delivered.columns} | dict.fromkeys(LINEAGE, pl.Int64())
    files = _files_of(entry, source, deliveries)
    if not files:
        return pl.LazyFrame(schema=stored)
    by_path = {file.path: file for file in files}  # several deliveries may have been merged into one file
    verify(site, by_path.values())
    paths = dict(zip(map(str, site.lake.locals(by_path.values())), by_path.values(), strict=True))
    # One scan of all files: a query of one scan for each file takes twenty times as long.
    rows = pl.scan_parquet(
        list(paths), glob=False, schema=stored, missing_columns="insert", extra_columns="ignore", include_file_paths=_FILE
    )
    sequences = {path: _sequence(file) for path, file in paths.items() if not file.first_hash}
    of_file = pl.col(_FILE).replace_strict(sequences, default=None, return_dtype=pl.Int64)
    if len(sequences) < len(paths):  # a merged file may hold a delivery that has its own file again
        merged = [_sequence(file) for file in files if file.first_hash]
        rows = rows.filter(of_file.is_not_null() | pl.col(LINEAGE[0]).is_in(merged))
    return rows.select(*delivered.columns, pl.coalesce(of_file, LINEAGE[0]).alias(LINEAGE[0]), LINEAGE[1])


def in_batches(site: Site, entry: Entry, source: str, deliveries: Collection[int] | None = None) -> Iterator[pl.DataFrame]:
    """The delivered rows, in batches. There is at least one batch, which may be empty."""
    rows = rows_of(site, entry, source, deliveries)
    total = sum(file.rows for file in _files_of(entry, source, deliveries))
    for start in range(0, max(total, 1), BATCH):
        yield rows.slice(start, BATCH).collect()


def delivered_rows(site: Site, entry: Entry, source: str, which: pl.DataFrame) -> pl.DataFrame:
    """The delivered rows with the lineage of the rows in `which`."""
    deliveries = set(which["source_sequence"])
    wanted = which.select(LINEAGE).unique().lazy()
    return rows_of(site, entry, source, deliveries).join(wanted, on=LINEAGE, how="semi").collect().sort(LINEAGE)


def rows_by_delivery(entry: Entry, source: str) -> dict[int, int]:
    """The number of rows of each delivery of a table."""
    return {_sequence(file): file.rows for file in _files_of(entry, source, None)}


def deliveries_since(entry: Entry, source: str, version: str) -> set[int] | None:
    """The deliveries of a table that came after it had this version.

    None where that is unknown: an earlier delivery was replaced since then, or there are too many new ones."""
    table = TableId("bronze", source)
    parts = entry.parts(table)
    known, since = entry, set[int]()
    for part in sorted(parts, key=lambda part: _sequence(parts[part]), reverse=True)[:_LOOK_BACK]:
        if known.version(table) == version:
            return since
        known = known.with_parts(table, {part: None})
        since.add(_sequence(parts[part]))
    return since if known.version(table) == version else None


def _files_of(entry: Entry, source: str, deliveries: Collection[int] | None) -> list[File]:
    files = in_order(entry.parts(TableId("bronze", source)))
    return files if deliveries is None else [file for file in files if _sequence(file) in deliveries]


def _sequence(file: File) -> int:
    assert file.delivery is not None
    return file.delivery.sequence
