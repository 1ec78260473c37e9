"""What do the models look like? The points of all their curves."""

from __future__ import annotations

import duckdb

from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.trust.fits import all_fits

READS = catalog.fits()


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> duckdb.DuckDBPyRelation:
    return con.sql(f"""
        select model, name as curve, series, position, x, value, low, high, said as label
        from {all_fits()}
        where kind = 'curve'
    """)
