"""A hand-written fit of a model, and the rows of its tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.table_file import all_fits, write
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point, Rival, fit_rows
from ecom_lake.engine.contracts.gate import Gate, decide
from ecom_lake.shop.segments.customer_segments_fit import CustomerSegmentsFit
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests import catalog

SETTINGS = MiningSettings()
DAY = date(2018, 8, 31)
CARD = Card(
    predicts="what is to come",
    population="everybody",
    as_of=DAY,
    trained_on="all orders",
    n=100,
    verdict=decide(
        Gate(
            candidate="clever",
            metric="MASE",
            direction="lower",
            requirement="certainly better",
            value=0.5,
            low=0.4,
            high=0.6,
            rival="naive",
            rival_value=0.75,
            difference_low=-0.3,
            difference_high=-0.2,
        )
    ),
    fitted_as_of=DAY,
)
FITTED = Fitted(
    {},
    CARD,
    rivals=[Rival("clever", "MASE", 0.5, 0.4, 0.6), Rival("naive", "MASE", 0.75)],
    curves=[Curve("gain", "clever", [Point(0, 0), Point(1, 1, 0.9, 1.1, label="<all>")])],
    parameters={"slope": 2.0},
    seen={"mean": 10.0},
    notes={"form": "linear"},
)


def rows(fitted: Fitted = FITTED, past: Past | None = None, version: int = 1) -> pl.DataFrame:
    return fit_rows(fitted, past or Past(), version, SETTINGS)


def later(days: int, **changes: object) -> Fitted:
    day = date.fromordinal(DAY.toordinal() + days)
    return replace(FITTED, card=replace(CARD, as_of=day, fitted_as_of=day), **changes)  # type: ignore[arg-type]


def drift(found: pl.DataFrame) -> dict[str, tuple[float, float]]:
    return {row["name"]: (row["x"], row["value"]) for row in found.filter(kind="drift").to_dicts()}


def register_fits(con: duckdb.DuckDBPyConnection, name: str, fit: pl.DataFrame) -> None:
    """Registers the inputs of the tables over all models: only the model of this name has a fit, and nothing else is known."""
    for each in catalog.fits():
        con.register(each, (fit if each == name else fit.clear()).to_arrow())
    con.execute(f"create view model_fits as {all_fits(catalog.registry())}")
    con.execute("create table model_snapshots (model varchar, customers_changed bigint, net_sales_changed decimal(18, 2))")
    con.execute(
        "create table fct_orders (order_id varchar, order_date date, is_valid bool, is_anonymous bool, net_sales decimal(18, 2))"
    )


def gathered(table: str, fit: pl.DataFrame) -> list[dict[str, Any]]:
    """The audited and written rows of a table over all models, if only the customer segments have a fit."""
    contract = catalog.gold()[table]
    with duckdb.connect() as con, TemporaryDirectory() as folder:
        register_fits(con, CustomerSegmentsFit.table.name, fit)
        file = Path(folder) / f"{table}.parquet"
        write(con, con.sql(str(catalog.recipe(table).sql)), contract, file)
        assert audit(OnDuckDB(con), contract, file)[0] == {}
        return pl.read_parquet(file).to_dicts()
