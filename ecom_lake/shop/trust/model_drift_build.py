"""What has changed since each model was fitted last?"""

from __future__ import annotations

import duckdb

from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.trust.fits import all_fits

READS = catalog.fits()


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> duckdb.DuckDBPyRelation:
    return con.sql(f"""
        select model, series as kind, name, x as before, value as now, value / nullif(x, 0) - 1 as change
        from {all_fits()}
        where kind = 'drift'
    """)
