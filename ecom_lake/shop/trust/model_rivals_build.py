"""How did each candidate of each model do out of time?"""

from __future__ import annotations

import duckdb

from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.trust.fits import all_fits

READS = catalog.fits()


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> duckdb.DuckDBPyRelation:
    return con.sql(f"""
        with fits as {all_fits()}
        select
            r.model, r.name as metric, r.series as rival, r.value, r.low, r.high,
            coalesce(r.series = c.said, false) as is_champion
        from fits as r
        left join fits as c on c.model = r.model and c.kind = 'card' and c.name = 'champion'
        where r.kind = 'rival'
    """)
