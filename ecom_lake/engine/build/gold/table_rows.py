"""The rows of a gold table as some entry of the log has it, for pages that tell of a release."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry


def gold_rows(site: Site, entry: Entry, table: str, *columns: str) -> pl.DataFrame:
    """A table as its contract has it now: a release may be older than a column, or than the whole table."""
    kinds = site.registry.table(table).schema
    wanted = {name: kinds[name] for name in columns or kinds}
    file = entry.parts(TableId("gold", table)).get(WHOLE)
    if file is None:
        return pl.DataFrame(schema=wanted)
    there = pl.read_parquet_schema(path := site.lake.local(file))
    rows = pl.read_parquet(path, columns=[name for name in wanted if name in there], glob=False)
    return rows.select(pl.col(name) if name in there else pl.lit(None, kind).alias(name) for name, kind in wanted.items())
