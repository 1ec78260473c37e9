"""What a build needs of a SQL engine: four calls, behind which the build does not see what computes, and a DuckDB connection.

Attach views, compute a SELECT, count the rows that fail a contract's rules, return the rows of a query such as an identity.
Every query is written in DuckDB's dialect. Every engine has a DuckDB connection, because DuckDB reads what was computed. The code
that opens an engine closes it (`Site.sql_engine`).
Here: the calls. Not here: the engines (on_duckdb.py), and the files of tables, which DuckDB writes for every engine from the
computed rows (gold/table_file.py), so that their types, order and encoding are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import polars as pl

from ecom_lake.engine.contracts.table import Table


@dataclass(frozen=True)
class Files:
    """The rows of these Parquet files; without files, no rows with the columns of the contract."""

    paths: Sequence[Path]
    table: Table


@dataclass(frozen=True)
class Query:
    """The rows of a query over views that are attached already."""

    sql: str


Source = Files | Query | pl.DataFrame


@dataclass(frozen=True)
class FailedRows:
    """The results of an audit."""

    by_file: Mapping[Path, Mapping[str, int]]
    """For each file the number of failed rows by rule, without rules that all rows pass."""
    repeated: int
    """The number of rows whose key another row has, too."""


class SqlEngine(Protocol):
    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection that reads the computed rows and writes the files of tables."""

    def attach(self, view: str, source: Source) -> None:
        """Create a view, or replace the one of this name."""

    def compute(self, query: str) -> duckdb.DuckDBPyRelation:
        """The rows of a SELECT, as a relation of `con`."""

    def count_failed(self, table: Table, files: Sequence[Path], kept: Sequence[Path] = ()) -> FailedRows:
        """Audit these files of a table against its contract. Its key is unique in these and the `kept` files together."""

    def rows(self, query: str, limit: int) -> pl.DataFrame:
        """The first rows of a query; without rows, a frame without columns."""
