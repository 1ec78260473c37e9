"""Rows into one Parquet file, a row group at a time, so that memory is bounded; written beside the reading.

Not here: what the rows are (bronze.py).
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 32 << 20
"""Bytes of rows that are held before they are written; twice as many are in memory while they are."""
DICTIONARY = 1 << 18
"""Bytes after which a column is given up as one of few values: ids and free text, for which dictionaries cost time."""


class Sink:
    """The same rows in the same portions give the same bytes. Without rows there is no file, unless `open` is called."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._path = path
        self._schema = schema
        self._held: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def open(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path,
                self._schema,
                compression="zstd",
                # Nobody asks for a range of free text, and its statistics cost a tenth of the time.
                write_statistics=["source_record"],
                dictionary_pagesize_limit=DICTIONARY,
            )
        return self._writer

    def write(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        self.rows += table.num_rows
        self._held.append(table)
        if sum(held.nbytes for held in self._held) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._written()
        if self._held:
            table, self._held = pa.concat_tables(self._held), []
            self._writing = self._beside.submit(self.open().write_table, table, row_group_size=table.num_rows)

    def _written(self) -> None:
        if self._writing:
            self._writing.result()

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
                self._written()
        finally:
            self._beside.shutdown()
            if self._writer:
                self._writer.close()
