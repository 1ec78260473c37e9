"""DuckDB: the values of every table, which are compressed in the file, and the bytes of its blocks.

What a deleted table leaves in free blocks is compressed and cannot be read: a database that has tables and free blocks is
reported. Views are not read: they have no values of their own, and the files that they name are read as files.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import duckdb

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.arrow_values import search_batch
from ecom_lake.engine.forget.proof_readers.raw import pieces, search_text
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_search import Bytes

_ROWS = 1 << 16
_CONFIG: dict[str, Any] = {"access_mode": "READ_ONLY", "threads": 1, "enable_external_access": False}
_TABLES = "select schema_name, table_name from duckdb_tables() where not internal and not temporary"


def read(source: Source, findings: Findings, _inner: object = None) -> None:
    search_text(source, findings, pieces(source.path), Bytes.PAGES)
    try:
        with closing(duckdb.connect(str(source.path), config=_CONFIG)) as con:
            tables = con.execute(_TABLES).fetchall()
            for schema, table in tables:
                _table(source, findings, con, schema, table)
            free = con.execute("select free_blocks from pragma_database_size()").fetchone()
    except duckdb.Error as error:
        findings.not_read(source.place, f"It cannot be opened as a DuckDB database ({type(error).__name__}).")
        return
    if tables and free and free[0]:
        findings.not_read(
            source.place, f"Its {free[0]:,} free blocks may hold deleted rows, compressed: copy it with COPY FROM DATABASE."
        )


def _table(source: Source, findings: Findings, con: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    quoted = ".".join('"{}"'.format(name.replace('"', '""')) for name in (schema, table))
    row = 0
    for batch in con.sql(f"select * from {quoted}").to_arrow_reader(_ROWS):
        search_batch(batch, source.place, table, row, findings)
        row += batch.num_rows
