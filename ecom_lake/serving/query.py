"""A SQL session over a release: gold and silver by name, bronze and quarantine behind their layer's; it reads, and nothing else.

Why two locks: DuckDB itself may open the release's files and no others, but what it may read it may also overwrite; so what is
no query is not let through to it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from ecom_lake.duckdb_engine import engine, literal, name, parquet
from ecom_lake.errors import UsageError
from ecom_lake.lake.log import Entry, File
from ecom_lake.pipeline.site import Site

LAYERS = ("gold", "silver", "bronze", "quarantine", "rejects", "pending")
_READS = ("SELECT", "MULTI")
"""DuckDB's kinds of statement that only read; MULTI is a PIVOT whose columns it must find out first."""
_BLANK = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
_EXPLAIN = re.compile(rf"{_BLANK}explain{_BLANK}(?:analyze\b|\([^)]*\))?(?P<query>.*)", re.IGNORECASE | re.DOTALL)
_ROW_GROUP = 100_000


class Answer:
    """What a query gives: its columns, and its rows as they are fetched."""

    def __init__(self, con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any] | None = None) -> None:
        self._con, self._query, self._values = con, query, values
        self.columns = tuple(con.sql(query, params=values).columns)

    def rows(self, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
        with _in_one_sentence():
            self._con.execute(self._query, self._values)
            try:
                yield from islice(iter(self._con.fetchone, None), limit)
            finally:
                self._con.abort()  # what was not fetched is not wanted

    def write_parquet(self, target: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with _in_one_sentence():
            reader = self._con.sql(self._query, params=self._values).to_arrow_reader(_ROW_GROUP)
            with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
                # A batch ends where a file that was read does; a row group should not.
                waiting: list[Any] = []
                for batch in reader:
                    waiting.append(batch)
                    if sum(map(len, waiting)) >= _ROW_GROUP:
                        writer.write_table(pa.Table.from_batches(waiting))
                        waiting.clear()
                if waiting:
                    writer.write_table(pa.Table.from_batches(waiting))


class Session:
    def __init__(self, con: duckdb.DuckDBPyConnection, tables: dict[str, list[str]]) -> None:
        self._con = con
        self.tables = tables
        """The tables of each layer."""

    def ask(self, query: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Run the statements of a text, and give what the last one says; `values` are bound to its $parameters."""
        with _in_one_sentence():
            statements = [statement.query for statement in self._con.extract_statements(query)]
            if not statements:
                raise UsageError("The query is empty: ask something, such as: select * from kpi_summary.")
            for statement in statements:
                _refuse_all_but_reading(self._con, statement)
            return Answer(self._con, statements[-1], values)

    def columns(self) -> list[str]:
        """Every column of the tables that need no layer before their name."""
        found = self._con.execute(
            "select distinct column_name from duckdb_columns() where schema_name in ('gold', 'silver') order by 1"
        ).fetchall()
        return [str(column) for (column,) in found]


@contextmanager
def session(site: Site, entry: Entry) -> Iterator[Session]:
    with (
        tempfile.TemporaryDirectory(prefix="ecom-lake-sql-") as scratch,
        engine(Path(scratch), site.memory_limit, site.threads) as con,
    ):
        yield Session(con, _open(site, entry, con))


def _open(site: Site, entry: Entry, con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for layer in LAYERS:
        con.execute(f"create schema {layer}")
    for table, parts in sorted(entry.tables.items()):
        layer, own_name = table.split("/")
        if layer in LAYERS and parts:
            con.execute(f"create view {layer}.{name(own_name)} as {_source(site, [file for _, file in sorted(parts.items())])}")
            tables.setdefault(layer, []).append(own_name)
    files = [literal(str(site.lake.local(file))) for parts in entry.tables.values() for file in parts.values()]
    con.execute(f"set allowed_paths = [{', '.join(files)}]")
    con.execute("set search_path = 'gold,silver'")
    con.execute("set preserve_insertion_order = true")  # people expect a table in the order in which it lies
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return tables


def _source(site: Site, files: Sequence[File]) -> str:
    """All files of a table as one; delivered ones each with the number of their delivery, and whatever columns they have."""
    if not any(file.delivery for file in files):
        return f"select * from {parquet(map(site.lake.local, files))}"
    return " union all by name ".join(
        f"select *, {file.delivery.sequence}::bigint as source_sequence from {parquet([site.lake.local(file)])}"
        for file in files
        if file.delivery
    )


# ----------------------------------------------------------------------------------------------------- what is let through


def _refuse_all_but_reading(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    kind = con.extract_statements(statement)[0].type.name
    if kind == "EXPLAIN":
        # ANALYZE runs what it explains, so that must be a query too.
        explained = _EXPLAIN.fullmatch(statement)
        inner = con.extract_statements(explained["query"]) if explained else []
        kind = inner[0].type.name if len(inner) == 1 else kind
    if kind not in _READS:
        raise UsageError(
            f"This session only reads, and {kind} does not: ask with SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN."
        )


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    try:
        yield
    except duckdb.PermissionException:
        raise UsageError("This session reads the tables of the lake and no other files; SHOW ALL TABLES lists them.") from None
    except (duckdb.InterruptException, RuntimeError) as error:
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise UsageError(_sentence(str(error))) from None


def _sentence(message: str) -> str:
    """DuckDB's message with its hint, without the drawing of the place where it was lost."""
    said, _, place = message.partition("\n\nLINE ")
    sentence = " ".join(re.sub(r"^[A-Z][\w ]* Error: ", "", said).split())
    line = re.match(r"(\d+): (.*)", place)
    return f"{sentence} (line {line[1]}: {line[2].strip()})" if line and sentence.startswith("syntax") else sentence
