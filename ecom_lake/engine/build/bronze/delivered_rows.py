"""Reading delivered rows for the silver steps: by table, by delivery, by batch, by record.

Silver reads bronze, or the mapped tables of a shop with a map: `source` is the name of such a table. Here: which files hold the
rows of a delivery, and which deliveries came since an earlier state. A file is checked for damage before it is read.
Not here: how a delivered file becomes bronze (ingest.py), how bronze is mapped (mapped/).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import count

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


def delivered_table(site: Site, source: str) -> Delivered:
    return next(delivered for delivered in site.connector.sources if delivered.name == source)


def rows_of(site: Site, entry: Entry, source: str, deliveries: Collection[int] | None = None) -> pl.LazyFrame:
    """The delivered rows of a table as text, with the numbers of their delivery and record; None: of all deliveries.

    A file that was delivered before a column was added to the `Delivered` has NULL in that column."""
    return read_rows(site, entry, site.connector.table(source), delivered_table(site, source), deliveries)


def kind_rows(site: Site, entry: Entry, kind: str, deliveries: Collection[int] | None = None) -> pl.LazyFrame:
    """The same of a kind of files of a shop with a map, before they are mapped."""
    delivered = next(delivered for delivered in site.connector.delivered if delivered.name == kind)
    return read_rows(site, entry, TableId("bronze", kind), delivered, deliveries)


def read_rows(
    site: Site, entry: Entry, table: TableId, delivered: Delivered, deliveries: Collection[int] | None = None
) -> pl.LazyFrame:
    """The same of any table with a part for each delivery."""
    files = _files_of(entry, table, deliveries)
    if not files:
        return no_rows(delivered.columns).lazy()
    by_path = {file.path: file for file in files}  # several deliveries may have been merged into one file
    verify(site, by_path.values())
    paths = dict(zip(map(str, site.lake.locals(by_path.values())), by_path.values(), strict=True))
    file_path = _file_column(delivered)
    rows = rows_in_files(paths, delivered)
    sequences = {path: _sequence(file) for path, file in paths.items() if not file.first_hash}
    of_file = pl.col(file_path).replace_strict(sequences, default=None, return_dtype=pl.Int64)
    rows = rows.with_columns(pl.coalesce(of_file, LINEAGE[0]).alias(LINEAGE[0]))
    if len(sequences) < len(paths):  # a shared file may hold a delivery that has another file now
        held_in = {_sequence(file): file.path for file in files}
        is_held = pl.col(LINEAGE[0]).replace_strict(held_in, default=None) == pl.col(file_path).replace_strict(
            {path: file.path for path, file in paths.items()}
        )
        rows = rows.filter(is_held)
    return rows.drop(file_path)


def rows_in_files(paths: Iterable[str], delivered: Delivered) -> pl.LazyFrame:
    """The rows of Parquet files with the table's own columns, the lineage and the path of the file.

    A column of a map may have one of several headers, which may differ from file to file. A column that a file lacks is NULL."""
    spelled, file_path = _spellings(delivered), _file_column(delivered)
    stored = (header for spellings in spelled.values() for header in spellings)
    # One scan of all files: a query of one scan for each file takes twenty times as long.
    rows = pl.scan_parquet(
        list(paths),
        glob=False,
        schema=no_rows(stored).schema,
        missing_columns="insert",
        extra_columns="ignore",
        include_file_paths=file_path,
    )
    columns = [pl.col(name) if each == (name,) else pl.coalesce(each).alias(name) for name, each in spelled.items()]
    return rows.select(*columns, *LINEAGE, file_path)


def _spellings(delivered: Delivered) -> dict[str, tuple[str, ...]]:
    """The headers that each column may have in delivered files."""
    headers = delivered.file_format.headers if delivered.file_format else {}
    return {name: tuple(headers.get(name, (name,))) for name in delivered.columns}


def _file_column(delivered: Delivered) -> str:
    """A name for the path of a row's file that no delivered column has."""
    taken = {*delivered.columns, *(header for headers in _spellings(delivered).values() for header in headers)}
    return next(name for number in count() if (name := f"_file{number}") not in taken)


def no_rows(columns: Iterable[str]) -> pl.DataFrame:
    """Delivered rows with these columns, of which there are none."""
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.String()) | dict.fromkeys(LINEAGE, pl.Int64()))


def in_batches(site: Site, entry: Entry, source: str, deliveries: Collection[int] | None = None) -> Iterator[pl.DataFrame]:
    """The delivered rows, in batches. There is at least one batch, which may be empty."""
    rows = rows_of(site, entry, source, deliveries)
    total = sum(file.rows for file in _files_of(entry, site.connector.table(source), deliveries))
    for start in range(0, max(total, 1), BATCH):
        yield rows.slice(start, BATCH).collect()


def delivered_rows(site: Site, entry: Entry, source: str, which: pl.DataFrame) -> pl.DataFrame:
    """The delivered rows with the lineage of the rows in `which`."""
    deliveries = set(which["source_sequence"])
    wanted = which.select(LINEAGE).unique().lazy()
    return rows_of(site, entry, source, deliveries).join(wanted, on=LINEAGE, how="semi").collect().sort(LINEAGE)


def records(site: Site, entry: Entry, table: TableId, which: pl.DataFrame) -> pl.DataFrame:
    """The records of a bronze table with the lineage of the rows in `which`, with all columns that their files have."""
    wanted = which.select(LINEAGE).unique().lazy()
    return _as_stored(site, entry, table, set(which["source_sequence"])).join(wanted, on=LINEAGE, how="semi").collect()


def latest_records(site: Site, entry: Entry, table: TableId, most: int) -> pl.DataFrame:
    """At most so many of the latest records of a bronze table, with all columns that their files have, without their lineage."""
    deliveries, held = set[int](), 0
    for sequence, rows in sorted(rows_by_delivery(entry, table).items(), reverse=True):
        if held >= most:
            break
        deliveries.add(sequence)
        held += rows
    return _as_stored(site, entry, table, deliveries).drop(LINEAGE).tail(most).collect()


def _as_stored(site: Site, entry: Entry, table: TableId, deliveries: Collection[int]) -> pl.LazyFrame:
    """The rows of these deliveries with all columns that their files have."""
    paths = site.lake.locals({file.path: file for file in _files_of(entry, table, deliveries)}.values())
    stored = dict.fromkeys(
        name for path in paths for name in pl.scan_parquet(path, glob=False).collect_schema() if name not in LINEAGE
    )
    return read_rows(site, entry, table, Delivered(table.name, "", tuple(stored)), deliveries)


def rows_by_delivery(entry: Entry, table: TableId) -> dict[int, int]:
    """The number of rows of each delivery of a table."""
    return {_sequence(file): file.rows for file in _files_of(entry, table, None)}


def deliveries_since(entry: Entry, table: TableId, version: str) -> set[int] | None:
    """The deliveries of a table that came after it had this version.

    None where that is unknown: an earlier delivery was replaced since then, or there are too many new ones."""
    parts = entry.parts(table)
    known, since = entry, set[int]()
    for part in sorted(parts, key=lambda part: _sequence(parts[part]), reverse=True)[:_LOOK_BACK]:
        if known.version(table) == version:
            return since
        known = known.with_parts(table, {part: None})
        since.add(_sequence(parts[part]))
    return since if known.version(table) == version else None


def _files_of(entry: Entry, table: TableId, deliveries: Collection[int] | None) -> list[File]:
    files = in_order(entry.parts(table))
    return files if deliveries is None else [file for file in files if _sequence(file) in deliveries]


def _sequence(file: File) -> int:
    assert file.delivery is not None
    return file.delivery.sequence
