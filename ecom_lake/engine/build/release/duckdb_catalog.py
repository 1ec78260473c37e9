"""catalog.duckdb: a view for each released table, with the descriptions of the contract as comments.

The views read the immutable files of one release, so a reader sees one complete release; the next release replaces the
catalogue. It is written in a format that DuckDB 1.x can open. Views of a remote lake contain its URLs: to read them, use
DuckDB's azure extension or a Python file system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import duckdb

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import literal, name, parquet
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import in_order
from ecom_lake.engine.store.read_only_files import read_only_files

CATALOG = "catalog.duckdb"


def write_catalog(site: Site, released: Entry) -> None:
    with site.engine() as (con, scratch):
        if not site.lake.store.is_local:
            con.register_filesystem(read_only_files(site.lake.url.split("://")[0], _copies(site, released)))
        target = scratch / CATALOG
        con.execute(f"attach {literal(str(target))} as lake (storage_version 'v1.2.0')")
        con.execute("use lake")
        con.execute("begin")  # without a transaction, each of a thousand comments is written to disk alone
        con.execute("create schema silver")
        contracts = sorted({**site.registry.silver, **site.registry.gold}.items())
        views = {_view_of(contract): contract for _, contract in contracts if released.parts(contract.id)}
        for view, contract in views.items():
            files = in_order(released.parts(contract.id))
            con.execute(f"create view {view} as select * from {parquet(map(partial(_name, site), files))}")
        _comment(con, views)
        con.execute("commit")
        con.execute("use memory")
        con.execute("detach lake")
        site.lake.store.put(target, f"{site.shop.name}/{CATALOG}")


def is_readable(site: Site) -> bool:
    """Whether DuckDB can open it. DuckDB verifies the checksum of each block."""
    with site.engine() as (con, _), site.lake.store.opened(f"{site.shop.name}/{CATALOG}") as copy:
        try:
            con.execute(f"attach {literal(str(copy))} as lake (read_only)")
            con.execute("select count(*) from duckdb_views() where database_name = 'lake' and not internal")
        except duckdb.Error:
            return False
    return True


def _view_of(contract: Table) -> str:
    return f"silver.{name(contract.name)}" if contract.layer == "silver" else name(contract.name)


def _name(site: Site, file: File) -> str:
    """The URL of a file in DuckDB's form: the account comes before the container."""
    return re.sub(r"^(abfss?)://([^@/]+)@([^/]+)/", r"\1://\3/\2/", site.lake.where(file))


def _copies(site: Site, entry: Entry) -> dict[str, Callable[[], Path]]:
    """Local copies of the files: to create a view, DuckDB reads its first file, which was just published."""
    return {_name(site, file): partial(site.lake.local, file) for parts in entry.tables.values() for file in parts.values()}


def _comment(con: duckdb.DuckDBPyConnection, views: Mapping[str, Table]) -> None:
    """Comment on the views and on their columns: an older release may lack columns of the current contract."""
    columns = con.execute("select table_name, column_name from duckdb_columns() where database_name = 'lake'").fetchall()
    existing = set(columns)
    for view, table in views.items():
        of_table = [column for column in table.columns.values() if (table.name, column.name) in existing]
        comments = [f"comment on view {view} is {literal(table.grain)}"]
        comments += [f"comment on column {view}.{name(column.name)} is {literal(column.meaning)}" for column in of_table]
        con.execute("; ".join(comments))
