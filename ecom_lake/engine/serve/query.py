"""A SQL session over a release: gold and silver tables by name, tables of other layers with the layer as a prefix.

A session only reads, by three locks (decision 0015): the release's files are opened through a file system that refuses every
write; DuckDB itself may open nothing else; and a text that is not exactly one query does not run. The first two hold alone.
Here: opening a session, its locks and limits, running a query. Not here: which text is a query (statement.py), which tables
and files a release has (views.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

import duckdb

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import engine, literal, name
from ecom_lake.engine.serve.statement import read_only
from ecom_lake.engine.serve.views import LAYERS, RELEASE, Views, views
from ecom_lake.engine.store.read_only_files import read_only_files
from ecom_lake.errors import UsageError, UserError, was_interrupted

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.store.entry import Entry

LOCKS = (
    f"set allowed_directories = ['{RELEASE}://']",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
"""Settings that restrict DuckDB, in this order; the last one makes the others final."""
_PRIVATE = ("set secret_directory = ''", "set allow_persistent_secrets = false", "set http_proxy = ''")
"""Settings whose values are private: a folder of this machine, and a proxy's password from the environment."""
_SCHEMAS = "gold,silver"
_ROW_GROUP = 100_000


@dataclass(frozen=True)
class Limits:
    """The limits of one query."""

    seconds: float = 300
    memory: str = "2GB"
    spill: str = "10GB"
    """Temporary files on the local disk; empty for none."""


class Answer:
    """The result of a query: its columns, and its rows as they are fetched."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any] | None = None, limits: Limits | None = None
    ) -> None:
        self._con, self._values, self._limits = con, values, limits or Limits()
        with _limited(con, self._limits):
            statement = read_only(con, text)
            self._query = statement.text
            if statement.must_bind:
                _ = con.sql(statement.must_bind, params=values).columns
            self.columns = tuple(con.sql(self._query, params=values).columns)

    def rows(self, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
        with _limited(self._con, self._limits):
            self._con.execute(self._query, self._values)
            try:
                yield from islice(iter(self._con.fetchone, None), limit)
            finally:
                self._con.abort()  # discards the rows that were not fetched

    @contextmanager
    def batches(self, rows: int) -> Iterator[pa.RecordBatchReader]:
        """The rows as Arrow batches of at most this number of rows."""
        with _limited(self._con, self._limits):
            yield self._con.sql(self._query, params=self._values).to_arrow_reader(rows)

    def write_parquet(self, target: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with self.batches(_ROW_GROUP) as reader, pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
            # A batch ends at the end of each input file; a row group should not.
            waiting: list[Any] = []
            for batch in reader:
                waiting.append(batch)
                if sum(map(len, waiting)) >= _ROW_GROUP:
                    writer.write_table(pa.Table.from_batches(waiting))
                    waiting.clear()
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting))


class Session:
    def __init__(
        self, con: duckdb.DuckDBPyConnection, tables: dict[str, list[str]], limits: Limits | None = None, schemas: str = ""
    ) -> None:
        """`schemas`: those whose tables need no prefix, with commas between; empty for DuckDB's own."""
        self._con, self._limits, self._schemas = con, limits, schemas
        self.tables = tables
        """The tables of each layer."""

    def ask(self, query: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Run one query; `values` are bound to its $parameters."""
        return Answer(self._con, query, values, self._limits)

    @contextmanager
    def of_a_thread(self) -> Iterator[Session]:
        """The same session over a cursor of its own: threads ask at once, each with one."""
        with closing(self._cursor()) as con:
            yield Session(con, self.tables, self._limits, self._schemas)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        con = self._con.cursor()
        if self._schemas:
            con.execute(f"set search_path = {literal(self._schemas)}")  # a cursor does not inherit it
        return con

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one of the package's own queries, by column: it is planned once, and not checked first as a person's is.

        Threads run them at once."""
        with closing(self._cursor()) as con, _limited(con, self._limits or Limits()):
            result = con.execute(query, values)
            columns = [str(column[0]) for column in result.description]
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    def frame(self, query: str, values: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The answer to one of the package's own queries, which names its tables with their layer. Threads run them at once."""
        limits = self._limits or Limits()
        with closing(self._con.cursor()) as con, _limited(con, limits):
            frame: pl.DataFrame = con.sql(query, params=values).pl()
            return frame

    def columns(self) -> list[str]:
        """Every column of the tables that need no prefix."""
        found = self._con.execute(
            "select distinct column_name from duckdb_columns() where schema_name in ('gold', 'silver') order by 1"
        ).fetchall()
        return [str(column) for (column,) in found]


@contextmanager
def session(
    site: Site, entry: Entry, seconds: float | None = None, by_signals: bool = True, layers: Collection[str] = LAYERS
) -> Iterator[Session]:
    """A session over some layers of a release. `seconds`: the time limit of its queries, if not that of the lake. `by_signals`:
    see `engine`."""
    limits = Limits(seconds or site.query_timeout, site.memory_limit)
    readable = views(site, entry, lambda table: table.layer in layers)
    with session_over(readable, limits, site.threads, by_signals) as opened:
        yield opened


@contextmanager
def session_over(readable: Views, limits: Limits, threads: int, by_signals: bool = True) -> Iterator[Session]:
    """A session over some views and the files that they read."""
    with ExitStack() as opened:
        scratch = Path(opened.enter_context(TemporaryDirectory(prefix="ecom-lake-sql-"))) if limits.spill else None
        con = opened.enter_context(engine(scratch, limits.memory, threads, by_signals))
        yield Session(con, _open(readable, con, limits), limits, _SCHEMAS)


def _open(readable: Views, con: duckdb.DuckDBPyConnection, limits: Limits) -> dict[str, list[str]]:
    con.register_filesystem(read_only_files(RELEASE, {url: partial(Path, file) for url, file in readable.files.items()}))
    tables: dict[str, list[str]] = {}
    for layer in LAYERS:
        con.execute(f"create schema {layer}")
    for table, query in readable.sql.items():
        _create_view(con, table, query)
        tables.setdefault(table.layer, []).append(table.name)
    con.execute(f"set search_path = {literal(_SCHEMAS)}")
    con.execute("set preserve_insertion_order = true")  # rows in the order of the file
    if limits.spill:
        con.execute(f"set max_temp_directory_size = {literal(limits.spill)}")
    for setting in (*_PRIVATE, *LOCKS):
        con.execute(setting)
    return tables


def _create_view(con: duckdb.DuckDBPyConnection, table: TableId, query: str) -> None:
    try:
        con.execute(f"create view {table.layer}.{name(table.name)} as {query}")
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from None
        if isinstance(error, duckdb.Error):
            raise UserError(
                f"{table} cannot be read: a file of it is missing or damaged. `ecom-lake doctor --deep` names the file, "
                "`ecom-lake repair` and a build restore it."
            ) from None
        raise


# -------------------------------------------------------------------------------------------------------- limits and errors


@contextmanager
def _limited(con: duckdb.DuckDBPyConnection, limits: Limits) -> Iterator[None]:
    """Interrupt a query at its time limit, and turn every error into one sentence."""
    clock = _Clock(con, limits.seconds)
    try:
        yield
    except duckdb.PermissionException:
        raise UsageError("This session reads the tables of the lake and no other files; SHOW ALL TABLES lists them.") from None
    except duckdb.OutOfMemoryException:
        raise TooMuchMemoryError(
            f"The query needs more than {limits.memory} of memory and {limits.spill or 'none'} of temporary files. Ask for fewer "
            "rows or columns at a time, or raise memory_limit in lake.toml or ECOM_LAKE_MEMORY."
        ) from None
    except Exception as error:
        if was_interrupted(error):
            raise (_too_long(limits) if clock.is_over else KeyboardInterrupt()) from None
        if isinstance(error, duckdb.Error):
            raise UsageError(_sentence(str(error))) from None
        raise
    finally:
        clock.stop()


class _Clock:
    """Interrupts a connection once, after some seconds, unless it was stopped before."""

    def __init__(self, con: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self.is_over = self._is_stopped = False
        self._con, self._lock = con, Lock()
        self._timer = Timer(seconds, self._interrupt)
        self._timer.daemon = True
        self._timer.start()

    def _interrupt(self) -> None:
        with self._lock:
            if not self._is_stopped:
                self.is_over = True
                self._con.interrupt()

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
        self._timer.cancel()
        self._timer.join()  # a thread that outlives the session would keep its connection


class TooLongError(UserError):
    """A query that was stopped at its time limit."""


class TooMuchMemoryError(UserError):
    """A query that was stopped at its memory limit."""


def _too_long(limits: Limits) -> TooLongError:
    limit = f"{limits.seconds:,g} second{'' if limits.seconds == 1 else 's'}"
    return TooLongError(
        f"The query took longer than its limit of {limit} and was stopped. Ask for less at a time, or raise query_timeout in "
        "lake.toml or ECOM_LAKE_QUERY_TIMEOUT."
    )


def _sentence(message: str) -> str:
    """DuckDB's message with its hint, without the excerpt of the query."""
    if "must be at the top level" in message:
        return "This session is read-only: remove COPY, INSERT, UPDATE or DELETE from the WITH clause."
    if "Traceback (most recent call last)" in message:  # an error of the file system, which is written in Python
        return next((line for line in reversed(message.partition("\n\nLINE ")[0].splitlines()) if line), "").strip()
    said, _, place = message.partition("\n\nLINE ")
    sentence = " ".join(re.sub(r"^[A-Z][\w ]* Error: ", "", said).split())
    line = re.match(r"(\d+): (.*)", place)
    return f"{sentence} (line {line[1]}: {line[2].strip()})" if line and sentence.startswith("syntax") else sentence
