"""What does each model predict, and is it to be believed here? The cards of all models, one line each."""

from __future__ import annotations

import duckdb

from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.contracts.columns import DATE, TEXT
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.trust.fits import all_fits
from ecom_lake.shop.trust.model_cards import ModelCards

READS = catalog.fits()


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> duckdb.DuckDBPyRelation:
    lines = ", ".join(
        f"max({'said' if column.kind in (TEXT, DATE) else 'value'}) filter (where kind = 'card' and name = '{column.name}')"
        f"::{column.kind.duckdb} as {column.name}"
        for column in ModelCards.table.columns.values()
        if column.name not in ("model", "code_version")
    )
    made = "max(said) filter (where kind = 'parameter' and name = 'fitted as') as code_version"
    return con.sql(f"select model, {lines}, {made} from {all_fits()} group by model")
