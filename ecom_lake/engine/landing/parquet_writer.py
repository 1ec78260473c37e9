"""Writing rows to one Parquet file, a row group at a time, so that memory is bounded; in a thread, parallel to the reading.

Not here: what the rows are (file_parser.py).
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 32 << 20
"""Bytes of rows that are buffered before they are written; while they are written, twice as many are in memory."""
DICTIONARY = 1 << 18
"""Bytes from which a column is written without a dictionary: ids and free text, for which dictionaries only cost time."""


class RowWriter:
    """The same rows in the same batches give the same bytes. Without rows there is no file, unless `open` is called."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._path = path
        self._schema = schema
        self._buffer: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def open(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path,
                self._schema,
                compression="zstd",
                # Nobody filters free text by range, and its statistics cost a tenth of the time.
                write_statistics=["source_record"],
                dictionary_pagesize_limit=DICTIONARY,
            )
        return self._writer

    def write(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        self.rows += table.num_rows
        self._buffer.append(table)
        if sum(held.nbytes for held in self._buffer) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._wait()
        if self._buffer:
            table, self._buffer = pa.concat_tables(self._buffer), []
            self._writing = self._thread.submit(self.open().write_table, table, row_group_size=table.num_rows)

    def _wait(self) -> None:
        if self._writing:
            self._writing.result()

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
                self._wait()
        finally:
            self._thread.shutdown()
            if self._writer:
                self._writer.close()
