"""A gold table made from rows given by hand, the way the pipeline makes it: computed, written, held against its contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.contracts import catalog
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.contracts.shop_settings import ShopSettings
from ecom_lake.pipeline.audit import audit
from ecom_lake.pipeline.gold import write
from ecom_lake.pipeline.recipes import recipe
from ecom_lake.settings import Shop


def make(con: duckdb.DuckDBPyConnection, table: str, folder: Path, mining: MiningSettings | None = None) -> pl.DataFrame:
    """The table's rows; `con` has it as a view from then on."""
    shop = Shop("shop", "olist", date(2017, 1, 1), None, ShopSettings(), mining or MiningSettings())
    contract = catalog.gold()[table]
    file = folder / f"{table}.parquet"
    write(con, recipe(table).run(con, shop), contract, file)
    failed, _ = audit(con, contract, file)
    assert failed == {}
    con.execute(f"create or replace view {table} as select * from '{file}'")
    for identity in contract.identities:
        assert con.execute(identity.breaks).fetchall() == [], identity.name
    return pl.read_parquet(file)
