"""Attaching the tables of a lake to the SQL engine, and writing the file of a gold table.

Here: what the bytes of every gold table depend on. Not here: when a table is rebuilt (make_gold.py), and how a finished
file is checked (audit.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.sql.on_duckdb import rows_in
from ecom_lake.engine.build.sql.sql_engine import Files, Query, SqlEngine
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.recipe import MODEL_FITS, RESERVED, SETTINGS
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import literal, name
from ecom_lake.engine.store.entry import Entry


def place_of(registry: Registry, table: str) -> TableId:
    """The table that SQL refers to by its name without the layer."""
    return TableId(registry.table(table).layer, table)


def attach(site: Site, entry: Entry, engine: SqlEngine, tables: Iterable[str]) -> None:
    """Create a view of each table in the entry's version; an empty view if the table was never built."""
    for table in tables:
        if table == SETTINGS:
            engine.attach(SETTINGS, settings_row(site.shop.numbers))
        elif table not in RESERVED:
            engine.attach(table, stored_files(site, entry, table))
    if MODEL_FITS in tables:
        engine.attach(MODEL_FITS, Query(all_fits(site.registry)))


def stored_files(site: Site, entry: Entry, table: str) -> Files:
    """The files of a table in the entry's version."""
    return Files(site.lake.paths(entry, place_of(site.registry, table)), site.registry.table(table))


def stored_rows(site: Site, entry: Entry, table: str) -> str:
    """A query of DuckDB for the rows of a table in the entry's version."""
    return rows_in(stored_files(site, entry, table))


def all_fits(registry: Registry) -> str:
    """A query for the rows of all model fits, with the name of the model as first column."""
    columns = ", ".join(ModelFit.table.columns)
    return " union all ".join(f"select '{model}' as model, {columns} from {fit}" for model, fit in registry.fits.items())


def settings_row(settings: SettingsModel) -> pl.DataFrame:
    """The view `settings`, which SQL reads: one row with a column for each setting."""
    schema = {name: _POLARS[setting.annotation] for name, setting in type(settings).model_fields.items()}
    return pl.DataFrame([dict(settings)], schema=schema)


_POLARS: dict[Any, pl.DataType] = {date | None: pl.Date(), str | None: pl.String(), int: pl.Int64(), Decimal: pl.Decimal(18, 4)}


def write(con: duckdb.DuckDBPyConnection, made: duckdb.DuckDBPyRelation | pl.DataFrame, table: Table, target: Path) -> None:
    """Write the table as its contract defines it: columns, their order and types, sorted by key, as Parquet version 1.

    The total order makes the bytes of the file the same with any number of threads.
    """
    write_sorted(con, conformed(con, made, table), table.key, target)


def conformed(con: duckdb.DuckDBPyConnection, made: duckdb.DuckDBPyRelation | pl.DataFrame, table: Table) -> str:
    """A query for these rows with the columns of the contract, in its order and types."""
    columns = ", ".join(f"{name(c.name)}::{c.kind.duckdb} as {name(c.name)}" for c in table.columns.values())
    if isinstance(made, pl.DataFrame):
        con.register("_made", made.to_arrow())
        return f"select {columns} from _made"
    return f"select {columns} from query({literal(made.sql_query())})"  # the text may end with a comment or a semicolon


def write_sorted(con: duckdb.DuckDBPyConnection, query: str, key: Sequence[str], target: Path) -> None:
    """Write the rows of a query sorted by these columns."""
    con.execute(
        f"copy ({query} order by {', '.join(map(name, key))}) to {literal(str(target))} "
        "(format parquet, compression snappy, parquet_version v1, row_group_size 122880)"
    )
