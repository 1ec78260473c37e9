"""Builds a gold table from hand-written rows as the pipeline does: computes it, writes it, audits it against its contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.run_recipe import run_recipe
from ecom_lake.engine.build.gold.table_file import write
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.config import Shop
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.catalog import recipe


def make(
    con: duckdb.DuckDBPyConnection, table: str, folder: Path, mining: MiningSettings | None = None, past: Past | None = None
) -> pl.DataFrame:
    """The table's rows; creates views in `con` of it and of the tables that are built together with it."""
    shop = Shop("shop", "olist", date(2017, 1, 1), None, ShopSettings(), mining or MiningSettings())
    made = run_recipe(recipe(table), OnDuckDB(con), shop, past or Past())
    for name, rows in made.items():
        file = folder / f"{name}.parquet"
        write(con, rows, catalog.gold()[name], file)
        failed, _ = audit(OnDuckDB(con), catalog.gold()[name], file)
        assert failed == {}
        con.execute(f"create or replace view {name} as select * from '{file}'")
    for identity in (identity for name in made for identity in catalog.gold()[name].identities):
        assert con.execute(identity.breaks).fetchall() == [], identity.name
    return pl.read_parquet(folder / f"{table}.parquet")
