"""catalog.duckdb: a view per released table, with the contract's words as comments.

The views read the release's immutable files, so whoever opens the catalogue sees one whole release; the next release puts
a new catalogue in its place. Written in a format that DuckDB 1.x can open.
"""

from __future__ import annotations

from collections.abc import Callable

from ecom_lake.contracts import catalog
from ecom_lake.contracts.table import Table
from ecom_lake.lake.engine import literal, name, parquet
from ecom_lake.lake.log import Entry
from ecom_lake.pipeline.site import Site

CATALOG = "catalog.duckdb"


def write_catalog(site: Site, released: Entry) -> None:
    with site.engine() as (con, scratch):
        target = scratch / CATALOG
        con.execute(f"attach {literal(str(target))} as lake (storage_version 'v1.2.0')")
        con.execute("use lake")
        con.execute("create schema silver")
        for table, contract in sorted({**catalog.silver(), **catalog.gold()}.items()):
            paths = site.lake.paths(released, f"{contract.layer}/{table}")
            if paths:
                view = f"silver.{name(table)}" if contract.layer == "silver" else name(table)
                con.execute(f"create view {view} as select * from {parquet(paths)}")
                _comment(con.execute, view, contract)
        con.execute("use memory")
        con.execute("detach lake")
        site.lake.storage.put(target, f"{site.shop.name}/{CATALOG}")


def _comment(execute: Callable[[str], object], view: str, table: Table) -> None:
    execute(f"comment on view {view} is {literal(table.grain)}")
    for column in table.columns.values():
        execute(f"comment on column {view}.{name(column.name)} is {literal(column.meaning)}")
