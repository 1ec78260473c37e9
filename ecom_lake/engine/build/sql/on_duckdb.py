"""The SQL engine DuckDB, the default: it runs every query as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.sql.sql_engine import FailedRows, Files, Query, Source
from ecom_lake.engine.contracts.column_rules import all_row_rules
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import name, parquet

_PATH = "_path_of_part"
"""A column with the path of the file of each row; no contract has a column with this name."""


@dataclass(frozen=True)
class OnDuckDB:
    """`con` is closed by the code that opened it."""

    con: duckdb.DuckDBPyConnection

    def attach(self, view: str, source: Source) -> None:
        if isinstance(source, pl.DataFrame):
            self.con.register(view, source.to_arrow())
            return
        query = source.sql if isinstance(source, Query) else rows_in(source)
        self.con.execute(f"create or replace view {name(view)} as {query}")

    def compute(self, query: str) -> duckdb.DuckDBPyRelation:
        return self.con.sql(query)

    def count_failed(self, table: Table, files: Sequence[Path], kept: Sequence[Path] = ()) -> FailedRows:
        rules = all_row_rules(table)
        counts = ", ".join(["count(*)", *(f"count_if(not ({rule.holds}))" for rule in rules)])
        source = parquet(files, path_as=_PATH)
        found = self.con.execute(f"select {name(_PATH)}, {counts} from {source} group by 1").fetchall()
        by_file = {
            Path(file): {rule.name: int(n) for rule, n in zip(rules, results, strict=True) if n} for file, _, *results in found
        }
        if others := by_file.keys() - set(files):
            raise ValueError(f"DuckDB read {min(others)}, which is none of the audited files of {table.name}.")
        return FailedRows({file: by_file.get(file, {}) for file in files}, self._repeated(table, [*files, *kept]))

    def _repeated(self, table: Table, files: Sequence[Path]) -> int:
        """The number of rows with a repeated key. The keys are compared only where their hashes repeat."""
        keys, source = ", ".join(map(name, table.key)), parquet(files)
        [(distinct, rows)] = self.con.execute(f"select count(distinct hash({keys})), count(*) from {source}").fetchall()
        if distinct == rows:
            return 0
        [(distinct,)] = self.con.execute(f"select count(*) from (select distinct {keys} from {source})").fetchall()
        return int(rows - distinct)

    def rows(self, query: str, limit: int) -> pl.DataFrame:
        limited = f"select * from ({query}) limit {limit}"
        if not self.con.execute(limited).fetchall():  # a relation, which `sql` returns, would plan each query twice
            return pl.DataFrame()
        found: pl.DataFrame = self.con.sql(limited).pl()
        return found


def rows_in(source: Files) -> str:
    """A query for the rows of files; without files, an empty one with the columns of the contract."""
    if source.paths:
        return f"select * from {parquet(source.paths)}"
    columns = ", ".join(f"null::{column.kind.duckdb} as {name(column.name)}" for column in source.table.columns.values())
    return f"select {columns} where false"
