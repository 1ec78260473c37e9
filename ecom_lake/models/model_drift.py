"""What has changed since each model was fitted last?"""

from __future__ import annotations

import duckdb

from ecom_lake.contracts import catalog
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.fits import all_fits

READS = catalog.fits()


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> duckdb.DuckDBPyRelation:
    return con.sql(f"""
        select model, series as kind, name, x as before, value as now, value / nullif(x, 0) - 1 as change
        from {all_fits()}
        where kind = 'drift'
    """)
