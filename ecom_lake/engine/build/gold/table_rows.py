"""The rows of a gold table in an entry of the log, for pages about a release."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry


def gold_rows(site: Site, entry: Entry, table: str, *columns: str) -> pl.DataFrame:
    """A table with the columns of its current contract. Columns that an older release does not have are NULL."""
    kinds = site.registry.table(table).schema
    wanted = {name: kinds[name] for name in columns or kinds}
    paths = site.lake.paths(entry, TableId("gold", table))
    if not paths:
        return pl.DataFrame(schema=wanted)
    stored = pl.scan_parquet(paths[0], glob=False).collect_schema()
    rows = pl.read_parquet(paths, columns=[name for name in wanted if name in stored], glob=False)
    return rows.select(pl.col(name) if name in stored else pl.lit(None, kind).alias(name) for name, kind in wanted.items())
