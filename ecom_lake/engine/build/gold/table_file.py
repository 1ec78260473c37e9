"""From the tables of a lake into the SQL engine, and from the engine into the file of a gold table.

Here: what every gold table's bytes depend on, whatever makes the table. Not here: when a table is made (gold.py), and how
a finished file is checked (audit.py).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import literal, name, parquet
from ecom_lake.engine.store.log import Entry
from ecom_lake.shop.settings.numbers import settings_row

SETTINGS = "settings"
"""The view that holds the shop's settings, one row."""
OWN_TABLES = ("lake_deliveries", "lake_fates", "lake_checks", "lake_columns")
"""The views that hold what the lake records of itself (trust.py)."""


def place_of(table: str) -> str:
    """The layer and name of a table that SQL calls by its name alone."""
    return f"gold/{table}" if table in catalog.gold() else f"silver/{table}"


def attach(site: Site, entry: Entry, con: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> None:
    """Give the engine a view of each table as the entry has it; of one that was never made, an empty one."""
    for table in tables:
        if table == SETTINGS:
            con.register(SETTINGS, settings_row(site.shop.numbers).to_arrow())
        elif table not in OWN_TABLES:
            paths = site.lake.paths(entry, place_of(table))
            source = parquet(paths) if paths else _nothing(catalog.gold().get(table) or catalog.silver()[table])
            con.execute(
                f"create view {name(table)} as select * from {source}" if paths else f"create view {name(table)} as {source}"
            )


def _nothing(table: Table) -> str:
    columns = ", ".join(f"null::{column.kind.duckdb} as {name(column.name)}" for column in table.columns.values())
    return f"select {columns} where false"


def write(con: duckdb.DuckDBPyConnection, made: duckdb.DuckDBPyRelation | pl.DataFrame, table: Table, target: Path) -> None:
    """The table as its contract has it: these columns, in this order and type, sorted by key, as plain old Parquet.

    A total order is what makes the file's bytes the same on any number of threads.
    """
    columns = ", ".join(f"{name(c.name)}::{c.kind.duckdb} as {name(c.name)}" for c in table.columns.values())
    order = ", ".join(map(name, table.key))
    if isinstance(made, pl.DataFrame):
        con.register("_made", made.to_arrow())
        source = "_made"
    else:
        source = f"({made.sql_query()})"
    con.execute(
        f"copy (select {columns} from {source} order by {order}) to {literal(str(target))} "
        "(format parquet, compression snappy, parquet_version v1, row_group_size 122880)"
    )
