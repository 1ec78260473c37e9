"""The SQL engine Spark: it runs the translation of every query on a Spark session, on this machine or on a cluster.

DuckDB attaches the same views, plans every query and so decides the names and types of its columns, and reads what Spark wrote.
Tables pass between the two as Parquet files only: in the lake, and in the scratch folder of the step, which all machines of
a cluster see at the same path. Only calls are used that classic sessions and Spark Connect have.
Here: running queries. Not here: their translation (spark_sql.py), and the session (spark_session.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import duckdb
import polars as pl

from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.spark_session import counting
from ecom_lake.engine.build.sql.sql_engine import FailedRows, Files, Query, Source
from ecom_lake.engine.contracts.column_rules import all_row_rules
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import literal, name, parquet
from ecom_lake.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PATH = "_path_of_part"
_PARTS = "_audited_parts"


class OnSpark:
    """`session` and `con` are closed by the code that opened them. `scratch` is a folder that every machine of Spark sees."""

    def __init__(
        self, session: SparkSession, con: duckdb.DuckDBPyConnection, scratch: Path, overrides: Mapping[str, str] | None = None
    ) -> None:
        self.con = con
        self._overrides = overrides or {}
        """The queries in Spark's own SQL, each by the query that it replaces (`x.spark.sql`)."""
        self._session = session
        self._scratch = scratch
        self._duckdb = OnDuckDB(con)
        self._sources: dict[str, Source] = {}
        self._in_spark: set[str] = set()
        """The views that Spark has, too: those that a query has read."""

    def attach(self, view: str, source: Source) -> None:
        if view in self._sources:
            self._in_spark.clear()  # views over it are attached again, too
        self._duckdb.attach(view, source)
        self._sources[view] = source

    def compute(self, query: str) -> duckdb.DuckDBPyRelation:
        columns = _columns_of(self.con.sql(query))
        with _in_words():
            files = self._written(_conformed(self._frame(query), columns))
        casts = ", ".join(f"{name(column)}::{kind} as {name(column)}" for column, kind in columns.items())
        return self.con.sql(f"select {casts} from {parquet(files)}")

    def count_failed(self, table: Table, files: Sequence[Path], kept: Sequence[Path] = ()) -> FailedRows:
        rules = all_row_rules(table)
        counts = ", ".join(["count(*)", *(f"count_if(not ({rule.holds}))" for rule in rules)])
        keys = ", ".join(map(name, table.key))
        repeated = f"select count(*) - 1 as more from {_PARTS} group by {keys} having count(*) > 1"
        with _in_words():
            found = self._over_parts(files, f"select {_PATH}, {counts} from {_PARTS} group by {_PATH}").collect()
            [(more,)] = self._over_parts([*files, *kept], f"select sum(more) from ({repeated}) as repeated").collect()
        by_path = {file.absolute(): file for file in files}
        by_file: dict[Path, dict[str, int]] = {file: {} for file in files}
        for path, _, *results in found:
            read = Path(unquote(urlsplit(path).path))
            if read not in by_path:
                raise ValueError(f"Spark read {read}, which is none of the audited files of {table.name}.")
            by_file[by_path[read]] = {rule.name: int(n) for rule, n in zip(rules, results, strict=True) if n}
        return FailedRows(by_file, int(more or 0))

    def rows(self, query: str, limit: int) -> pl.DataFrame:
        columns = self.con.sql(f"select * from ({query})").columns
        with _in_words():
            found = [tuple(row) for row in self._frame(query, is_condition=True).limit(limit).collect()]
        return pl.DataFrame(found, schema=columns, orient="row", infer_schema_length=None) if found else pl.DataFrame()

    def _frame(self, query: str, is_condition: bool = False) -> DataFrame:
        """A query over attached views as a frame of Spark."""
        from ecom_lake.engine.build.sql.spark_sql import tables_read

        read = [view for view in tables_read(query) if view in self._sources]
        for view in read:
            self._attach_in_spark(view)
        if override := self._overrides.get(query):
            return _with_columns(self._session.sql(override), self.con.sql(query).columns)
        return self._translated(query, {view: self._columns(view) for view in read}, is_condition)

    def _translated(self, query: str, schema: Mapping[str, Mapping[str, str]], is_condition: bool) -> DataFrame:
        """A query over views that Spark has. CTEs that it reads more than once are computed first, and stored."""
        from ecom_lake.engine.build.sql.spark_sql import UntranslatableError, to_spark

        try:
            translated = to_spark(query, schema, is_condition)
        except UntranslatableError as error:
            raise UserError(str(error)) from error
        for step, sql in translated.steps:
            files = self._written(_with_types(self._session.sql(sql)))
            self._session.read.parquet(*map(_uri, files)).createOrReplaceTempView(_quoted(step))
            self._in_spark.discard(step)
        return self._session.sql(translated.query)

    def _over_parts(self, files: Sequence[Path], query: str) -> DataFrame:
        """A query over the view of these files with the path of the file of each row."""
        columns = _columns_of(self.con.sql(f"select * from {parquet(files)}"))
        frame = self._read(columns, files).selectExpr("*", f"_metadata.file_path AS {_PATH}")
        frame.createOrReplaceTempView(_PARTS)
        return self._translated(query, {_PARTS: {**columns, _PATH: "VARCHAR"}}, is_condition=True)

    def _columns(self, view: str) -> dict[str, str]:
        return _columns_of(self.con.sql(f"select * from {name(view)}"))

    def _attach_in_spark(self, view: str) -> None:
        if view in self._in_spark:
            return
        source = self._sources[view]
        if isinstance(source, Query):
            frame = self._frame(source.sql)
        elif isinstance(source, Files):
            frame = self._read(self._columns(view), source.paths)
        else:
            file = self._scratch / f"frame-{uuid4().hex}.parquet"
            self.con.execute(f"copy (select * from {name(view)}) to {literal(str(file))} (format parquet)")
            frame = self._read(self._columns(view), [file])
        frame.createOrReplaceTempView(_quoted(view))
        self._in_spark.add(view)

    def _read(self, columns: Mapping[str, str], files: Sequence[Path]) -> DataFrame:
        """These Parquet files; without files, no rows with these columns."""
        kinds = {column: _spark_type(kind, column) for column, kind in columns.items()}
        if not files:
            empty = ", ".join(f"CAST(NULL AS {kind}) AS {_quoted(column)}" for column, kind in kinds.items())
            return self._session.sql(f"SELECT {empty} WHERE FALSE")
        schema = ", ".join(f"{_quoted(column)} {kind}" for column, kind in kinds.items())
        return self._session.read.schema(schema).parquet(*map(_uri, files))

    def _written(self, frame: DataFrame) -> list[Path]:
        """The files that Spark wrote. Their rows are counted, because a machine that does not see the folder loses its part."""
        folder = self._scratch / f"spark-{uuid4().hex}"
        observation, rows = counting(self._session)
        frame.observe(observation, rows).write.parquet(f"file://{folder}")
        files = sorted(folder.glob("part-*.parquet"))
        wrote = int(observation.get["rows"])
        [(found,)] = self.con.execute(f"select count(*) from {parquet(files)}").fetchall() if files else [(-1,)]
        if found != wrote:
            raise UserError(
                f"Spark wrote {wrote:,} rows into {folder.parent}, and this machine finds {max(found, 0):,} of them: every "
                "machine of the cluster must see this folder at the same path."
            )
        return files


def _quoted(identifier: str) -> str:
    return "`" + identifier.replace("`", "``") + "`"


def _columns_of(planned: duckdb.DuckDBPyRelation) -> dict[str, str]:
    """The columns of a planned query with DuckDB's types."""
    return {column: str(kind) for column, kind in zip(planned.columns, planned.types, strict=True)}


def _with_columns(frame: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The frame of a query in Spark's own SQL. Its columns are those of the query that it replaces, in the same order."""
    if [column.casefold() for column in frame.columns] != [column.casefold() for column in columns]:
        raise UserError(
            f"The query in Spark's own SQL returns the columns {', '.join(frame.columns)}, and the query that it replaces "
            f"{', '.join(columns)}: return the same columns in the same order."
        )
    return frame


def _conformed(frame: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """The frame with the names and types that DuckDB gives the columns of the query."""
    positions = [f"c{number}" for number in range(len(columns))]
    casts = []
    for (column, kind), position, field in zip(columns.items(), positions, frame.schema.fields, strict=True):
        found = field.dataType.simpleString()
        if _family(found) not in ("void", _family(_spark_type(kind, column))):
            raise UserError(f"DuckDB computes the column {column} as {kind} and Spark as {found.upper()}: cast it to its type.")
        casts.append(f"CAST({position} AS {_spark_type(kind, column)}) AS {_quoted(column)}")
    return frame.toDF(*positions).selectExpr(*casts)


def _with_types(frame: DataFrame) -> DataFrame:
    """The frame with a type for columns of NULL without one, which Parquet does not have."""
    kinds = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    return frame.selectExpr(
        *(f"CAST(NULL AS INT) AS {_quoted(c)}" if kind == "void" else _quoted(c) for c, kind in kinds.items())
    )


_SPARK_TYPES = {
    "VARCHAR": "STRING",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "HUGEINT": "DECIMAL(38,0)",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    '"NULL"': "INT",
}
_WHOLE = ("tinyint", "smallint", "int", "bigint")


def _spark_type(kind: str, column: str) -> str:
    found = kind if kind.startswith("DECIMAL(") else _SPARK_TYPES.get(kind)
    if found is None:
        raise UserError(f"The column {column} has the type {kind}, which Spark does not have: cast it.")
    return found


def _family(kind: str) -> str:
    """Types between which a cast loses nothing, or is an error: whole numbers, and decimals of the same scale."""
    kind = kind.lower()
    if kind in _WHOLE:
        return "0"
    return kind.partition(",")[2].rstrip(")") if kind.startswith("decimal") else kind


def _uri(file: Path) -> str:
    """The path of a file as Spark's reader takes it, which reads paths as patterns."""
    return "file://" + re.sub(r"([\\\[\]{}*?,])", r"\\\1", str(file.absolute()))


@contextmanager
def _in_words() -> Iterator[None]:
    """Errors of Spark as a sentence without their message, which may contain data."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        condition = error.getCondition() or type(error).__name__
        raise UserError(f"Spark could not run this query: {condition}.") from error
    except Exception as error:  # py4j and grpc have no common class of errors
        if not isinstance(error, ConnectionError) and type(error).__module__.partition(".")[0] not in ("py4j", "grpc"):
            raise
        raise UserError(
            f"Spark stopped while it ran this query ({type(error).__name__}): a machine may have ended or need more memory."
        ) from error
